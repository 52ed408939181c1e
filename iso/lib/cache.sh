# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# The record of versions, and the cache of products. Part of iso/lib.sh.

# locked KIND SUITE NAME: prints the version in iso/debian.lock, or nothing.
locked() {
	awk -v k="$1" -v s="$2" -v n="$3" '$1 == k && $2 == s && $3 == n { print $4 }' "$SRC/iso/debian.lock" 2>/dev/null || :
}

# used KIND SUITE NAME VERSION: records in $O/obj/used/ that this version is part of a product. If iso/debian.lock has another
# version, prints a note; with LOCKED=1 another version or a package that isn't there ends the recipe.
used() {
	local locked
	locked=$(locked "$1" "$2" "$3")
	if [ "${LOCKED-}" = 1 ] && [ "$locked" != "$4" ]; then
		die "$3 ($1 $2): version $4 instead of ${locked:-none} in iso/debian.lock; LOCKED=1 builds only with the versions there"
	fi
	mkdir -p "$O/obj/used"
	printf '%s %s %s %s\n' "$1" "$2" "$3" "$4" >"$O/obj/used/$1.$3"
	[ -z "$locked" ] || [ "$locked" = "$4" ] ||
		note "$3: Debian now has version $4 instead of $locked; using $4 ('make lock' records it)"
}

# used_host PACKAGE...: records packages of the build host that become part of a product.
used_host() {
	local package codename
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-unknown}")
	for package; do
		used host "$codename" "$package" "$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo unknown)"
	done
}

# recipe_hash FILE-OR-WORD...: prints one hash over the contents of the given files and directories; an argument that is
# no path counts as text.
recipe_hash() {
	for arg; do
		if [ -d "$arg" ]; then
			(cd "$arg" && find . -type f | sort | xargs -r sha256sum)
		elif [ -f "$arg" ]; then
			sha256sum <"$arg"
		else
			printf '%s\n' "$arg"
		fi
	done | sha256sum | cut -c1-20
}

# is_cached NAME HASH: is this product in the cache?
is_cached() { [ -e "$D2D_CACHE/products/$1-$2" ]; }

# cached NAME HASH FILE COMMAND...: copies FILE from the cache if NAME was built with the same HASH before; else runs
# COMMAND, which must write FILE, and stores the result in the cache.
cached() {
	local name=$1 hash=$2 file=$3 hit
	shift 3
	hit=$D2D_CACHE/products/$name-$hash
	mkdir -p "$D2D_CACHE/products" "$(dirname "$file")"
	if is_cached "$name" "$hash"; then
		step CACHED "$name $hash"
		# Somebody else's file in a common cache keeps its date.
		touch -c "$hit" 2>/dev/null || :
	else
		"$@"
		cp "$file" "$hit.tmp$$"
		mv "$hit.tmp$$" "$hit"
	fi
	cp "$hit" "$file"
}
