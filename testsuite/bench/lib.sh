# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions shared by the measurements: a machine that counts its instructions.
set -eu
LC_ALL=C
export LC_ALL
SRC=${SRC:-$(realpath "$(dirname "$0")/../..")}
O=$(realpath -m "${O:-$SRC/out}")
here=$SRC/testsuite/bench
work=$O/test/bench/$(basename "$0")
rm -rf "$work"
mkdir -p "$work"

# make_stamp FILE: compiles the program that prints the number of instructions so far.
make_stamp() { gcc -O2 -static -s -o "$1" "$here/stamp.c"; }

# pack DIR: writes DIR as an initramfs archive to standard output.
pack() { (cd "$1" && find . | sort | cpio --quiet -o -H newc --owner=0:0 | gzip -n); }

# add_root: writes $work/initrd, the image's initramfs followed by an archive of $work/root. The kernel accepts
# concatenated archives if each begins at a multiple of four bytes.
add_root() {
	chmod -R a+rx "$work/root"
	{
		cat "$O/initramfs.img"
		head -c $(((4 - $(stat -L -c %s "$O/initramfs.img") % 4) % 4)) /dev/zero
		pack "$work/root"
	} >"$work/initrd"
}

# machine QEMU-OPTION...: runs a machine with one processor and no input from outside. By default each instruction takes
# one nanosecond of the guest's time; with an empty $clock the guest runs in real time.
counted='-icount shift=0,sleep=off -rtc base=2026-01-01,clock=vm'
clock=$counted
machine() {
	# shellcheck disable=SC2086
	timeout "${D2D_BENCH_LIMIT:-900}" qemu-system-x86_64 -machine q35 -cpu max -smp 1 -m 2048 -accel tcg \
		$clock -seed 1 -nic none -vga none -display none \
		-monitor none -serial stdio -no-reboot "$@" </dev/null
}
