# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# What the boot tests share. A test boots the ISO in QEMU (no KVM needed), types on the serial line, and prints
# PASS: or FAIL: for each thing it looked at. Its disks and its serial log lie in $O/test/NAME.
set -eu
LC_ALL=C
export LC_ALL
: "${SRC:?top of the tree}" "${O:?output directory}"
PATH=$PATH:/usr/sbin:/sbin

name=$(basename "$(dirname "$0")")
work=$O/test/boot/$name
iso=${D2D_ISO:-$O/d2d.iso}
log=$work/serial.log
ram=2048
nic=user,model=virtio-net-pci,restrict=on
limit=${D2D_BOOT_LIMIT:-420} # seconds that one boot may take
patience=${D2D_PATIENCE:-150} # seconds that one step may take
firmware=/usr/share/OVMF
qemu=
seen=0
count=0
failed=

rm -rf "$work"
mkdir -p "$work"
cleanup() {
	kill_machine
	find "$work" -type p -delete
	find "$work" -name '*.img' -delete
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

pass() { printf 'PASS: %s: %s\n' "$name" "$1"; }
fail() {
	printf 'FAIL: %s: %s\n' "$name" "$1"
	failed=y
}
skip() {
	printf 'SKIPPED: %s: %s\n' "$name" "$1"
	exit 0
}
# Ends the test: what follows could only fail too.
give_up() {
	fail "$1"
	printf '%s\n' "--- last lines of the serial line ($log)"
	text 0 | tail -n 40
	exit 1
}
finish() { [ -z "$failed" ] || { text 0 | tail -n 40; exit 1; }; }

# ---- disks ----
stick() { "$SRC/testsuite/mkstick" "$@"; }

# luks FILE KEYFILE [DIR] [-s MIB]: a LUKS2 store that opens quickly, with DIR in it. The host's kernel need not know
# dm-crypt.
luks() {
	command -v cryptsetup >/dev/null || give_up "no cryptsetup: run 'make deps'"
	"$SRC/testsuite/luks-store" "$@" || give_up "can't make a LUKS volume"
}

# hello_image OUT.tar [NAME:TAG]: an image whose command greets.
hello_image() { "$SRC/testsuite/mkimage" "$1" "${2:-hello:latest}" "$O/busybox"; }

# hook FILE LINE...: an executable hook.
hook() {
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod 755 "$file"
}

# ---- the machine ----
# boot QEMU-OPTION...: starts a machine; its serial line is ours.
boot() {
	kill_machine
	[ ! -e "$log" ] || mv "$log" "$work/serial.$count.log"
	rm -f "$work/in"
	mkfifo "$work/in"
	: >"$log"
	seen=0
	# One thread for all of the guest's processors. With a thread each, QEMU was seen to run the breakpoint with which
	# the kernel patches its own code after the kernel had taken it away: an int3 oops.
	timeout -k 5 "$limit" qemu-system-x86_64 \
		-accel tcg,thread=single -machine q35 -cpu max -smp 2 -m "$ram" -no-reboot \
		-nic "$nic" -display none -monitor none -serial stdio "$@" \
		<"$work/in" >>"$log" 2>"$work/qemu.log" &
	qemu=$!
	exec 3>"$work/in"
}

# Disks in QEMU's words. Each takes an image file and an id.
cd_rom() { printf '%s' "-drive if=none,id=$2,media=cdrom,readonly=on,format=raw,file=$1 -device ide-cd,drive=$2,bus=ide.1,bootindex=0"; }
virtio() { printf '%s' "-drive if=none,id=$2,format=raw,file=$1 -device virtio-blk-pci,drive=$2${3-}"; }
ahci() { printf '%s' "-drive if=none,id=$2,format=raw,file=$1 -device ide-hd,drive=$2,bus=ide.2${3-}"; }
usb() { printf '%s' "-device qemu-xhci,id=xhci-$2 -drive if=none,id=$2,format=raw,file=$1 -device usb-storage,bus=xhci-$2.0,drive=$2,removable=on${3-}"; }

# uefi: the firmware, with variables of its own.
uefi() {
	cp "$firmware/OVMF_VARS_4M.fd" "$work/vars.img"
	printf '%s' "-drive if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd -drive if=pflash,unit=1,format=raw,file=$work/vars.img"
}

running() { [ -n "$qemu" ] && kill -0 "$qemu" 2>/dev/null; }

kill_machine() {
	if running; then
		kill "$qemu" 2>/dev/null || :
		wait "$qemu" 2>/dev/null || :
	fi
	qemu=
}

# ---- the serial line ----
# text FROM: what came from byte FROM on, as plain lines.
text() { tail -c "+$(($1 + 1))" "$log" | tr -d '\r\000' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'; }

# await PATTERN [SECONDS]: waits until it is among what came since something was typed last.
await() {
	local end
	end=$(($(date +%s) + ${2:-$patience}))
	until text "$seen" | grep -aqE -- "$1"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		running || return 1
		sleep 0.3
	done
}

# type_in TEXT: types it, as it is.
type_in() {
	seen=$(stat -c %s "$log")
	printf '%s' "$1" >&3
}

# menu [KEY]: chooses in GRUB's menu: l live, s safe, r rescue.
menu() {
	await 'GNU GRUB' || give_up "no boot menu on the serial line"
	type_in "${1:-l}"
}

# ready: waits for the summary of the boot and for the prompt.
ready() {
	await 'debian2docker: ready' || give_up "the boot's summary did not come"
	summary=$(text "$seen" | grep -a 'debian2docker: ready' | head -n 1)
	pass "boots: $summary"
	await 'docker@[^ ]*:.*[$] *$' || give_up "no prompt of user docker"
}

# guest COMMAND [SECONDS]: runs it at the prompt; its output is in $work/answer, its exit status in $status.
guest() {
	count=$((count + 1))
	# What is typed must not look like what is printed.
	type_in "printf 'begin%s\\n' -$count; $1; printf '\\nend%s\\n' \"-$count \$?\"
"
	if ! await "^end-$count [0-9]+" "${2:-$patience}"; then
		status=none
		text "$seen" >"$work/answer"
		return 0
	fi
	text "$seen" | sed -n "/^begin-$count\$/,/^end-$count [0-9]/p" >"$work/answer"
	status=$(sed -n "s/^end-$count \([0-9]*\).*/\1/p" "$work/answer")
	sed -i "/^begin-$count\$/d; /^end-$count [0-9]/d" "$work/answer"
}

# ok WHAT COMMAND [PATTERN]: the command ends well and says PATTERN.
ok() {
	guest "$2"
	if [ "$status" = 0 ] && { [ $# -lt 3 ] || grep -aqE -- "$3" "$work/answer"; }; then
		pass "$1"
	else
		fail "$1"
		printf '  $ %s\n' "$2"
		sed 's/^/  | /' "$work/answer" | tail -n 15
		printf '  status %s%s\n' "$status" "${3:+, expected: $3}"
	fi
}

# shown WHAT PATTERN [SECONDS]: it is or comes on the serial line, since power-on.
shown() {
	seen=0
	if await "$2" "${3:-5}"; then pass "$1"; else fail "$1 (expected: $2)"; fi
}

# not_shown WHAT PATTERN
not_shown() {
	if text 0 | grep -aqE -- "$2"; then fail "$1 (found: $2)"; else pass "$1"; fi
}

# gone WHAT [SECONDS]: the machine switches itself off.
gone() {
	local end
	end=$(($(date +%s) + ${2:-90}))
	while running; do
		[ "$(date +%s)" -lt "$end" ] || { fail "$1"; return 0; }
		sleep 0.3
	done
	if wait "$qemu"; then pass "$1"; else fail "$1 (QEMU ended badly)"; fi
	qemu=
}

power_off() {
	type_in 'sudo poweroff
'
	gone "switches off"
}
