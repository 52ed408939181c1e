# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# Unpacks packages without running their scripts. To be sourced by a recipe that sets $tree (where they are unpacked), $suite, and
# $out (its directory for lists) with the list $out/closure, as the function "closure" in iso/lib/apt.sh prints it.
: "${tree=}" "${out=}" "${suite=}"

# merged_usr DIR: makes the links that all packages expect.
merged_usr() {
	local dir
	for dir in bin sbin lib lib64; do
		mkdir -p "$1/usr/$dir"
		ln -s "usr/$dir" "$1/$dir"
	done
}

# unpack: unpacks all packages into $tree, and writes the files of each into $out/lists/PACKAGE. If the recipe defines the function
# "each_package", it is called with the name of each package and its archive of files.
unpack() {
	local package file
	merged_usr "$tree"
	mkdir -p "$out/lists"
	step UNPACK "$(grep -c . "$out/closure") packages of $suite"
	while read -r package _ file; do
		dpkg-deb --fsys-tarfile "$file" >"$out/package.tar"
		tar -xpf "$out/package.tar" -C "$tree" --keep-directory-symlink
		tar -tf "$out/package.tar" | sed 's|^\./||; /\/$/d; s,^\(bin\|sbin\|lib\|lib64\)/,usr/&,' | sort >"$out/lists/$package"
		! command -v each_package >/dev/null || each_package "$package" "$out/package.tar" "$file"
	done <"$out/closure"
	rm "$out/package.tar"
}
