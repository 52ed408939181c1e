# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Functions shared by the recipes under iso/: messages, verified downloads, the cache, the record of versions.
# Source this file with: . "$SRC/iso/lib.sh"   SRC (top of the tree) and O (output directory) must be absolute paths.
set -eu
LC_ALL=C
export LC_ALL
umask 022
: "${SRC:?top of the tree}" "${O:?output directory}"
: "${D2D_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/debian2docker}"
export D2D_CACHE
# make computes the version once for all recipes; this is for a recipe that is started by hand.
: "${D2D_VERSION:=$(sh "$SRC/iso/version")}"
export D2D_VERSION

die() { printf 'error: %s\n' "$*" >&2; exit 1; }
note() { printf 'note: %s\n' "$*" >&2; }
step() { printf '  %-9s%s\n' "$1" "$2" >&2; }

# conf NAME: sources the options of .config that the recipe NAME depends on (see iso/split-config).
conf() {
	# shellcheck source=/dev/null
	. "$O/obj/conf/$1.conf"
}

# apt_private [SUITE...]: exports APT_CONFIG for a private apt configuration with the given suites (packages and
# sources). It uses the mirror of the host's own sources; the host's apt is never changed. $APT_EXTRA_LINE is one more
# sources.list line, for example of another distribution. Package lists are refreshed at most once in 12 hours.
apt_private() {
	local d mirror name
	name=$(printf '%s' "$* ${APT_EXTRA_LINE-}" | sha256sum | cut -c1-12)
	d=$D2D_CACHE/apt/$name
	mkdir -p "$d/lists/partial" "$d/archives/partial" "$d/parts" "$d/apt.conf.d" "$D2D_CACHE/debs/partial"
	mirror=$(host_mirror)
	{
		for suite; do
			printf 'deb [signed-by=%s] %s %s main\n' "$debian_keyring" "$mirror" "$suite"
			printf 'deb-src [signed-by=%s] %s %s main\n' "$debian_keyring" "$mirror" "$suite"
		done
		[ -z "${APT_EXTRA_LINE-}" ] || printf '%s\n' "$APT_EXTRA_LINE"
	} >"$d/sources.list.$$"
	mv "$d/sources.list.$$" "$d/sources.list"
	[ -e "$d/status" ] || : >"$d/status"
	# Write a temporary file and rename it, so that the apt of a parallel recipe never reads an incomplete file.
	cat >"$d/apt.conf.$$" <<-CONF
		Dir::Etc "$d";
		Dir::Etc::SourceList "$d/sources.list";
		Dir::Etc::SourceParts "$d/parts";
		Dir::Etc::PreferencesParts "$d/parts";
		Dir::State "$d";
		Dir::State::Lists "$d/lists";
		Dir::State::Status "$d/status";
		Dir::Cache "$d";
		Dir::Cache::Archives "$D2D_CACHE/debs";
		APT::Architecture "amd64";
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		Acquire::Languages "none";
		Acquire::Retries "3";
	CONF
	mv "$d/apt.conf.$$" "$d/apt.conf"
	APT_CONFIG=$d/apt.conf
	export APT_CONFIG
	if [ -z "$(find "$d/updated" -mmin -720 2>/dev/null)" ]; then
		step APT "package lists of $*"
		# Parallel recipes share the lists; the lock makes one of them refresh while the others wait.
		(
			flock 9
			[ -n "$(find "$d/updated" -mmin -720 2>/dev/null)" ] && exit 0
			if apt-get -qq update; then
				: >"$d/updated"
			elif [ -e "$d/updated" ]; then
				note "can't refresh the package lists; using those of $(date -r "$d/updated")"
			else
				die "can't read the package lists of $*: is the network up?"
			fi
		) 9>"$d/lock"
	fi
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# host_mirror: prints the URL of the Debian archive that the host's apt uses.
host_mirror() {
	# Without APT_CONFIG, because the question is about the host's configuration, not the private one.
	# shellcheck disable=SC2016
	env -u APT_CONFIG apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
		head -n 1 | grep . || die "the host's apt has no Debian archive among its sources; run 'apt-get update' first"
}

# resolve PACKAGE: prints the version that the private apt would install.
resolve() {
	apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2; found = 1 } END { exit !found }' ||
		die "package '$1' not found in the configured suites"
}

# resolve_source PACKAGE: prints the newest version of a source package.
resolve_source() {
	apt-get --only-source --print-uris -qq source "$1" 2>/dev/null |
		sed -n "s/^'[^']*' \([^ ]*\)\.dsc .*/\1/p" | head -n 1 | sed 's/^[^_]*_//' | grep . ||
		die "source package '$1' not found in the configured suites"
}

