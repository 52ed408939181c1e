# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Verified downloads by apt with a configuration of its own. Part of iso/lib.sh.

# apt_private [SUITE...]: exports APT_CONFIG for a private apt configuration with the given suites (packages and
# sources), each with its security and stable updates (archives_of). It uses the mirrors of the host's own sources; the
# host's apt is never changed. $APT_EXTRA_LINE is one more sources.list line, for example of another distribution; nothing
# is added to it. $APT_EXTRA_OPTION is the option that it comes from, for messages. $APT_COMPONENTS are
# the components of the suites, main by default. Package lists are refreshed at most once in 12 hours.
apt_private() {
	local d mirror='' security='' name
	if [ $# -gt 0 ]; then
		mirror=$(host_mirror Debian) || die "the host's apt has no Debian archive among its sources; run 'apt-get update' first"
		security=$(host_mirror Debian-Security) || security=
	fi
	name=$(printf '%s' "$* $mirror $security ${APT_EXTRA_LINE-}${APT_COMPONENTS:+ $APT_COMPONENTS}" | sha256sum | cut -c1-12)
	d=$D2D_CACHE/apt/$name
	mkdir -p "$d/lists/partial" "$d/archives/partial" "$d/parts" "$d/sources.d" "$d/apt.conf.d" \
		"$D2D_CACHE/debs/partial"
	[ -e "$d/status" ] || : >"$d/status"
	# Write a temporary file and rename it, so that the apt of a parallel recipe never reads an incomplete file.
	cat >"$d/apt.conf.$$" <<-CONF
		Dir::Etc "$d";
		Dir::Etc::SourceList "$d/sources.list";
		Dir::Etc::SourceParts "$d/sources.d";
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
			for suite; do
				archives_of "$suite"
			done >"$d/archives.new"
			{
				sed "s|.*|deb [signed-by=$debian_keyring] & ${APT_COMPONENTS:-main}\ndeb-src [signed-by=$debian_keyring] & ${APT_COMPONENTS:-main}|" \
					"$d/archives.new"
				[ -z "${APT_EXTRA_LINE-}" ] || printf '%s\n' "$APT_EXTRA_LINE"
			} >"$d/sources.new"
			mv "$d/sources.new" "$d/sources.list"
			# "apt-get update" alone returns 0 when it couldn't reach an archive and used its old list.
			if apt-get -qq -o APT::Update::Error-Mode=any update 2>"$d/update.log"; then
				# What the mirror lacked may be there now.
				rm -f "$d/parts/lacking.pref" "$d/lacking-sources"
				: >"$d/updated"
			elif [ -e "$d/updated" ]; then
				note "can't refresh the package lists; using those of $(date -r "$d/updated"): $(update_failed "$d/update.log")"
			else
				die "can't read the package lists of $(update_of "$d/update.log" "$*"): $(update_failed "$d/update.log")"
			fi
		) 9>"$d/lock"
	fi
}

# update_of LOG SUITES: prints which lists "apt-get update" couldn't read: the line $APT_EXTRA_LINE, if its archive is the one that
# failed, with the name of the option that it comes from ($APT_EXTRA_OPTION); else the suites.
update_of() {
	local uri
	uri=$(printf '%s\n' "${APT_EXTRA_LINE-}" | sed -E 's/^deb[^ \t]*[ \t]+(\[[^]]*\][ \t]+)?([^ \t]*).*/\2/; q')
	if [ -n "$uri" ] && { [ -z "$2" ] || grep -qF -e "$uri" "$1"; }; then
		printf "'%s'%s\n" "$APT_EXTRA_LINE" "${APT_EXTRA_OPTION:+ ($APT_EXTRA_OPTION)}"
	else
		printf '%s\n' "$2"
	fi
}

