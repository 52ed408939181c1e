# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Makes the files that Debian's packages make when they are installed: databases and caches over the files of all packages. No script
# of a package runs. The programs are those of the packages, started by the dynamic linker of their own tree, and write to the
# selection only. To be sourced by a recipe that sets $tree (the unpacked packages), $root (the selection) and $out.
: "${tree=}" "${root=}" "${out=}"
libraries=usr/lib/x86_64-linux-gnu

# tree_run PROGRAM ARGUMENT...: runs a program of the tree; its output is in $out/trigger.log.
tree_run() {
	local program=$1
	shift
	[ -e "$tree/$program" ] || die "'$program' is missing: add its package to the list of packages"
	"$tree/usr/lib64/ld-linux-x86-64.so.2" --library-path "$tree/$libraries" "$tree/$program" "$@" 2>>"$out/trigger.log" || {
		cat "$out/trigger.log" >&2
		die "'$program' failed"
	}
}

# has PATTERN: does a file of the selection match?
has() {
	# $1 is unquoted, so that the shell expands it.
	# shellcheck disable=SC2086
	(cd "$root" && ls -d $1) >/dev/null 2>&1
}

# triggers: makes each file whose sources are in the selection. All dates are @$1, because caches contain those of the directories.
triggers() {
	: >"$out/trigger.log"
	if has 'usr/share/glib-2.0/schemas/*.xml'; then
		tree_run "$libraries/glib-2.0/glib-compile-schemas" "$root/usr/share/glib-2.0/schemas"
		rm "$root"/usr/share/glib-2.0/schemas/*.xml
	fi
	if has 'usr/share/mime/packages/*.xml'; then
		tree_run usr/bin/update-mime-database -n "$root/usr/share/mime" >>"$out/trigger.log"
		# Programs read the cache; all else is what it was made from.
		find "$root/usr/share/mime" -mindepth 1 ! -name mime.cache -delete
	fi
	if has 'usr/share/applications/*.desktop' && [ -e "$tree/usr/bin/update-desktop-database" ]; then
		tree_run usr/bin/update-desktop-database -q "$root/usr/share/applications"
	fi
	if has "$libraries/gdk-pixbuf-2.0/*/loaders/*.so"; then
		set -- "$@" "$(cd "$root" && echo "$libraries"/gdk-pixbuf-2.0/*)"
		(cd "$root" && tree_run "$libraries/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders" "$2"/loaders/*.so) |
			made_of "$root/$2/loaders.cache"
	fi
	if has "$libraries/gtk-3.0/*/immodules/*.so"; then
		(cd "$root" && tree_run "$libraries/libgtk-3-0t64/gtk-query-immodules-3.0" "$libraries"/gtk-3.0/*/immodules/*.so) |
			made_of "$root/$libraries/gtk-3.0/3.0.0/immodules.cache"
	fi
	if has "$libraries/gio/modules/*.so"; then
		tree_run "$libraries/glib-2.0/gio-querymodules" "$root/$libraries/gio/modules"
	fi
	certificates
	find "$root/usr/share" -exec touch -h -d "@$1" '{}' +
	icons
	fonts
}

# made_of FILE: writes standard input to FILE, without the comments (which have the path of the program) and with paths that begin
# at the root.
made_of() {
	sed "/^#/d; s|^\"$root/|\"/|" >"$1"
	[ -s "$1" ] || die "'$1' is empty"
}

# certificates: joins the certificates of authorities, as update-ca-certificates does.
certificates() {
	local file
	has 'usr/share/ca-certificates/mozilla/*.crt' || return 0
	mkdir -p "$root/etc/ssl/certs"
	for file in "$root"/usr/share/ca-certificates/mozilla/*.crt; do
		cat "$file"
		echo
	done | grep . >"$root/etc/ssl/certs/ca-certificates.crt"
	rm -r "$root/usr/share/ca-certificates"
}

# icons: an index of each theme of icons, without which GTK looks for each icon in each directory.
icons() {
	local theme
	for theme in "$root"/usr/share/icons/*/index.theme; do
		[ -e "$theme" ] || continue
		tree_run usr/bin/gtk-update-icon-cache -q -f -i "${theme%/*}"
	done
}

# fonts: fontconfig's cache, with paths that begin at the root.
fonts() {
	has usr/share/fonts && [ -e "$tree/usr/bin/fc-cache" ] || return 0
	mkdir -p "$root/var/cache/fontconfig"
	tree_run usr/bin/fc-cache -s -f -y "$root" >>"$out/trigger.log"
}
