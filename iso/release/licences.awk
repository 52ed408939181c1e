# Prints the licences of a package on one line, from its copyright file. SPDX-License-Identifier: GPL-2.0-only
# A machine-readable file (https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/) names a licence for each group
# of files; the output joins them by AND, as SPDX identifiers where these exist. Debian's packaging (debian/*) doesn't become
# part of a product and is left out. For any other file the output names the texts in /usr/share/common-licenses that it
# refers to.

function spdx(word,    key, version, later) {
	key = tolower(word)
	if (key ~ /^(a|l)?gpl-[0-9.]+(\+|-only|-or-later)?$/) {
		later = key ~ /(\+|-or-later)$/
		sub(/(\+|-only|-or-later)$/, "", key)
		version = key
		sub(/^[a-z]*-/, "", version)
		if (version !~ /\./)
			version = version ".0"
		sub(/-.*/, "", key)
		return toupper(key) "-" version (later ? "-or-later" : "-only")
	}
	if (key in identifier)
		return identifier[key]
	return word
}

# Returns a licence as an SPDX expression: "GPL-2+ or Expat" becomes "GPL-2.0-or-later OR MIT".
function expression(s,    n, words, i, result, word, comma) {
	gsub(/[ \t]+/, " ", s)
	n = split(s, words, " ")
	for (i = 1; i <= n; i++) {
		word = words[i]
		comma = sub(/,$/, "", word)
		if (word == "and/or" || word == "or")
			word = "OR"
		else if (word == "and")
			word = "AND"
		else if (word == "with")
			word = "WITH"
		else
			word = spdx(word)
		# A comma means AND ("A, B and C"), unless "and" or "or" follows ("A, and B").
		if (comma && words[i + 1] !~ /^(and|or|and\/or)$/)
			word = word " AND"
		result = result (i > 1 ? " " : "") word
	}
	return result
}

function paragraph_end(    n, files, i, own) {
	if (licence != "" && (header || of_files != "")) {
		n = split(of_files, files, /[ \t\n]+/)
		own = n > 0
		for (i = 1; i <= n; i++)
			if (files[i] != "" && files[i] !~ /^(\.\/)?debian\//)
				own = 0
		if (!own)
			found[expression(licence)] = 1
	}
	licence = of_files = field = ""
	header = 0
}

BEGIN {
	n = split("expat MIT mit MIT bsd-2-clause BSD-2-Clause bsd-3-clause BSD-3-Clause bsd-4-clause BSD-4-Clause apache-2 Apache-2.0 " \
		"apache-2.0 Apache-2.0 isc ISC zlib Zlib mpl-2.0 MPL-2.0 cc0 CC0-1.0 cc0-1.0 CC0-1.0 bsl-1.0 BSL-1.0 boost-1.0 BSL-1.0 " \
		"psf-2 PSF-2.0 unlicense Unlicense cc-by-sa-4.0 CC-BY-SA-4.0 cc-by-4.0 CC-BY-4.0 cc-by-3.0 CC-BY-3.0 0bsd 0BSD openssl OpenSSL", table, " ")
	for (i = 1; i < n; i += 2)
		identifier[table[i]] = table[i + 1]
}
FNR == 1 { header = 1 }
# Old drafts of the format have the name DEP5.
FNR <= 10 && tolower($0) ~ /^format(-specification)?:.*(copyright-format|dep-?5|dep\.debian)/ { readable = 1 }
{
	line = $0
	while (match(line, /\/usr\/share\/common-licenses\/[A-Za-z0-9.+-]+/)) {
		name = substr(line, RSTART + 27, RLENGTH - 27)
		sub(/\.+$/, "", name)
		if (name != "")
			common[name] = 1
		line = substr(line, RSTART + RLENGTH)
	}
}
/^[ \t]*$/ { paragraph_end(); next }
/^[ \t]/ { if (field == "files") of_files = of_files " " $0; next }
/^[A-Za-z-]+:/ {
	field = tolower($0)
	sub(/:.*/, "", field)
	value = $0
	sub(/^[^:]*:[ \t]*/, "", value)
	if (field == "license" || field == "licence")
		licence = value
	else if (field == "files")
		of_files = value
}
END {
	paragraph_end()
	if (readable)
		for (name in found)
			list[++n_list] = name
	named = n_list > 0
	if (!named)
		for (name in common)
			list[++n_list] = name
	# Sort the names, because "for (in)" has no defined order.
	for (i = 2; i <= n_list; i++)
		for (j = i; j > 1 && list[j] < list[j - 1]; j--) {
			name = list[j]
			list[j] = list[j - 1]
			list[j - 1] = name
		}
	for (i = 1; i <= n_list; i++)
		text = text (i == 1 ? "" : named ? " AND " : ", ") (n_list > 1 && list[i] ~ / (OR|AND) / ? "(" list[i] ")" : list[i])
	if (named)
		print text
	else
		print "see copyright" (text == "" ? "" : " (" text ")")
}
