# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Shared by the measurements: a virtual machine that counts its instructions.
set -eu
LC_ALL=C
export LC_ALL
SRC=${SRC:-$(realpath "$(dirname "$0")/../..")}
O=$(realpath -m "${O:-$SRC/out}")
here=$SRC/testsuite/bench
work=$O/test/bench/$(basename "$0")
rm -rf "$work"
mkdir -p "$work"

# make_stamp FILE: builds the program that prints the number of instructions so far.
make_stamp() { gcc -O2 -static -s -o "$1" "$here/stamp.c"; }

# pack DIR: writes DIR as an archive for the kernel to stdout.
pack() { (cd "$1" && find . | sort | cpio --quiet -o -H newc --owner=0:0 | gzip -n); }

# add_root: makes $work/initrd from the image's initramfs and $work/root. Archives can be concatenated if each of them
# starts at a multiple of 4 bytes.
add_root() {
	chmod -R a+rx "$work/root"
	{
		cat "$O/initramfs.img"
		head -c $(((4 - $(stat -L -c %s "$O/initramfs.img") % 4) % 4)) /dev/zero
		pack "$work/root"
	} >"$work/initrd"
}

# machine QEMU-OPTION...: one processor and no external input. An instruction takes a nanosecond, unless $clock says
# otherwise.
counted='-icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm'
clock=$counted
machine() {
	# shellcheck disable=SC2086
	timeout "${D2D_BENCH_LIMIT:-900}" qemu-system-x86_64 -machine q35 -cpu max -smp 1 -m 2048 -accel tcg \
		$clock -seed 1 -nic none -vga none -display none \
		-monitor none -serial stdio -no-reboot "$@" </dev/null
}
