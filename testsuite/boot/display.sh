# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions of the boot tests of displays: the screen, the keyboard and the mouse of the machine, and an ISO with the images display
# and desktop. Source this file after lib.sh. A program looks at pictures of the screen: a window of a colour that nothing else has
# shows that it is there.
grep -qx CONFIG_D2DDISPLAY=y "$O/.config" || skip "built without D2DDISPLAY: run 'make desktop_defconfig'"
for image in display desktop; do
	[ -e "$O/images/$image.d2i" ] || skip "no image '$image': run 'make image NAME=$image'"
done
command -v blkid >/dev/null || skip "no blkid"
ram=1024
patience=${D2D_PATIENCE:-400} # a machine that counts instructions is slow
background=28507a # of the desktop image (iso/images/desktop/root/etc/jwm/system.jwmrc)
vga='-vga std'
terminal=101418   # of its xterm (.Xdefaults)

# machine QEMU-OPTION...: starts a machine with a screen, and a monitor for its keyboard and its mouse.
machine() {
	# shellcheck disable=SC2086
	boot "$@" $vga -chardev "socket,id=monitor,path=$work/monitor,server=on,wait=off" -mon chardev=monitor,mode=readline
}

# counted WORDS [QEMU-OPTION...]: starts such a machine with the ISO, whose clock counts instructions, a nanosecond each: however busy
# the test machine is, the seconds of the guest are the same. GRUB would load for very long then, so QEMU loads the kernel, with WORDS
# on its command line; the kernel sets the screen's mode (1024x768 on a frame buffer; a graphics card has its own) itself.
counted() {
	local words="$1" uuid
	shift
	uuid=$(blkid -o value -s UUID "$work/desktop.img")
	# Nothing is booted from the CD: with a kernel, QEMU has the first place for itself.
	# shellcheck disable=SC2046
	machine $(cd_rom "$work/desktop.img" cd | sed 's/,bootindex=0//') -icount shift=0 -kernel "$O/vmlinuz" -initrd "$O/initramfs.img" \
		-append "console=ttyS0,115200 quiet no_timer_check vga=0x344 d2d.medium=$uuid $words" "$@"
}

# desktop_iso [NAME...]: makes the ISO $work/desktop.img with these images, or display and desktop.
desktop_iso() {
	local file images=''
	[ $# -gt 0 ] || set -- display desktop
	for file; do images="$images $O/images/$file.d2i"; done
	mkdir -p "$work/iso/obj"
	for file in vmlinuz initramfs.img base.sqfs busybox obj/conf obj/grub obj/engine obj/base obj/kernel; do
		[ ! -e "$O/$file" ] || ln -s "$O/$file" "$work/iso/$file"
	done
	O=$work/iso IMAGES=$images sh "$SRC/iso/image" >"$work/image.log" 2>&1 || give_up "can't make the ISO"
	mv "$work/iso/d2d.iso" "$work/desktop.img"
	rm -r "${work:?}/iso"
}

# ---- the keyboard and the mouse ----
# keys TEXT: types letters, digits and some other characters on the screen's keyboard, and Enter.
keys() {
	monitor "$(printf '%s' "$1" | sed 's/./&\n/g' | sed 's/^ $/spc/; s/^-$/minus/; s/^>$/shift-dot/; s/^\.$/dot/; s,^/$,slash,; /./s/^/sendkey /'
		echo 'sendkey ret')" >/dev/null
}
# press KEY: presses one key, or several joined by '-'.
press() { monitor "sendkey $1" >/dev/null; }

# corner: moves the mouse to the upper left corner of the screen. A PS/2 mouse can't move far at once.
corner() { monitor "$(yes 'mouse_move -100 -100' | head -n 24)" >/dev/null; }
# moved X Y COMMAND...: moves the mouse by X and Y, and whether COMMAND succeeds then. The mouse of QEMU sends what is left of an
# earlier movement first, and the X server makes fast movements longer: so a place is reached by small steps, looking.
moved() {
	monitor "mouse_move $1 $2" >/dev/null
	shift 2
	"$@"
}
click() {
	monitor 'mouse_button 1
mouse_button 0' >/dev/null
}