# update_failed LOG: prints why "apt-get update" has failed, in one line. apt names a missing key in a warning, and calls the
# archive "not signed" in its error.
update_failed() {
	local reason
	reason=$(sed -nE '/NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|sqv|Missing key/{s/^[EW]: //p;q}' "$1")
	[ -n "$reason" ] || reason=$(sed -n 's/^E: //p' "$1" | grep -v '^Some index files failed' | head -n 1)
	! grep -qE 'Could not|Temporary failure|timed out|Connection failed' "$1" || reason="$reason; is the network up?"
	printf '%s\n' "${reason:-apt-get update has failed}"
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# host_mirror LABEL: prints the URL of the archive with this label (Debian, Debian-Security) that the host's apt uses; fails
# if it uses none.
host_mirror() {
	# Without APT_CONFIG, because the question is about the host's configuration, not the private one.
	# shellcheck disable=SC2016
	env -u APT_CONFIG apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" |
		head -n 1 | grep .
}

# archives_of SUITE: prints a line `URL SUITE` for each archive of a suite: its own, and for a stable suite those with its
# updates and security updates. Of another suite (testing) these are used if they exist, of unstable there are none.
# $mirror and $security are the host's mirrors.
archives_of() {
	local url suite
	printf '%s %s\n' "$mirror" "$1"
	case $1 in
	sid | unstable | experimental | rc-buggy | *-*) return ;;
	esac
	if [ -z "$security" ]; then
		security=http://security.debian.org/debian-security
		note "the host's apt has no Debian-Security archive among its sources; security updates come from $security"
	fi
	printf '%s\n' "$mirror $1-updates" "$security $1-security" | while read -r url suite; do
		case $1 in
		bookworm | trixie | stable | oldstable) ;;
		*) /usr/lib/apt/apt-helper -qq download-file "$url/dists/$suite/InRelease" "$d/probe" 2>/dev/null || continue ;;
		esac
		printf '%s %s\n' "$url" "$suite"
	done
}

# archives: prints a line `URL SUITE` for each archive of the private apt configuration.
archives() { sed -n 's/^deb \[[^]]*\] \([^ ]* [^ ]*\) .*/\1/p' "${APT_CONFIG%/*}/sources.list"; }

# Mirrors lack files at times that their index lists. A package that isn't there is left out until the lists are refreshed,
# and the next older version takes its place: a build with that one is better than none. So a recipe fetches first and
# then asks for the version that it got (resolve, resolve_source, closure).

