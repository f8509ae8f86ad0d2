# Sourced by the launchers. Sets NODE to a Node 24 or newer, or explains what to do and exits 69.
# usage: . "$root/scripts/find-node.sh"   with $root set to the checkout or the installed package.
case $(uname -m) in
  x86_64) holdfast_arch=x64 ;;
  aarch64 | arm64) holdfast_arch=arm64 ;;
  *) holdfast_arch=$(uname -m) ;;
esac
NODE=
for candidate in \
  "$root/node_modules/node-linux-$holdfast_arch/bin/node" \
  "$root/../node-linux-$holdfast_arch/bin/node"; do
  [ -x "$candidate" ] && NODE=$candidate && break
done
if [ -z "$NODE" ]; then
  system_node=$(command -v node || true)
  major=$([ -n "$system_node" ] && "$system_node" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if [ "${major:-0}" -ge 24 ]; then
    NODE=$system_node
  else
    echo "Cannot start Holdfast: it runs on Node 24, and none was found (the system's node is ${system_node:-missing}, major version ${major:-0})." >&2
    echo "Run 'npm ci --ignore-scripts' in $root; it installs Node 24 beside the project and leaves the system's node alone." >&2
    exit 69
  fi
fi
