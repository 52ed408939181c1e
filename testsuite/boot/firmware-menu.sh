# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by boot tests that use the menu of the firmware (OVMF) on the serial line, behind lib.sh.
: "${log:?serial log}" "${seen:?bytes before the last key}"

esc=$(printf '\033')
enter=$(printf '\r')
# What is chosen is drawn in white on black or, in a list of values, on cyan.
chosen="$esc\[37m$esc\[4[06]m$esc\[[0-9]+;[0-9]+H"

# drawn PATTERN: whether a line that begins with it has been drawn as chosen since the last key.
drawn() { tail -c "+$((seen + 1))" "$log" | grep -aqE "$chosen$1"; }

# settle: waits until the firmware has drawn something since the last key, and then nothing for some time.
settle() {
	local size=0 same=0
	await . || give_up "the firmware's menu doesn't answer"
	while [ $same -lt 5 ]; do
		sleep 0.3
		if [ "$(stat -c %s "$log")" = $size ]; then same=$((same + 1)); else same=0; fi
		size=$(stat -c %s "$log")
	done
}

# choose PATTERN: goes down to the line that begins with it, and presses Enter. Some lines of the menu are empty.
choose() {
	local n=0
	settle
	until drawn "$1"; do
		n=$((n + 1))
		[ $n -lt 20 ] || give_up "no line '$1' in the firmware's menu"
		type_in "$esc[B"
		settle
	done
	type_in "$enter"
}

# firmware_keys: from power-on to the menu for keys of Secure Boot. The machine needs the options -boot menu=on,splash-time=8000.
firmware_keys() {
	local n=0
	until text 0 | grep -aq 'Device Manager'; do
		n=$((n + 1))
		[ $n -lt 75 ] || give_up "the firmware shows no menu"
		printf '%s' "$esc" >&3
		sleep 2
	done
	seen=0
	choose 'Device Manager'
	choose 'Secure Boot Configuration'
	choose '<Standard Mode>'
	choose 'Custom Mode'
	choose 'Custom Secure Boot Options'
}

# firmware_enroll DB|KEK|PK VOLUME FILE: enrolls EFI/keys/FILE of the volume.
firmware_enroll() {
	choose "$1 Options"
	choose 'Enroll (PK|KEK|Signature)'
	choose 'Enroll .*[Uu]sing File'
	choose "$2,"
	choose '<EFI>'
	choose '<keys>'
	choose "$3"
	choose 'Commit Changes and Exit'
}
