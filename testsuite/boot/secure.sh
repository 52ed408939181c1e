# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the boot tests of Secure Boot, behind lib.sh: builds the variant in $O-secureboot (or takes what is in
# $D2D_SECUREBOOT_OUT), with keys that are made once for each version of
# 'make keys', in the cache. Sets $iso to its ISO, $plain to the one without signatures.
plain=$iso
secure=${D2D_SECUREBOOT_OUT:-$O-secureboot}
KEYS=${D2D_SECUREBOOT_KEYS:-${D2D_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/debian2docker}/secureboot-test-keys-$(sha256sum <"$SRC/iso/secureboot/keys" | cut -c 1-12)}
D2D_KEYS_PASSPHRASE='only for tests'
export KEYS D2D_KEYS_PASSPHRASE
[ -e "$firmware/OVMF_CODE_4M.secboot.fd" ] || give_up "no OVMF with Secure Boot: run 'make deps SETS=secureboot'"

[ -d "$KEYS" ] || { mkdir -p "${KEYS%/*}" && OWNER=tests sh "$SRC/iso/secureboot/keys" >"$work/keys.log" 2>&1; } || {
	cat "$work/keys.log"
	give_up "make keys"
}
# locked COMMAND...: runs a command while no other boot test builds the variant.
locked() {
	(
		flock 9
		"$@"
	) 9>"$secure.lock"
}

# secure_make OUT [FROM SYMBOL=VALUE...]: builds the variant in OUT; with the configuration of FROM, but for some symbols.
secure_make() (
	unset MAKEFLAGS MAKELEVEL MFLAGS
	out=$1
	if [ $# -gt 1 ]; then
		mkdir -p "$out/obj/busybox"
		cp "$2/.config" "$out/obj/busybox/.config"
		shift 2
		for symbol; do
			sed -i "/^\(# \)\{0,1\}CONFIG_${symbol%%=*}[= ]/d" "$out/obj/busybox/.config"
			printf 'CONFIG_%s\n' "$symbol" >>"$out/obj/busybox/.config"
		done
	elif [ ! -e "$out/.config" ]; then
		make -C "$SRC" O="$out" secureboot_defconfig
	fi
	make -C "$SRC" O="$out"
) >"$work/build.log" 2>&1

[ -n "${D2D_SECUREBOOT_OUT-}" ] || locked secure_make "$secure" || {
	tail -n 20 "$work/build.log"
	give_up "builds"
}
iso=$secure/d2d.iso

# another_build NAME [VARIABLE=VALUE...]: signs the same system anew, with other variables of iso/image, as $work/NAME.img.
another_build() {
	local file=$1 iso=$name.$1
	shift
	(cd "$SRC" && locked env IMAGES= MEDIUM= O="$secure" ISO="$iso" D2D_VERSION="$file" SOURCE_DATE_EPOCH=1767225600 "$@" sh iso/image) \
		>"$work/another.log" 2>&1 || {
		tail -n 20 "$work/another.log"
		give_up "another build"
	}
	mv "$secure/$iso.iso" "$work/$file.img"
	rm -f "$secure/$iso".*
}

# place_in ISO PATH: prints the offset of a file's bytes in an ISO.
place_in() {
	local lba
	lba=$(xorriso -indev "$1" -find "$2" -exec report_lba -- 2>/dev/null | sed -n 's/^File data lba:[^,]*,[ ]*\([0-9]*\) .*/\1/p')
	[ -n "$lba" ] || give_up "no $2 in the ISO"
	echo $((lba * 2048))
}

# flip FILE OFFSET: changes one byte of a file.
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "\\$(printf %03o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
