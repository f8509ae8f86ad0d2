# Finding what the build needs: installed, or unpacked under $fetched. Sourced by ../build.

# Packages the disk image alone needs.
disk_only=" e2fsprogs dosfstools mtools syslinux syslinux-common systemd-boot-efi fdisk qemu-utils "

# locate FILE: the newest match of a path relative to /, unpacked copies first, usr-merged or not.
locate() {
  local base found
  for base in "$fetched" ""; do
    for found in "$base/usr/$1" "$base/$1"; do
      found=$(compgen -G "$found" | sort -V | tail -n 1) || continue
      [ -r "$found" ] && echo "$found" && return
    done
  done
  return 1
}

# missing_packages: names of the packages none of whose evidence files is there.
missing_packages() {
  local package evidence
  while read -r package evidence; do
    case $package in '' | '#'*) continue ;; esac
    [ $only = kernel ] && [[ $disk_only == *" $package "* ]] && continue
    locate "$evidence" >/dev/null || echo "$package"
  done <"$here/packages.txt"
}

# download_package NAME: unpacks a package into $fetched; a kernel meta package stands for the image it depends on.
download_package() {
  local name=$1 deb
  if [ "$name" = linux-image-cloud-amd64 ]; then
    name=$(apt-cache depends --no-suggests --no-recommends "$name" |
      sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  fi
  mkdir -p "$fetched/.debs"
  # As root apt would let its own user fetch, find the directory closed to it, and warn of that.
  (cd "$fetched/.debs" && apt-get -qq -o APT::Sandbox::User=root download "$name")
  for deb in "$fetched"/.debs/*.deb; do
    dpkg-deb -x "$deb" "$fetched"
    rm "$deb"
  done
}

require_packages() {
  local missing name
  missing=$(missing_packages)
  if [ -n "$missing" ] && [ $download = yes ]; then
    echo "images: fetching the Debian packages" $missing "…"
    for name in $missing; do download_package "$name"; done
    missing=$(missing_packages)
  fi
  if [ -d "$fetched" ]; then
    PATH=$fetched/usr/bin:$fetched/usr/sbin:$fetched/bin:$fetched/sbin:$PATH
    local libraries=$fetched/usr/lib/x86_64-linux-gnu:$fetched/lib/x86_64-linux-gnu
    export LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  fi
  [ -z "$missing" ] && return
  {
    echo "images: cannot build the guest: missing Debian packages:" $missing
    echo "  install them:            apt-get install --no-install-recommends" $missing
    echo "  or, without installing:  images/build --download"
  } >&2
  exit 3
}

# find_kernel: the newest cloud kernel that has its modules beside it.
find_kernel() {
  local base image version
  for base in "$fetched" ""; do
    while read -r image; do
      version=${image##*/vmlinuz-}
      for modules_base in "$base/usr" "$base"; do
        if [ -r "$image" ] && [ -d "$modules_base/lib/modules/$version/kernel" ]; then
          kernel_image=$image kernel_version=$version
          return
        fi
      done
    done < <(compgen -G "$base/boot/vmlinuz-*-cloud-amd64" | sort -rV)
  done
  echo "images: cannot find a readable cloud kernel with its modules; try: images/build --download" >&2
  exit 3
}