# lacking LOG: reads what apt printed when it couldn't fetch packages. Leaves out the version of each package whose file isn't
# in the archive, together with all other packages of the same source. Returns 1 if LOG names no such file, or one that was
# left out already.
lacking() {
	local url name version source pins=${APT_CONFIG%/*}/parts/lacking.pref
	# Look up all versions before one is left out, because two packages can be of the same source.
	sed -n 's/^E: Failed to fetch \([^ ]*\.deb\)  *\(404 \|File not found\|Failed to stat\).*/\1/p' "$1" | sort -u | while read -r url; do
		name=${url##*/} name=${name%%_*}
		version=$(resolve "$name")
		source=$(apt-cache show "$name=$version" | sed -n 's/^Source: \([^ ]*\).*/\1/p' | head -n 1)
		printf '%s\n' "$url $name $version ${source:-$name}"
	done >"$1.lacking"
	[ -s "$1.lacking" ] || return 1
	while read -r url name version source; do
		! grep -qxF "Explanation: $url" "$pins" 2>/dev/null || return 1
		note "WARNING: the archive lacks '$url', which its index lists: not using $name $version, but the next older version"
		printf 'Explanation: %s\nPackage: src:%s\nPin: version %s\nPin-Priority: -1\n\n' "$url" "$source" "$version" >>"$pins"
	done <"$1.lacking"
	rm "$1.lacking"
}

# resolve PACKAGE: prints the version that the private apt would install.
resolve() {
	apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2; found = 1 } END { exit !found }' ||
		die "package '$1' not found in the configured suites"
}

# sources PACKAGE: prints a line `VERSION SUITE` for each version of a source package, the newest first.
sources() {
	apt-cache madison "$1" | awk -F ' *[|] *' '$3 ~ / Sources$/ { split($3, where, " "); sub("/.*", "", where[2]); print $2, where[2] }' |
		sort -s -rV -k 1,1
}

# resolve_source PACKAGE: prints the newest version of a source package.
resolve_source() {
	local lacking=${APT_CONFIG%/*}/lacking-sources
	[ -e "$lacking" ] || : >"$lacking"
	sources "$1" | awk -v name="$1" -v file="$lacking" '
		BEGIN { while ((getline line <file) > 0) lacking[line] }
		!(name " " $1 in lacking) { print $1; found = 1; exit }
		END { exit !found }' || die "source package '$1' not found in the configured suites"
}

# source_fetch PACKAGE DIR [VERSION]: downloads the files of a source package and links them into DIR. The .dsc is left out:
# some mirrors lack it at times, and the signed index already lists the SHA-256 of each file. VERSION is one that is known to
# have no patches of Debian: for it a missing file with Debian's packaging is only noted.
source_fetch() {
	local version suite unpatched
	mkdir -p "$2" "$D2D_CACHE/src"
	while version=$(resolve_source "$1"); do
		unpatched=
		[ "$version" != "${3-}" ] || unpatched=y
		! source_files "$1=$version" "$2" "$unpatched" || return 0
		# Another archive, with the same version, may have the file.
		for suite in $(sources "$1" | awk -v version="$version" '$1 == version { print $2 }' | tail -n +2); do
			! source_files "$1/$suite" "$2" "$unpatched" || return 0
		done
		note "WARNING: not using $1 $version, but the next older version of this source package"
		printf '%s\n' "$1 $version" >>"${APT_CONFIG%/*}/lacking-sources"
	done
	exit 1
}

# source_files PACKAGE=VERSION|PACKAGE/SUITE DIR [UNPATCHED]: does it for one version of one archive. Returns 1 if the archive
# lacks a file; then DIR is empty. If UNPATCHED is not empty, the file with Debian's packaging may be missing.
source_files() {
	local uri file size sum dir
	dir=$(realpath "$2")
	# In the empty directory, because apt leaves out files that are in the current directory.
	find "$dir" -mindepth 1 -delete
	(cd "$dir" && apt-get --only-source --print-uris -qq source "$1") >"$dir.uris" || die "source package '$1' not found"
	while read -r uri file size sum; do
		uri=${uri#\'}
		uri=${uri%\'}
		case $file in *.dsc | *.asc) continue ;; esac
		if ! printf '%s  %s\n' "${sum#SHA256:}" "$D2D_CACHE/src/$file" | sha256sum -c --status 2>/dev/null; then
			step FETCH "$file"
			if ! progress FETCH "$size" B "stat -c %s '$D2D_CACHE/src/$file' 2>/dev/null" file_download "$uri" "$D2D_CACHE/src/$file" "$sum" "$dir.log"
			then
				grep -qE '  (404 |File not found|Failed to stat)' "$dir.log" ||
					die "can't fetch '$uri' of source package '$1': $(tail -n 2 "$dir.log" | tr '\n' ' ')"
				note "WARNING: the archive lacks '$uri', which its index lists"
				case ${3:+unpatched}:$file in
				unpatched:*.debian.tar.*)
					note "building without '$file': this version has no patches of Debian"
					continue
					;;
				esac
				find "$dir" -mindepth 1 -delete
				return 1
			fi
		fi
		ln -s "$D2D_CACHE/src/$file" "$dir/$file"
	done <"$dir.uris"
	rm -f "$dir.uris" "$dir.log"
}

# file_download URI FILE HASH LOG: downloads a file and compares its hash.
file_download() { /usr/lib/apt/apt-helper -qq download-file "$1" "$2" "$3" 2>"$4"; }

# source_unpack FILES DIR: unpacks the source package whose files are in FILES (source_fetch) into DIR, component tarballs
# (orig-NAME) into its subdirectory NAME/, and applies Debian's patches, if it has any. All files get the current time, so
# that make takes none of them for older than an object made from another version.
source_unpack() {
	local archive part strip package
	for archive in "$1"/*.orig*.tar.* "$1"/*.debian.tar.*; do
		[ -e "$archive" ] || continue
		case $archive in
		*.debian.tar.*) part=debian ;;
		*) part=${archive##*.orig} part=${part%%.tar.*} part=${part#-} ;;
		esac
		case $(tar -tf "$archive" 2>/dev/null | head -n 1) in
		./*) strip=2 ;;
		*) strip=1 ;;
		esac
		mkdir -p "$2/$part"
		tar -xmf "$archive" -C "$2/$part" --strip-components="$strip"
	done
	[ -e "$2/debian/patches/series" ] || return 0
	package=${archive##*/}
	sed -E '/^[[:space:]]*(#|$)/d' "$2/debian/patches/series" | while read -r archive part; do
		patch -d "$2" "${part:--p1}" -s -t -N -E -F0 -i "$(realpath "$2")/debian/patches/$archive" ||
			die "patch '$archive' of source package '${package%.debian.tar.*}' does not apply"
	done
}

# deb_fetch PACKAGE DIR: downloads a binary package, links it into DIR and prints its path.
deb_fetch() {
	local line file sum log=$2/fetch.log
	mkdir -p "$2"
	while :; do
		line=$(apt-get --print-uris -qq download "$1") || die "package '$1' not found"
		file=$(printf '%s\n' "$line" | awk '{ print $2 }')
		sum=$(printf '%s\n' "$line" | awk '{ print $4 }')
		! printf '%s  %s\n' "${sum#SHA256:}" "$D2D_CACHE/debs/$file" | sha256sum -c --status 2>/dev/null || break
		step FETCH "$file"
		printf '%s\n' "$line" >"$log.uris"
		! progress FETCH "$(uris_size "$log.uris")" B "fetched '$log.uris'" deb_download "$1" "$log" || break
		case $1 in
		*=*) ;;
		*) ! lacking "$log" || continue ;;
		esac
		die "can't fetch package '$1': $(tail -n 2 "$log" | tr '\n' ' ')"
	done
	rm -f "$log" "$log.uris"
	ln -sf "$D2D_CACHE/debs/$file" "$2/$file"
	printf '%s\n' "$2/$file"
}

