# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions shared by the boot tests. A test boots the ISO in QEMU (KVM is not needed), types commands on the serial line,
# and prints PASS: or FAIL: for each check. Its disks and its serial log are in $O/test/boot/NAME.
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
limit=${D2D_BOOT_LIMIT:-420} # time limit of one boot, seconds
patience=${D2D_PATIENCE:-150} # time limit of one step, seconds
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
# PIPE: the machine has ended, and something is typed into its serial line.
trap 'exit 130' INT TERM HUP PIPE

# Results go to descriptor 9, the output of the test, also from a function whose own output somebody reads: $(function).
exec 9>&1
pass() { printf 'PASS: %s: %s\n' "$name" "$1" >&9; }
fail() {
	printf 'FAIL: %s: %s\n' "$name" "$1" >&9
	failed=y
}
skip() {
	printf 'SKIPPED: %s: %s\n' "$name" "$1"
	exit 0
}
# give_up WHAT: fails and ends the test, because all later checks would fail, too. In $(function), the shell of the test is another
# process, which would go on without that output: a signal ends it after the command that this is a part of.
give_up() {
	fail "$1"
	printf '%s\n' "--- last lines of the serial line ($log)" >&9
	[ ! -e "$log" ] || text 0 | tail -n 40 >&9
	[ "$(exec sh -c 'echo "$PPID"')" = $$ ] || kill -TERM $$
	exit 1
}
finish() { [ -z "$failed" ] || { [ ! -e "$log" ] || text 0 | tail -n 40; exit 1; }; }

# ---- disks ----
stick() { "$SRC/testsuite/mkstick" "$@"; }

# luks FILE KEYFILE [DIR] [-s MIB]: makes a LUKS2 store with a fast key derivation and the content of DIR. The host's
# kernel doesn't need dm-crypt.
luks() {
	command -v cryptsetup >/dev/null || give_up "no cryptsetup: run 'make deps'"
	"$SRC/testsuite/luks-store" "$@" || give_up "can't make a LUKS volume"
}

# hello_image OUT.tar [NAME:TAG]: makes an image whose command prints a greeting.
hello_image() { "$SRC/testsuite/mkimage" "$1" "${2:-hello:latest}" "$O/busybox"; }

# hook FILE LINE...: writes an executable hook.
hook() {
	local file=$1
	shift
	mkdir -p "$(dirname "$file")"
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod 755 "$file"
}

# ---- the machine ----
# boot QEMU-OPTION...: starts a machine; file descriptor 3 writes to its serial line, whose output is appended to $log.
boot() {
	kill_machine
	[ ! -e "$log" ] || mv "$log" "$work/serial.$count.log"
	rm -f "$work/in"
	mkfifo "$work/in"
	: >"$log"
	seen=0
	# One thread for all processors of the guest. With one thread for each, QEMU sometimes executed the breakpoint
	# that the kernel uses to patch its own code after the kernel had already removed it, which caused an int3 oops.
	timeout -k 5 "$limit" qemu-system-x86_64 \
		-accel tcg,thread=single -machine q35 -cpu max -smp 2 -m "$ram" -no-reboot \
		-nic "$nic" -display none -monitor none -serial stdio "$@" \
		<"$work/in" >>"$log" 2>"$work/qemu.log" &
	qemu=$!
	exec 3>"$work/in"
}

# QEMU options for disks. Each function takes an image file and an id.
cd_rom() { printf '%s' "-drive if=none,id=$2,media=cdrom,readonly=on,format=raw,file=$1 -device ide-cd,drive=$2,bus=ide.1,bootindex=0"; }
virtio() { printf '%s' "-drive if=none,id=$2,format=raw,file=$1 -device virtio-blk-pci,drive=$2${3-}"; }
ahci() { printf '%s' "-drive if=none,id=$2,format=raw,file=$1 -device ide-hd,drive=$2,bus=ide.2${3-}"; }
usb() { printf '%s' "-device qemu-xhci,id=xhci-$2 -drive if=none,id=$2,format=raw,file=$1 -device usb-storage,bus=xhci-$2.0,drive=$2,removable=on${3-}"; }

# uefi: prints QEMU options for UEFI firmware with its own copy of the variables.
uefi() {
	cp "$firmware/OVMF_VARS_4M.fd" "$work/vars.img"
	printf '%s' "-drive if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd -drive if=pflash,unit=1,format=raw,file=$work/vars.img"
}

