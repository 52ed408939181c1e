# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Simulated power cuts: QEMU logs all writes and flushes of a disk, and from this log the content is reconstructed that
# the disk would have after a power cut at a given point. Source this file after lib.sh. D2D_SEED is the seed of the
# random points; it is printed.
seed=${D2D_SEED:-$(date +%s)}
cut=$work/cut.img
points=${D2D_CUTS:-100}
gcc -O2 -o "$work/cut-disk" "$SRC/testsuite/cut-disk.c" || give_up "can't build cut-disk"
echo "seed $seed"

# logged_disk FILE ID [OPTIONS]: prints QEMU options for a logged disk with a volatile write cache, so that the guest
# sends flushes. Merging of requests is off: merged requests can have more segments than the log can write at once
# (IOV_MAX) and would fail.
logged_disk() {
	rm -f "$work/$2.log.img"
	: >"$work/$2.log.img"
	printf '%s' "-blockdev driver=file,node-name=$2-file,filename=$1 -blockdev driver=file,node-name=$2-log,filename=$work/$2.log.img -blockdev driver=blklogwrites,node-name=$2,file=$2-file,log=$2-log -device virtio-blk-pci,drive=$2,request-merging=off${3-}"
}

# log_now ID: prints the number of log entries; requests since the last flush are not counted yet, hence the sync.
log_now() {
	guest sync
	[ ! -s "$work/$1.log.img" ] || "$work/cut-disk" "$work/$1.log.img" | wc -l
}

# cut_points FROM TO: reads the lines of cut-disk and prints the points at which to cut, each with the position of the
# last flush before it: $points random points, some repeated if there are few, and one after each of the last 20 writes.
cut_points() {
	awk -v from="${1:-0}" -v to="$2" -v points="$points" -v seed="$seed" '
		BEGIN { srand(seed); for (i = 0; i < points; i++) wanted[from + int(rand() * (to - from)) + 1]++ }
		$1 < to { flushed[$1 + 1] = $2 == "flush" ? $1 + 1 : flushed[$1] + 0 }
		$1 >= from && $1 < to && $2 == "write" { writes[++n] = $1 + 1 }
		END {
			for (i = n; i > n - 20 && i > 0; i--) wanted[writes[i]]++
			for (i = from; i <= to; i++) for (; wanted[i]; wanted[i]--) print i, flushed[i]
		}'
}

# one_cut BASE-ENTRY TO CHECK [SEED]: reconstructs the disk at entry TO and appends its state, the output of CHECK, to
# $work/all. A disk whose state is new is kept as $work/state-N.img, where N is the state's line in $work/states.
one_cut() {
	local state
	cp --sparse=auto "$work/flushed.img" "$cut"
	"$work/cut-disk" "$disk_log" "$cut" "$1" "$2" ${4:+"$4"}
	state=$($3)
	echo "entry $2${4:+, seed $4}: $state" >>"$work/all"
	if ! grep -qxF "$state" "$work/states"; then
		echo "$state" >>"$work/states"
		mv "$cut" "$work/state-$(wc -l <"$work/states").img"
	fi
}

# cuts BASE ID FROM TO CHECK WHAT: checks for each point the disk with all writes in order, and the disk when writes
# since the last flush were still in the cache and only some of them, chosen at random, reached the disk. The command
# CHECK prints the state of $cut in one line, which begins with "bad" if the state must not occur.
cuts() {
	local disk_log=$work/$2.log.img at=0 last='' n=0 bad to flushed
	"$work/cut-disk" "$disk_log" | cut_points "$3" "$4" >"$work/points"
	cp --sparse=always "$1" "$work/flushed.img"
	: >"$work/states"
	: >"$work/all"
	while read -r to flushed; do
		"$work/cut-disk" "$disk_log" "$work/flushed.img" "$at" "$flushed"
		at=$flushed
		[ "$to" = "$last" ] || one_cut "$flushed" "$to" "$5"
		last=$to
		n=$((n + 1))
		one_cut "$flushed" "$to" "$5" $((seed + n))
	done <"$work/points"
	sed 's/^[^:]*: /  /' "$work/all" | sort | uniq -c
	bad=$(grep ': bad' "$work/all") || :
	n=$(wc -l <"$work/all")
	if [ -z "$bad" ] && [ "$n" -ge "$points" ]; then pass "$n cuts: $6"; else fail "$n cuts: $6"; printf '%s\n' "$bad" | head -n 12; fi
}

# state PATTERN: prints the path of the first kept disk whose state matches PATTERN.
state() {
	local n
	n=$(grep -nE "$1" "$work/states" | head -n 1 | cut -d: -f1)
	[ -n "$n" ] && [ -e "$work/state-$n.img" ] && echo "$work/state-$n.img"
}

on_fat() { MTOOLS_SKIP_CHECK=1 mtype -i "$cut@@$fat_offset" "::/$1" 2>/dev/null; }
fat_offset=2097152
