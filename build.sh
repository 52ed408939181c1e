#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Builds and boots debian2docker on a fresh Debian system: installs the packages that are needed, then runs make.
# build.sh [TARGET...]   The default target is 'run'; './build.sh check' runs the tests; 'make help' lists all targets.
# build.sh container [TARGET...]   Builds in a Debian container, by Docker or Podman, and installs nothing ('build.sh container --help').
set -eu
cd "$(dirname "$0")"

if [ "${1-}" = container ]; then
	shift
	exec sh iso/container/run "$@"
fi
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "error: $0 must run as root (it installs packages and unpacks a root file system)" >&2; exit 1; }
	exec sudo --preserve-env=O,IMAGES,MEDIUM,D2D_CACHE,D2D_VERSION,D2D_RUN_TIMEOUT,CI "./build.sh" "$@"
fi
# 'make run' and 'make check' install the other packages that they need.
sh iso/deps build
exec make "${@:-run}"
