# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions for boot tests that look at the screen of the machine and type on its keyboard. To be sourced after lib.sh.

# machine QEMU-OPTION...: starts a machine with a screen and a monitor (see boot and monitor in lib.sh).
machine() {
	boot "$@" -vga std -chardev "socket,id=monitor,path=$work/monitor,server=on,wait=off" -mon chardev=monitor,mode=readline
}

# keys TEXT: types letters, digits and some other characters on the screen's keyboard, and Enter.
keys() {
	printf '%s' "$1" | sed 's/./&\n/g' | while IFS= read -r key; do
		case $key in
		' ') key=spc ;;
		-) key=minus ;;
		'>') key=shift-dot ;;
		.) key='dot' ;;
		/) key=slash ;;
		esac
		[ -z "$key" ] || monitor "sendkey $key" >/dev/null
	done
	monitor 'sendkey ret' >/dev/null
}

# picture RRGGBB: prints the size of the screen, how many colours it has, and how many hundredths of it have this colour.
picture() {
	rm -f "$work/screen.ppm"
	monitor "screendump $work/screen.ppm" >/dev/null
	perl -e '
		my ($file, $wanted) = @ARGV;
		open my $in, "<", $file or exit 1;
		binmode $in;
		local $/;
		my ($w, $h, $data) = <$in> =~ /^P6\s+(\d+)\s+(\d+)\s+255\s(.*)/s or exit 1;
		my (%n, $total);
		for (my $i = 0; $i + 2 < length $data; $i += 3) { $n{substr($data, $i, 3)}++; $total++ }
		printf "%dx%d %d %d\n", $w, $h, scalar keys %n, 100 * ($n{pack "H*", $wanted} // 0) / ($total || 1);' "$work/screen.ppm" "$1"
}

# seen WHAT RRGGBB HUNDREDTHS: waits until so much of the screen has this colour, and it isn't all of one colour.
seen() {
	local end size colours part
	end=$(($(date +%s) + patience))
	while :; do
		# shellcheck disable=SC2046
		set -- "$1" "$2" "$3" $(picture "$2")
		size=${4-none} colours=${5-0} part=${6-0}
		if [ "$colours" -gt 1 ] && [ "$part" -ge "$3" ]; then
			pass "$1 ($size, $colours colours, $part % #$2)"
			return
		fi
		[ "$(date +%s)" -lt "$end" ] && running || break
		set -- "$1" "$2" "$3"
		sleep 1
	done
	cp "$work/screen.ppm" "$work/missing.$count.ppm" 2>/dev/null || :
	fail "$1 ($size, $colours colours, $part % #$2, expected: $3 %; see $work/missing.$count.ppm)"
}

# waiting COMMAND [SECONDS]: a command for the guest that waits until COMMAND succeeds.
waiting() { echo "n=0; until { $1; } 2>/dev/null || [ \$((n += 1)) -gt ${2:-90} ]; do sleep 1; done; [ \$n -le ${2:-90} ]"; }

# patiently CHECK...: makes a check that may take several starts of X.
patiently() {
	patience=$((patience * 4))
	"$@"
	patience=$((patience / 4))
}

# runs NAME: checks that a display runs, which may take its time.
runs() { ok "display '$1' runs" "$(waiting "grep -qx runs /run/d2d/display/$1/state"); d2d display list; [ \$n -le 90 ] || { cat /run/d2d/log/display-$1.log; docker logs display-$1-x 2>&1 | tail -n 30; docker logs display-$1 2>&1 | tail; false; }" "^$1 .*runs"; }
