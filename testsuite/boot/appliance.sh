# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions of the tests of appliances, to be read after lib.sh.
: "${work=}" "${O=}" "${SRC=}" "${patience=}" "${iso=}"

# appliance NAME [MEDIUM]: makes the ISO of an example by the recipe of 'make appliance', with the kernel and the initramfs of this
# build, as $work/NAME.img.
appliance() {
	local name dir=$work/build
	[ -e "$O/images/$1.d2i" ] || skip "no image '$1': run 'make appliance NAME=$1'"
	rm -rf "$dir"
	mkdir -p "$dir/obj"
	for name in d2d.iso d2d-host images obj/conf; do ln -s "$O/$name" "$dir/$name"; done
	O=$dir NAME=$1 MEDIUM=${2-} BASE=$iso IMAGES_THERE=y sh "$SRC/iso/appliance" >"$work/image.log" 2>&1 || {
		cat "$work/image.log"
		give_up "can't make the ISO"
	}
	mv "$dir/$1.iso" "$work/$1.img"
}

# healthy NAME [ADDRESS [SECONDS]]: waits for the line of a healthy appliance on the console.
healthy() { shown "its line is on the console" "debian2docker: $1: healthy${2:+, $2}" "${3:-$patience}"; }
