#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# From a fresh Debian to a booted debian2docker: installs what is needed, then hands over to make.
# build.sh [TARGET...]   'run' when none is given; './build.sh check' passes the tests; 'make help' tells the rest
set -eu
cd "$(dirname "$0")"

if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "error: run $0 as root: it installs packages and unpacks a root file system" >&2; exit 1; }
	exec sudo --preserve-env=O,IMAGES,MEDIUM,D2D_CACHE,D2D_VERSION,D2D_RUN_TIMEOUT,CI "./build.sh" "$@"
fi
sh iso/deps build test
exec make "${@:-run}"