# opens WHAT NUMBER: opens a terminal by the menu of the desktop, with the mouse, and checks that there are NUMBER terminals then.
# The menu opens where the root window is clicked, in the corner, with the entry "Terminal" first, which changes its colour under the
# pointer.
opens() {
	wait_for menu_opens || { fail "$1: no menu"; return 0; }
	menu_colour=$(pixel 150 12)
	wait_for moved 2 3 entry_is_marked || { fail "$1: the pointer doesn't move"; return 0; }
	click
	ok "$1" "$(waiting "[ \$($terminals) -ge $2 ]"); echo \"terminals: \$($terminals)\"" "^terminals: $2\$"
}
terminals='docker exec display-desktop sh -c "grep -l ^xterm /proc/[0-9]*/cmdline" | wc -l'
# menu_opens: clicks in the corner, and whether the menu is there in the next seconds. A PS/2 mouse loses movements and clicks while the
# machine is too busy to take them, so this is tried again.
menu_opens() {
	local end
	corner
	click
	end=$(($(date +%s) + 20))
	until menu_is_open; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 1
	done
}
menu_is_open() { picture $background >/dev/null; [ "$(pixel 150 12)" != $background ]; }
entry_is_marked() { picture $background >/dev/null; [ "$(pixel 150 12)" != "$menu_colour" ]; }

# ---- the screen ----
# picture RRGGBB: takes a picture; prints its size, how many colours it has, and how many hundredths of it have this colour.
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
# pixel X Y: prints the colour of a pixel of the last picture, as RRGGBB.
pixel() {
	perl -e '
		my ($file, $x, $y) = @ARGV;
		open my $in, "<", $file or exit 1;
		binmode $in;
		local $/;
		my ($w, $h, $data) = <$in> =~ /^P6\s+(\d+)\s+(\d+)\s+255\s(.*)/s or exit 1;
		print unpack("H*", substr $data, 3 * ($y * $w + $x), 3), "\n";' "$work/screen.ppm" "$@"
}
# wait_for COMMAND...: waits until COMMAND succeeds.
wait_for() {
	local end
	end=$(($(date +%s) + patience))
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] && running || return 1
		sleep 1
	done
}
# has_colour RRGGBB HUNDREDTHS: whether so much of the screen has this colour, and it isn't all of one colour. Sets $picture.
has_colour() {
	picture=$(picture "$1")
	# shellcheck disable=SC2086
	set -- "$1" "$2" $picture
	[ "${4-0}" -gt 1 ] && [ "${5-0}" -ge "$2" ]
}
# text_is_shown: whether the screen shows text in few colours: much black, something that isn't, and nothing of a desktop.
text_is_shown() {
	picture=$(picture 000000)
	# shellcheck disable=SC2086
	set -- $picture
	[ "${2-0}" -gt 1 ] && [ "${3-0}" -ge 70 ] && ! has_colour $background 1
}
# seen WHAT RRGGBB HUNDREDTHS: waits until so much of the screen has this colour.
seen() {
	if wait_for has_colour "$2" "$3"; then
		pass "$1 ($picture % #$2)"
	else
		cp "$work/screen.ppm" "$work/missing.$count.ppm" 2>/dev/null || :
		fail "$1 (size, colours and part of #$2: ${picture:-no picture}, expected: $3 %; see $work/missing.$count.ppm)"
	fi
}

# ---- the guest ----
# waiting COMMAND [SECONDS]: a command for the guest that waits until COMMAND succeeds. It ends before the patience with it does.
waiting() { echo "n=0; until { $1; } 2>/dev/null || [ \$((n += 1)) -gt ${2:-40} ]; do sleep 1; done; [ \$n -le ${2:-40} ]"; }
# patiently CHECK...: makes a check that may take several starts of X.
patiently() {
	patience=$((patience * 4))
	"$@"
	patience=$((patience / 4))
}
# runs NAME: waits until a display runs.
runs() {
	ok "display '$1' runs" "$(waiting "grep -qx runs /run/d2d/display/$1/state" 90); d2d display list; [ \$n -le 90 ] || { cat /run/d2d/log/display-$1.log; docker logs display-$1-x 2>&1 | tail -n 30; docker logs display-$1 2>&1 | tail; false; }" "^$1 .*runs"
}
# unrepeated NAME: switches off key repetition on a display: on a loaded test machine a key that is pressed for 100 ms can seem to be
# held for long.
unrepeated() { ok "$1: keys don't repeat" "docker exec display-$1 xset r off"; }
