#!/bin/sh
# Runs a TypeScript file of the checkout with Node 24. usage: sh scripts/node24.sh FILE [ARGUMENT …]
root=$(cd "$(dirname "$0")/.." && pwd -P)
. "$root/scripts/find-node.sh"
exec "$NODE" --disable-warning=ExperimentalWarning "$@"
