# The bootable disk: MBR, a FAT16 with kernel, a small initrd and two boot loaders, and an ext4 root. Sourced by ../build.
# SeaBIOS starts syslinux through the MBR and the active partition; UEFI firmware finds systemd-boot on the same
# partition, which is marked as EFI system partition, under the name every firmware looks for.
# Every file system is made in a plain file and copied to its place: no loop device, no mount, no root.

boot_mib=32
root_mib=96
fat_id=484f4c44                                # any fixed values: random ones would change the bytes of every build
ext4_uuid=484f4c44-4641-5354-8001-000000000001 # also the seed of its directory hashes
disk_id=0x484f4c44

# stage_boot_files DIR INITRD: what is copied to the boot partition, with settled times.
stage_boot_files() {
  local dir=$1 initrd=$2
  mkdir -p "$dir/EFI/BOOT"
  cp "$work/vmlinuz" "$dir/vmlinuz"
  cp "$initrd" "$dir/initrd.gz"
  cp -R "$here/boot/." "$dir"
  cp "$(locate usr/lib/systemd/boot/efi/systemd-bootx64.efi)" "$dir/EFI/BOOT/BOOTX64.EFI"
  settle "$dir"
}

build_boot_partition() {
  local image=$1 files=$2
  truncate -s ${boot_mib}M "$image"
  mkfs.vfat --invariant -F 16 -i $fat_id -n BOOT "$image" >/dev/null
  mcopy -s -m -i "$image" "$files"/* ::
  syslinux --install "$image"
}

# mke2fs -d takes owner and change time from the staging tree; both are the builder's, so every inode is set again.
build_root_partition() {
  local tree=$1 image=$2
  export E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH
  truncate -s ${root_mib}M "$image"
  # Nothing is left to be initialised lazily: the booted guest would write for minutes.
  mke2fs -q -t ext4 -L holdfast-root -U $ext4_uuid -d "$tree" \
    -E "lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0,hash_seed=$ext4_uuid" "$image"
  (cd "$tree" && find . -mindepth 1 | sort) | awk -v now="@$SOURCE_DATE_EPOCH" '{
    path = substr($0, 2)
    print "sif " path " uid 0"
    print "sif " path " gid 0"
    for (i = split("ctime atime mtime crtime", field, " "); i > 0; i--) print "sif " path " " field[i] " " now
    for (i = split("ctime_extra atime_extra mtime_extra crtime_extra", field, " "); i > 0; i--)
      print "sif " path " " field[i] " 0"
  }' >"$work/inodes"
  debugfs -w -f "$work/inodes" "$image" >"$work/debugfs.log" 2>&1
  if grep -v -e '^debugfs:' -e '^debugfs 1' "$work/debugfs.log" >&2; then
    echo "images: cannot set the inodes of the ext4 root" >&2
    exit 1
  fi
  unset E2FSPROGS_FAKE_TIME
}

build_disk() {
  local work=$1 target=$2 disk=$1/disk.raw boot_sectors=$((boot_mib * 2048))
  build_disk_initramfs "$work/disk-initramfs"
  pack_initrd "$work/disk-initramfs" "$work/disk-initrd.gz"
  stage_boot_files "$work/boot" "$work/disk-initrd.gz"
  build_boot_partition "$work/boot.img" "$work/boot"
  rm "$work/root/init" # the disk's root is entered at /sbin/init
  settle "$work/root"
  build_root_partition "$work/root" "$work/root.img"

  truncate -s $((1 + boot_mib + root_mib + 1))M "$disk"
  printf 'label: dos\nlabel-id: %s\nstart=2048,size=%d,type=ef,bootable\nstart=%d,type=83\n' \
    $disk_id $boot_sectors $((2048 + boot_sectors)) | sfdisk -q "$disk"
  dd if="$(locate usr/lib/syslinux/mbr/mbr.bin)" of="$disk" bs=440 count=1 conv=notrunc status=none
  dd if="$work/boot.img" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
  dd if="$work/root.img" of="$disk" bs=1M seek=$((1 + boot_mib)) conv=notrunc,sparse status=none
  qemu-img convert -f raw -O qcow2 -c "$disk" "$target"
}
