# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by the boot tests that need a TPM (swtpm), behind lib.sh. Its state is in $work/state.
command -v swtpm >/dev/null || give_up "no swtpm: run 'make deps SETS=secureboot'"
: "${work:?}"

swtpm=
end_tpm() {
	[ -z "$swtpm" ] || kill "$swtpm" 2>/dev/null || :
	swtpm=
}
trap 'end_tpm; cleanup' EXIT

# tpm crb|tis: starts a TPM with the state of the last one and sets $tpm to QEMU's options for it.
tpm() {
	kill_machine
	end_tpm
	mkdir -p "$work/state"
	rm -f "$work/tpm"
	swtpm socket --tpm2 --tpmstate dir="$work/state" --ctrl type=unixio,path="$work/tpm" --terminate >"$work/swtpm.log" 2>&1 &
	swtpm=$!
	until [ -S "$work/tpm" ]; do kill -0 "$swtpm" || give_up "swtpm doesn't start"; done
	tpm="-chardev socket,id=tpm,path=$work/tpm -tpmdev emulator,id=tpm,chardev=tpm -device tpm-$1,tpmdev=tpm"
}