# deb_download PACKAGE LOG: downloads a binary package into the cache, with apt's messages in LOG.
deb_download() { (cd "$D2D_CACHE/debs" && apt-get -qq download "$1") >"$2" 2>&1; }

# uris_size URIS: prints the size of all files of a list that "apt-get --print-uris" has made.
uris_size() { awk '{ n += $3 } END { printf "%d\n", n }' "$1"; }

# fetched URIS: prints how many bytes of the listed packages are in the cache already.
fetched() {
	awk '{ print $2; print "partial/" $2 }' "$1" | (cd "$D2D_CACHE/debs" && xargs -r stat -c %s 2>/dev/null) | awk '{ n += $1 } END { printf "%d\n", n }'
}

# closure PACKAGE...: prints a line `NAME VERSION FILE` for each of the packages and of all their dependencies, as if
# nothing were installed but what the dpkg status file $apt_status names. FILE is the path where closure_fetch puts the .deb.
apt_status=
closure() {
	local plan
	plan=$(apt-get -qq ${apt_status:+-o "Dir::State::Status=$apt_status"} --simulate install "$@") || die "apt can't resolve the dependencies of: $*"
	printf '%s\n' "$plan" |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\([^]]*\)\]).*/\1 \2 \3/p' | sort |
		while read -r name version arch; do
			printf '%s %s %s/debs/%s_%s_%s.deb\n' "$name" "$version" "$D2D_CACHE" \
				"$name" "$(printf '%s' "$version" | sed 's/:/%3a/')" "$arch"
		done
}

# closure_fetch PACKAGE...: downloads the packages and all their dependencies into the cache.
closure_fetch() {
	local log total
	log=$D2D_CACHE/debs/.log.$$
	(
		# Only one apt can use an archives directory at a time, so parallel recipes take turns.
		flock 8
		# What is in the cache already isn't listed.
		apt-get -qq --yes ${apt_status:+-o "Dir::State::Status=$apt_status"} --print-uris --download-only install "$@" >"$log.uris" 2>/dev/null || :
		total=$(uris_size "$log.uris")
		[ "$total" = 0 ] || step FETCH "$(grep -c . "$log.uris") packages, $((total / 1000000)) MB"
		until closure_watched "$total" "$log" "$@"; do
			lacking "$log" || die "can't fetch all of: $*: $(grep '^E: ' "$log" | tail -n 3 | tr '\n' ' ')"
		done
		rm "$log" "$log.uris"
	) 8>"$D2D_CACHE/debs/.lock"
	closure "$@" | while read -r name _ file; do
		[ -e "$file" ] || die "apt did not download package '$name'"
	done
}

# closure_watched TOTAL LOG PACKAGE...: closure_download, with its progress if TOTAL bytes are to be downloaded.
closure_watched() {
	local total=$1 log=$2
	shift
	if [ "$total" = 0 ]; then
		closure_download "$@"
	else
		progress FETCH "$total" B "fetched '$log.uris'" closure_download "$@"
	fi
}

# closure_download LOG PACKAGE...: downloads what the cache lacks, with apt's messages in LOG.
closure_download() {
	local log=$1
	shift
	apt-get -qq --yes ${apt_status:+-o "Dir::State::Status=$apt_status"} --download-only install "$@" >"$log" 2>&1
}
