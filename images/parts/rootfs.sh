# The guest's file tree and its initrd. Sourced by ../build.

# modules_of CLASS…: the kernel modules of modules.txt in these classes.
modules_of() {
  local class
  for class in "$@"; do awk -v class="$class" '$1 == class { print $2 }' "$here/modules.txt"; done
}

# module_files NAME…: files of these modules and of all they depend on, relative to the module directory.
module_files() {
  awk -v wanted="$*" '
    function plain(path) { sub(/.*\//, "", path); sub(/\.ko.*/, "", path); gsub(/-/, "_", path); return path }
    { file = $1; sub(/:$/, "", file); at[plain(file)] = file; needs[file] = substr($0, length($1) + 2) }
    END {
      count = split(wanted, names, " ")
      for (i = 1; i <= count; i++) {
        file = at[plain(names[i])]
        if (file == "") continue # built into this kernel
        print file
        amount = split(needs[file], more, " ")
        for (j = 1; j <= amount; j++) print more[j]
      }
    }' "$modules_dep" | sort -u
}

# install_modules ROOT CLASS…: copies modules uncompressed and writes the text indexes busybox reads.
install_modules() {
  local root=$1 target file plain
  shift
  target=$root/lib/modules/$kernel_version
  mkdir -p "$target"
  while read -r file; do
    plain=$target/${file%.ko*}.ko
    mkdir -p "$(dirname "$plain")"
    case $file in
      *.xz) xz -dc "$source_modules/$file" >"$plain" ;;
      *.zst) zstd -qdc "$source_modules/$file" >"$plain" ;;
      *) cp "$source_modules/$file" "$plain" ;;
    esac
  done < <(module_files $(modules_of "$@"))
  cp "$source_modules"/modules.{order,builtin,builtin.modinfo} "$target"
  depmod -b "$root" "$kernel_version"
  find "$target" -name 'modules.*' ! -name modules.dep ! -name modules.alias ! -name modules.builtin -delete
}

# A package that was only unpacked has no index of its modules yet.
prepare_modules() {
  source_modules=$modules_base/lib/modules/$kernel_version
  modules_dep=$source_modules/modules.dep
  if ! [ -r "$modules_dep" ]; then
    mkdir -p "$work/index/lib/modules/$kernel_version"
    ln -s "$source_modules/kernel" "$work/index/lib/modules/$kernel_version/kernel"
    cp "$source_modules"/modules.{order,builtin,builtin.modinfo} "$work/index/lib/modules/$kernel_version"
    depmod -b "$work/index" "$kernel_version"
    modules_dep=$work/index/lib/modules/$kernel_version/modules.dep
  fi
}

# install_busybox ROOT: the binary and a link for each of its commands that the tree does not define itself.
install_busybox() {
  local root=$1 busybox name
  busybox=$(locate bin/busybox)
  if ldd "$busybox" >/dev/null 2>&1; then
    echo "images: $busybox is not static: install busybox-static in place of busybox" >&2
    exit 3
  fi
  mkdir -p "$root/bin" "$root/sbin"
  cp "$busybox" "$root/bin/busybox"
  for name in $("$busybox" --list); do
    [ "$name" = busybox ] || [ -e "$root/sbin/$name" ] || ln -s busybox "$root/bin/$name"
  done
  ln -s ../bin/busybox "$root/sbin/init"
}

# install_program ROOT FILE: a dynamic program with the libraries it is linked to.
install_program() {
  local root=$1 program=$2 library
  install -D -m 755 "$program" "$root/usr/sbin/${program##*/}"
  while read -r library; do
    case $library in
      */ld-linux*) install -D -m 755 "$library" "$root/lib64/${library##*/}" ;;
      *) install -D -m 644 "$library" "$root/usr/lib/x86_64-linux-gnu/${library##*/}" ;;
    esac
  done < <(ldd "$program" | grep -o '/[^ ]*')
  mkdir -p "$root/lib"
  [ -e "$root/lib/x86_64-linux-gnu" ] || ln -s ../usr/lib/x86_64-linux-gnu "$root/lib/x86_64-linux-gnu"
}

# settle TREE: fixed modes and times, so that neither umask nor the clock shows in the result.
settle() {
  find "$1" -type d -exec chmod 755 {} +
  find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
}

build_rootfs() {
  local root=$1 file
  prepare_modules
  mkdir -p "$root"/{proc,sys,dev,run,tmp,mnt,root,var/log,var/lib/holdfast,usr/bin,usr/sbin}
  cp -R "$here/rootfs/." "$root"
  while read -r file; do
    if [ "$(head -c 2 "$file")" = '#!' ]; then chmod 755 "$file"; else chmod 644 "$file"; fi
  done < <(find "$root" -type f)
  install_busybox "$root"
  install_program "$root" "$(locate usr/sbin/dropbear)"
  install_modules "$root" disk boot late
  modules_of disk boot >"$root/usr/lib/holdfast/modules.boot"
  modules_of late >"$root/usr/lib/holdfast/modules.late"
  settle "$root"
}

# build_disk_initramfs ROOT: only what it takes to mount the disk and hand over.
build_disk_initramfs() {
  local root=$1
  mkdir -p "$root"/{proc,sys,dev,mnt}
  cp "$here/rootfs/init" "$root/init"
  install_busybox "$root"
  install_modules "$root" disk
  settle "$root"
}

# pack_initrd TREE FILE
pack_initrd() {
  (cd "$1" && find . -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0 --reproducible) | gzip -n -9 >"$2"
}