# source_fetch PACKAGE DIR: downloads the files of a source package and links them into DIR. The .dsc is left out: some
# mirrors lack it at times, and the signed index already lists the SHA-256 of each file.
source_fetch() {
	local uri file _size sum
	mkdir -p "$2" "$D2D_CACHE/src"
	apt-get --only-source --print-uris -qq source "$1" >"$2/.uris" || die "source package '$1' not found"
	while read -r uri file _size sum; do
		uri=${uri#\'}
		uri=${uri%\'}
		case $file in *.dsc | *.asc) continue ;; esac
		if ! printf '%s  %s\n' "${sum#SHA256:}" "$D2D_CACHE/src/$file" | sha256sum -c --status 2>/dev/null; then
			step FETCH "$file"
			/usr/lib/apt/apt-helper -qq download-file "$uri" "$D2D_CACHE/src/$file" "$sum" ||
				die "can't fetch '$file' of source package '$1'"
		fi
		ln -sf "$D2D_CACHE/src/$file" "$2/$file"
	done <"$2/.uris"
	rm "$2/.uris"
}

# deb_fetch PACKAGE DIR: downloads a binary package, links it into DIR and prints its path.
deb_fetch() {
	local line file sum
	mkdir -p "$2"
	line=$(apt-get --print-uris -qq download "$1") || die "package '$1' not found"
	file=$(printf '%s\n' "$line" | awk '{ print $2 }')
	sum=$(printf '%s\n' "$line" | awk '{ print $4 }')
	if ! printf '%s  %s\n' "${sum#SHA256:}" "$D2D_CACHE/debs/$file" | sha256sum -c --status 2>/dev/null; then
		step FETCH "$file"
		(cd "$D2D_CACHE/debs" && apt-get -qq download "$1") || die "can't fetch package '$1'"
	fi
	ln -sf "$D2D_CACHE/debs/$file" "$2/$file"
	printf '%s\n' "$2/$file"
}

# closure PACKAGE...: prints a line `NAME VERSION FILE` for each of the packages and of all their dependencies, as if
# nothing were installed. FILE is the path where closure_fetch puts the .deb.
closure() {
	local plan
	plan=$(apt-get -qq --simulate install "$@") || die "apt can't resolve the dependencies of: $*"
	printf '%s\n' "$plan" |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\([^]]*\)\]).*/\1 \2 \3/p' | sort |
		while read -r name version arch; do
			printf '%s %s %s/debs/%s_%s_%s.deb\n' "$name" "$version" "$D2D_CACHE" \
				"$name" "$(printf '%s' "$version" | sed 's/:/%3a/')" "$arch"
		done
}

# closure_fetch PACKAGE...: downloads the packages and all their dependencies into the cache.
closure_fetch() {
	(
		# Only one apt can use an archives directory at a time, so parallel recipes take turns.
		flock 8
		apt-get -qq --yes --download-only install "$@" >/dev/null || die "can't fetch all of: $*"
	) 8>"$D2D_CACHE/debs/.lock"
	closure "$@" | while read -r name _ file; do
		[ -e "$file" ] || die "apt did not download package '$name'"
	done
}

# used KIND SUITE NAME VERSION: records in $O/obj/used/ that this version is part of a product, and prints a note if
# iso/debian.lock has another version.
used() {
	local locked
	mkdir -p "$O/obj/used"
	printf '%s %s %s %s\n' "$1" "$2" "$3" "$4" >"$O/obj/used/$1.$3"
	locked=$(awk -v k="$1" -v s="$2" -v n="$3" '$1 == k && $2 == s && $3 == n { print $4 }' \
		"$SRC/iso/debian.lock" 2>/dev/null) || :
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

# cached NAME HASH FILE COMMAND...: copies FILE from the cache if NAME was built with the same HASH before; else runs
# COMMAND, which must write FILE, and stores the result in the cache.
cached() {
	local name=$1 hash=$2 file=$3 hit
	shift 3
	hit=$D2D_CACHE/products/$name-$hash
	mkdir -p "$D2D_CACHE/products" "$(dirname "$file")"
	if [ -e "$hit" ]; then
		step CACHED "$name $hash"
		touch -c "$hit"
	else
		"$@"
		cp "$file" "$hit.tmp$$"
		mv "$hit.tmp$$" "$hit"
	fi
	cp "$hit" "$file"
}

# hook_symbol NN-STAGE/NN-NAME: prints the Kconfig symbol (without CONFIG_) that includes this hook in the image.
hook_symbol() {
	printf 'D2D_HOOK_%s\n' "$1" | tr 'a-z/.-' 'A-Z___'
}
