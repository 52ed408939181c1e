# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions for boot tests with layers. To be sourced after lib.sh.
: "${work=}"

# layer NAME: makes the layer of the recipe NAME, unless it is newer than that, and prints its path.
layer() {
	[ -e "$O/layers/$1.sqfs" ] && [ -z "$(find "$SRC/iso/layers/build" "$SRC/iso/layers/$1" "$O/obj/base/root.tar" -newer "$O/layers/$1.sqfs")" ] || NAME=$1 PACKAGES='' sh "$SRC/iso/layers/build" >"$work/layer-$1.log" 2>&1 || {
		tail -n 5 "$work/layer-$1.log" >&2
		give_up "make layer NAME=$1"
	}
	printf '%s\n' "$O/layers/$1.sqfs"
}

# empty_layer FILE LINE...: makes a layer with a file /opt/NAME, and a list of packages of these lines if there are any.
empty_layer() {
	local file=$1 name
	name=$(basename "$1" .sqfs)
	shift
	rm -rf "$work/tree"
	mkdir -p "$work/tree/usr/lib/d2d/layers" "$work/tree/opt" "${file%/*}"
	echo "$name" >"$work/tree/opt/$name"
	[ $# = 0 ] || printf '%s\n' "$@" >"$work/tree/usr/lib/d2d/layers/$name.list"
	mksquashfs "$work/tree" "$file" -quiet -no-progress -all-root >/dev/null || give_up "no mksquashfs: run 'make deps'"
	rm -r "$work/tree"
}
