# Knowing when there is nothing to do, and publishing what was built. Sourced by ../build.

# input_stamp: one digest over our own files (content) and the packages' files (path, size, time).
input_stamp() {
  {
    echo "only=$only epoch=$SOURCE_DATE_EPOCH"
    (cd "$here" && find build packages.txt modules.txt parts boot rootfs -type f -print0 | sort -z | xargs -0 sha256sum)
    (cd "$here" && find build parts boot rootfs -print0 | sort -z | xargs -0 stat -c '%n %F %A' | sed 's/[rw-]//g')
    local package evidence
    while read -r package evidence; do
      case $package in '' | '#'*) continue ;; esac
      evidence=$(locate "$evidence") && stat -L -c '%n %s %Y' "$evidence"
    done <"$here/packages.txt"
    stat -L -c '%n %s %Y' "$kernel_image" "$modules_base/lib/modules/$kernel_version"
  } | sha256sum | cut -c 1-64
}

# is_up_to_date STAMP: the last build had these inputs and its artefacts are as it left them.
is_up_to_date() {
  [ -r "$out/.stamp" ] || return 1
  [ "$(cat "$out/.stamp")" = "$(describe_outputs "$1")" ]
}

describe_outputs() {
  echo "$1"
  (cd "$out" && stat -c '%n %s %Y' vmlinuz initrd.gz guest.qcow2 SHA256SUMS manifest.json 2>/dev/null) || true
}

# publish STAMP NAME…: sums and manifest, then every file by rename; the stamp last, so a broken build is built again.
publish() {
  local stamp=$1 name separator=
  shift
  (cd "$work" && sha256sum "$@" >SHA256SUMS)
  {
    printf '{\n  "kernel_version": "%s",\n  "source_date_epoch": %s,\n  "artefacts": [' \
      "$kernel_version" "$SOURCE_DATE_EPOCH"
    for name in "$@"; do
      printf '%s\n    { "name": "%s", "sha256": "%s", "size": %s }' "$separator" "$name" \
        "$(awk -v name="$name" '$2 == name { print $1 }' "$work/SHA256SUMS")" "$(stat -c %s "$work/$name")"
      separator=,
    done
    printf '\n  ]\n}\n'
  } >"$work/manifest.json"
  rm -f "$out/.stamp" "$out/guest.qcow2"
  for name in "$@" SHA256SUMS manifest.json; do
    chmod 644 "$work/$name"
    mv -f "$work/$name" "$out/$name"
  done
  describe_outputs "$stamp" >"$out/.stamp"
  (cd "$out" && stat -c 'images: %n %s bytes' "$@")
}
