# Sourced by ./run and ./test with $root set. Installs what is missing and says what it cannot install.
# usage: . "$root/scripts/install-needs.sh"; install_npm; install_debian 'why' package:command …

install_npm() {
  stamp="$root/node_modules/.holdfast-lock"
  if ! cmp -s "$root/package-lock.json" "$stamp" 2>/dev/null; then
    command -v npm >/dev/null 2>&1 || {
      echo "Cannot install the npm packages: npm was not found. Install Node 20 or newer with npm (https://nodejs.org)." >&2
      exit 69
    }
    echo "Installing npm packages …"
    (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || exit 69
    cp "$root/package-lock.json" "$stamp"
  fi
}

# Each argument is PACKAGE:PROBE; PROBE is a command name or an absolute path that the package brings.
install_debian() {
  missing=
  for need in "$@"; do
    package=${need%%:*}
    probe=${need#*:}
    case $probe in
      /*) [ -e "$probe" ] || missing="$missing $package" ;;
      *) command -v "$probe" >/dev/null 2>&1 || missing="$missing $package" ;;
    esac
  done
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian packages:$missing …"
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    if apt-get update -qq >"$log" 2>&1 && apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1; then
      rm -f "$log"
      return 0
    fi
    tail -n 5 "$log" >&2
    rm -f "$log"
  fi
  echo "Missing Debian packages:$missing" >&2
  echo "Install them with: sudo apt-get install --no-install-recommends$missing" >&2
  return 1
}

# Runtime needs of a node.
runtime_needs="qemu-system-x86:qemu-system-x86_64 qemu-utils:qemu-img util-linux:setpriv"
# What the guest images are built from: images/packages.txt says it. Two are not installed on this host: the kernel might
# become the one that boots next, and the loader brings another version of systemd with it. `images/build --download` takes
# both out of their packages.
image_needs=$(sed -e '/^#/d' -e '/^linux-image/d' -e '/^systemd-boot-efi/d' -e 's#^\([^ ]*\) *\([^ ]*\)$#\1:/\2#' "$root/images/packages.txt")

# Builds the guest images into images/out; says why when it cannot.
build_images() {
  install_debian $image_needs || return 1
  # A fresh host has no package lists, and without them nothing can be downloaded.
  if [ "$(id -u)" = 0 ] && ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then apt-get update -qq; fi
  "$root/images/build" --out "$root/images/out" --download
}

# What only tests need.
test_needs="ovmf:/usr/share/OVMF/OVMF_CODE_4M.fd genisoimage:genisoimage strace:strace iproute2:ip g++:g++ capnproto:capnp libcapnp-dev:/usr/include/capnp/rpc.h pkg-config:pkg-config zsh:zsh fish:fish"
