# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# How far a long step of a recipe is. Part of iso/lib.sh.

# progress NAME TOTAL UNIT COUNT COMMAND...: runs COMMAND, and meanwhile shows how far it is and how long the rest takes at the
# same speed: on a terminal in its last line, otherwise once a minute in a line of its own. COUNT is a command line that prints
# how much is done; TOTAL is 0 if it isn't known. Bytes (UNIT B) are shown in MB. Returns COMMAND's status.
progress() {
	local watcher status=0
	watch_progress "$1" "$2" "$3" "$4" &
	watcher=$!
	shift 4
	"$@" || status=$?
	kill "$watcher" 2>/dev/null || :
	wait "$watcher" 2>/dev/null || :
	return "$status"
}

# watch_progress NAME TOTAL UNIT COUNT: runs beside the command of "progress" until it gets SIGTERM. Each step has a file in
# $O/obj/progress with its text, written every second, from which the last line of a terminal is put together.
watch_progress() {
	local file=$O/obj/progress/$1.$$ began said now nap='' interval=5
	trap 'kill $nap 2>/dev/null; rm -f "$file"; printf %s "$clear_line" >&2; exit' TERM
	mkdir -p "$O/obj/progress"
	[ -z "$clear_line" ] || interval=1
	began=$(date +%s)
	said=$began
	while
		sleep "$interval" &
		nap=$!
		wait "$nap"
		# The recipe may have been interrupted.
		kill -0 $$ 2>/dev/null
	do
		now=$(date +%s)
		if [ -n "$clear_line" ]; then
			printf '%s %s\n' "$1" "$(progress_text $((now - began)) "$(eval "$4")" "$2" "$3")" >"$file"
			progress_line
		elif [ $((now - said)) -ge "${D2D_PROGRESS:-60}" ]; then
			step "$1" "$(progress_text $((now - began)) "$(eval "$4")" "$2" "$3")"
			said=$now
		fi
	done
	rm -f "$file"
}

# progress_line: writes the last line of a terminal: the texts of all long steps, as far as they fit.
progress_line() {
	local file text line='' columns
	# A step that was killed leaves its file behind. Its process can't be asked for: the engine's is in a namespace of its own.
	find "$O/obj/progress" -type f -mmin +0.5 -delete
	for file in "$O"/obj/progress/*; do
		read -r text <"$file" || continue
		line="$line${line:+ | }$text"
	done 2>/dev/null
	columns=$(stty size <&2 2>/dev/null) || columns=
	columns=${columns#* }
	[ "${columns:-0}" -ge 20 ] || columns=80
	printf '%s%.*s' "$clear_line" $((columns - 1)) "$line" >&2
}

# progress_text SECONDS DONE TOTAL UNIT: prints "812 of 2512 files, 32 %, 6 min left". The rest is only estimated after 10 seconds
# and the first 50th.
progress_text() {
	awk -v seconds="$1" -v done="${2:-0}" -v total="$3" -v unit="$4" '
		function whole(n) { return n == int(n) ? n : int(n) + 1 }
		BEGIN {
			if (unit == "B") {
				done = int(done / 1000000)
				total = whole(total / 1000000)
				unit = "MB"
			}
			if (total == 0) {
				printf "%d %s\n", done, unit
				exit
			}
			if (done >= total) {
				printf "%d %s, finishing\n", total, unit
				exit
			}
			printf "%d of %d %s, %d %%", done, total, unit, done * 100 / total
			if (done * 50 >= total && seconds >= 10) {
				left = seconds * (total - done) / done
				if (left >= 60)
					printf ", %d min left", whole(left / 60)
				else
					printf ", %d s left", whole(left)
			}
			printf "\n"
		}'
}