# uefi_secure KEYS [OPTION...]: the same with Secure Boot, on with the keys of the directory KEYS; OPTIONs are those of ovmf-vars.py. The
# machine then needs "-machine q35,smm=on", which is the last of its kind that counts. With the word "setup" for KEYS, the firmware has
# no keys and is in setup mode; with "same", it keeps the variables of the boot before.
uefi_secure() {
	local keys=$1
	shift
	case $keys in
	same) ;;
	setup) cp "$firmware/OVMF_VARS_4M.fd" "$work/vars.img" ;;
	*) /usr/bin/python3 "$SRC/testsuite/ovmf-vars.py" "$firmware/OVMF_VARS_4M.fd" "$work/vars.img" "$keys" "$@" || give_up "can't make variables for UEFI" ;;
	esac
	printf '%s' "-machine q35,smm=on -global driver=cfi.pflash01,property=secure,value=on -drive if=pflash,unit=0,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.secboot.fd -drive if=pflash,unit=1,format=raw,file=$work/vars.img"
}

# monitor COMMANDS: sends commands, one per line, to the QEMU monitor. The machine needs the options -chardev
# socket,id=monitor,path=$work/monitor,server=on,wait=off -mon chardev=monitor,mode=readline.
monitor() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => shift) or die "no monitor: $!";
		sub prompt { my $got = ""; until ($got =~ /\(qemu\) $/) { sysread($s, $got, 4096, length $got) or last } }
		prompt();
		for (split /\n/, shift) { print $s $_, "\n"; $s->flush; prompt() }' "$work/monitor" "$1"
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
# text FROM: prints the serial output from byte FROM on, without carriage returns, null bytes and escape sequences.
text() { tail -c "+$(($1 + 1))" "$log" | tr -d '\r\000' | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g'; }

# await PATTERN [SECONDS]: waits until the output since the last typed command matches PATTERN.
await() {
	local end
	end=$(($(date +%s) + ${2:-$patience}))
	until text "$seen" | grep -aqE -- "$1"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		running || return 1
		sleep 0.3
	done
}

# type_in TEXT: types TEXT unchanged.
type_in() {
	seen=$(stat -c %s "$log")
	printf '%s' "$1" >&3
}

# menu [KEY]: presses a key in GRUB's menu: l live, s safe, r rescue, f reset.
menu() {
	await 'GNU GRUB' || give_up "no boot menu on the serial line"
	type_in "${1:-l}"
}

# ready: waits for the summary of the boot and for the shell prompt.
ready() {
	await 'debian2docker: ready' || give_up "the boot's summary did not come"
	summary=$(text "$seen" | grep -a 'debian2docker: ready' | head -n 1)
	pass "boots: $summary"
	await 'docker@[^ ]*:.*[$] *$' || give_up "no prompt of user docker"
}

# guest COMMAND [SECONDS]: runs COMMAND at the prompt; writes its output to $work/answer and sets $status to its exit
# status, or to "none" when the time limit is over.
guest() {
	count=$((count + 1))
	# The terminal echoes the typed command, so the markers must look different in the command and in the output.
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

# ok WHAT COMMAND [PATTERN]: checks that COMMAND exits with status 0 and that its output matches PATTERN.
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

# shown WHAT PATTERN [SECONDS]: checks that PATTERN appears on the serial line, now or since power-on.
shown() {
	seen=0
	if await "$2" "${3:-5}"; then pass "$1"; else fail "$1 (expected: $2)"; fi
}

# not_shown WHAT PATTERN: checks that PATTERN has not appeared on the serial line since power-on.
not_shown() {
	if text 0 | grep -aqE -- "$2"; then fail "$1 (found: $2)"; else pass "$1"; fi
}

# gone WHAT [SECONDS]: checks that the machine switches itself off.
gone() {
	local end
	end=$(($(date +%s) + ${2:-90}))
	while running; do
		[ "$(date +%s)" -lt "$end" ] || { fail "$1"; return 0; }
		sleep 0.3
	done
	if wait "$qemu"; then pass "$1"; else fail "$1 (QEMU failed)"; fi
	qemu=
}

power_off() {
	type_in 'sudo poweroff
'
	gone "switches off"
}
