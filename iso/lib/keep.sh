# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Selects files of unpacked packages: those that a keep list names, and the shared libraries that they need. To be sourced by a
# recipe that sets $tree (the unpacked packages), $root (where the selection is put) and $out (its directory for lists). The
# selection is the list $out/kept; other programs that need libraries of $tree can be in the directory $engine.
: "${tree=}" "${root=}" "${out=}" "${engine=}"

# keep PATH: adds a file of the tree to the list of kept files; for a symbolic link also what it leads to, step by step.
keep() {
	local target
	printf '%s\n' "$1" >>"$out/kept"
	[ -L "$tree/$1" ] || return 0
	target=$(readlink "$tree/$1")
	case $target in
	/*) ;;
	*) target=/$(dirname "$1")/$target ;;
	esac
	# Directories on the way may be links, too.
	target=$(realpath -m "$tree$(dirname "$target")")/${target##*/}
	case $target in
	"$tree"/*) [ ! -e "$target" ] || { keep "${target#"$tree/"}"; return; } ;;
	esac
	die "the target of symbolic link '$1' is in no package"
}

# keep_list FILE: applies each line of a keep list: a shell pattern below the tree, which must match something, `LINK -> TARGET`,
# `DIRECTORY/` for all that is in the directory, or `include FILE` for another list, whose path begins at the directory of this one.
keep_list() {
	local pattern arrow target path
	while read -r pattern arrow target; do
		case $pattern in
		'' | '#'*) continue ;;
		include)
			keep_list "${1%/*}/$arrow"
			continue
			;;
		*/)
			[ -d "$tree/$pattern" ] || die "${1##*/}: there is no directory '$pattern'"
			(cd "$tree" && find "${pattern%/}" ! -type d) >>"$out/kept"
			continue
			;;
		esac
		if [ "$arrow" = '->' ]; then
			mkdir -p "$root/$(dirname "$pattern")"
			ln -s "$target" "$root/$pattern"
			continue
		fi
		# $pattern is unquoted, so that the shell expands it.
		# shellcheck disable=SC2086
		for path in $(cd "$tree" && printf '%s\n' $pattern); do
			[ -e "$tree/$path" ] || [ -L "$tree/$path" ] || die "${1##*/}: no file matches '$pattern'"
			keep "$path"
		done
	done <"$1"
}

# kept_files: prints the paths of the files whose libraries are needed.
kept_files() {
	[ -z "$engine" ] || find "$engine" -type f
	sed "s|^|$tree/|" "$out/kept"
}

# needed_by: reads paths of files from standard input and prints the names of the libraries that they need, and the absolute
# path of their program interpreter.
needed_by() {
	xargs -d '\n' readelf -W -d -l 2>/dev/null |
		sed -n 's/.*(NEEDED) .*\[\(.*\)\]$/\1/p; s/.*program interpreter: \(.*\)\]$/\1/p' | sort -u
}

# keep_libraries: keeps all libraries that kept files need, repeating until no new library is needed.
keep_libraries() {
	local name found
	: >"$out/have"
	kept_files >"$out/new"
	while needed_by <"$out/new" | comm -23 - "$out/have" >"$out/wanted" && [ -s "$out/wanted" ]; do
		: >"$out/new"
		while read -r name; do
			case $name in
			/*) found=$(readlink -f "$tree${name%/*}")/${name##*/} ;;
			*)
				found=$tree/usr/lib/x86_64-linux-gnu/$name
				# systemd's own library; libraries in directories that their programs know.
				[ -e "$found" ] || found=$tree/usr/lib/x86_64-linux-gnu/systemd/$name
				[ -e "$found" ] || found=$tree/$(grep -m 1 -F "/$name" "$out/kept" || echo none)
				;;
			esac
			[ -e "$found" ] || die "library '$name' is in no package, but needed by $(needing "$name")"
			keep "${found#"$tree/"}"
			printf '%s\n' "$found" >>"$out/new"
		done <"$out/wanted"
		sort -u -o "$out/have" "$out/have" "$out/wanted"
	done
}

# needing NAME: prints which of the files kept so far need library NAME.
needing() {
	local path
	kept_files | sort -u | while read -r path; do
		[ -L "$path" ] || ! printf '%s\n' "$path" | needed_by | grep -qxF "$1" || printf '%s ' "${path##*/}"
	done
}
