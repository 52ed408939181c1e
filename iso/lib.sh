# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions shared by the recipes under iso/: messages here; progress, downloads and the cache in iso/lib/.
# Source this file with: . "$SRC/iso/lib.sh"   SRC (top of the tree) and O (output directory) must be absolute paths.
set -eu
LC_ALL=C
export LC_ALL
umask 022
: "${SRC:?top of the tree}" "${O:?output directory}"
# Without symbolic links in it, because recipes compare paths below it with those that realpath prints. Busybox has no option -m;
# there, iso/container/run makes the directory first.
if [ -d "$O" ]; then O=$(cd "$O" && pwd -P); else O=$(realpath -m "$O"); fi
: "${D2D_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/debian2docker}"
export D2D_CACHE
# make computes the version once for all recipes; this is for a recipe that is started by hand.
: "${D2D_VERSION:=$(sh "$SRC/iso/version")}"
export D2D_VERSION

# Options that programs take from the environment. They are meant for other things than a build that has the same bytes everywhere.
unset TAR_OPTIONS XZ_OPT XZ_DEFAULTS ZSTD_CLEVEL ZSTD_NBTHREADS GREP_OPTIONS POSIXLY_CORRECT CDPATH CFLAGS CPPFLAGS CXXFLAGS LDFLAGS \
	AFLAGS CC LD AR ARFLAGS LIBS CPATH C_INCLUDE_PATH LIBRARY_PATH PKG_CONFIG_PATH

# A program "make" that a recipe starts has jobs of its own: make passes its jobserver only to the commands that call $(MAKE).
unset MAKEFLAGS MFLAGS

# On a terminal the long steps share the last line (see progress), which each message clears first.
clear_line=
[ ! -t 2 ] || clear_line=$(printf '\r\033[K')

die() { printf '%serror: %s\n' "$clear_line" "$*" >&2; exit 1; }
note() { printf '%snote: %s\n' "$clear_line" "$*" >&2; }
step() { printf '%s  %-9s%s\n' "$clear_line" "$1" "$2" >&2; }

# as_root RECIPE ARGUMENT...: runs a recipe again in a user namespace, whose root its caller is, if the caller may not mount anything.
# Returns 1 if this machine allows no such namespaces, or if the output directory belongs to somebody else, whose files root of the
# namespace can't write. There is no other user in it; files that are unpacked belong to the caller.
as_root() {
	! unshare --mount true 2>/dev/null || return 0
	[ "$(stat -c %u "$O/obj")" = "$(id -u)" ] || return 1
	! unshare --user --map-root-user --mount true 2>/dev/null || exec unshare --user --map-root-user sh "$@"
	return 1
}

# conf NAME: sources the options of .config that the recipe NAME depends on (see iso/split-config).
conf() {
	# shellcheck source=/dev/null
	. "$O/obj/conf/$1.conf"
}

# hook_symbol NN-STAGE/NN-NAME: prints the Kconfig symbol (without CONFIG_) that includes this hook in the image.
hook_symbol() {
	printf 'D2D_HOOK_%s\n' "$1" | tr 'a-z/.-' 'A-Z___'
}

# builtin_hooks: prints NN-STAGE/NN-NAME of each hook in the image, with the heads of programs.
builtin_hooks() {
	(cd "$SRC/hooks" && find . -type f | sort) | while read -r hook; do
		hook=${hook#./}
		! grep -qx "CONFIG_$(hook_symbol "${hook%.d2d}")=y" "$O/obj/conf/initramfs.conf" || printf '%s\n' "$hook"
	done
}

# trust_mode: prints the trust mode of the image, from the options of "conf initramfs".
trust_mode() {
	local mode=auto
	[ "${CONFIG_D2D_TRUST_ANY-}" != y ] || mode=any
	[ "${CONFIG_D2D_TRUST_SIGNED-}" != y ] || mode=signed
	[ "${CONFIG_D2D_TRUST_BUILTIN-}" != y ] || mode=builtin
	echo "$mode"
}

# shellcheck source=iso/lib/progress.sh
. "$SRC/iso/lib/progress.sh"
# shellcheck source=iso/lib/apt.sh
. "$SRC/iso/lib/apt.sh"
# shellcheck source=iso/lib/cache.sh
. "$SRC/iso/lib/cache.sh"

# copy_tree DIR TARGET: copies the content of a directory of this tree, with modes that don't depend on the umask of whoever has checked
# it out: all may read it, and run what the owner may run.
copy_tree() { tar -C "$1" --mode=u+w,go=rX -cf - . | tar -C "$2" -xpf - --no-same-owner --keep-directory-symlink; }
