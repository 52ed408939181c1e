# Writes the manual page of an applet in roff (man(7)). SPDX-License-Identifier: GPL-2.0-only
# Input files, in this order: the sections of all applets ("NAME SECTION"), then head comment, trivial usage, full usage, notes
# and example of the page's applet. Variables: name, section, date, version.
# A usage text consists of paragraphs and of items "<tab>TERM<tab>TEXT"; lines with two tabs or more continue an item.

# Escapes text for roff, so that characters such as the minus sign can be copied from the page unchanged. Works character by
# character, because awk programs differ in how gsub() treats backslashes in the replacement.
function escape(s,    i, c, last, result) {
	last = "\n"
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		result = result (c == "." && last == "\n" ? "\\&." : c in special ? special[c] : c)
		last = c
	}
	return result
}

# Escapes text and sets options in bold and placeholders (words in capitals) in italics. With WORDS (in the synopsis) words in
# lower case are bold, too.
function styled(s, words,    result, token) {
	result = ""
	while (match(s, /-?-?[A-Za-z][-A-Za-z0-9_]*/)) {
		result = result escape(substr(s, 1, RSTART - 1))
		token = substr(s, RSTART, RLENGTH)
		s = substr(s, RSTART + RLENGTH)
		if (token ~ /^-/ || (words && token ~ /^[a-z]/))
			result = result "\\fB" escape(token) "\\fR"
		else if (token ~ /^[A-Z][A-Z0-9_]*$/)
			result = result "\\fI" escape(token) "\\fR"
		else
			result = result escape(token)
	}
	return result escape(s)
}

# Returns the short description for the line NAME and apropos(1): the beginning of S up to the first full stop, colon or
# semicolon, or if that is longer than 90 characters, up to the first comma.
function summary(s,    i, c, quoted, depth, comma) {
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "'" && (quoted || substr(s, i - 1, 1) ~ /[ (]/))
			quoted = !quoted
		else if (c == "(")
			depth++
		else if (c == ")")
			depth--
		if (quoted || depth > 0 || substr(s, i + 1, 1) !~ /^[ ]?$/)
			continue
		if (c ~ /[.:;]/)
			break
		if (c == "," && !comma)
			comma = i
	}
	s = substr(s, 1, i - 1)
	if (length(s) > 90 && comma && comma < i)
		s = substr(s, 1, comma - 1)
	return tolower(substr(s, 1, 1)) substr(s, 2)
}

function heading(title) {
	print ".SH " title
	fresh = 1
}

function paragraph(text) {
	if (text == "")
		return
	if (text ~ /^Exit (code|status)/ && part != "EXIT STATUS")
		heading(part = "EXIT STATUS")
	else if (!fresh)
		print ".PP"
	fresh = 0
	sub(/^Exit (code|status): /, "", text)
	# In a usage text the last sentence of a paragraph has no full stop.
	print escape(text) (text ~ /[A-Za-z0-9)']$/ ? "." : "")
}

function item_end() {
	if (term == "")
		return
	if (item == "") {
		# A line with one tab and no text behind a second one is not an item, but for example a command.
		print ".PP\n.RS\n.nf\n" escape(term) "\n.fi\n.RE"
	} else {
		if (part != "OPTIONS" && part != "COMMANDS" && part != "EXIT STATUS")
			heading(part = has_options ? "OPTIONS" : "COMMANDS")
		sub(/,--/, ", --", term)
		print ".TP\n" styled(term, !has_options) "\n" escape(item)
	}
	fresh = 0
	term = item = ""
}

# Adds the files docs/NAME.md that the text S mentions to the list for SEE ALSO.
function docs(s) {
	while (match(s, /docs\/[a-z0-9-]+\.md/)) {
		mentioned[substr(s, RSTART, RLENGTH)] = 1
		s = substr(s, RSTART + RLENGTH)
	}
}

BEGIN {
	special["\\"] = "\\e"
	special["-"] = "\\-"
	special["'"] = "\\(aq"
	special["`"] = "\\(ga"
	special["^"] = "\\(ha"
	special["~"] = "\\(ti"
}
FNR == 1 { file++ }
{ while (FILENAME != ARGV[file]) file++ }
file == 1 { pages[++npages] = $1; section_of[$1] = $2; next }
{ docs($0) }
file == 2 { head = $0; next }
# A line of the trivial usage that begins with "|" continues the previous line; any other line is a further synopsis.
file == 3 && nusage && /^[ \t]*\|/ { sub(/^[ \t]+/, ""); usage[nusage] = usage[nusage] " " $0; next }
file == 3 { usage[++nusage] = $0; next }
file == 4 { full[++nfull] = $0; if ($0 ~ /^\t-/) has_options = 1; next }
file == 5 { notes[++nnotes] = $0; next }
file == 6 { example[++nexample] = $0; next }

END {
	for (i = 1; i <= nfull && full[i] == ""; i++)
		;
	first = i
	for (description = ""; i <= nfull && full[i] != "" && full[i] !~ /^\t/; i++)
		description = description (description == "" ? "" : " ") full[i]

	print ".\\\" Made by iso/man/build from the usage text and the head comment of the applet."
	print ".TH " toupper(name) " " section " \"" date "\" \"debian2docker " version "\" \"debian2docker\""
	heading("NAME")
	short = summary(description)
	print escape(name) " \\- " escape(short)
	heading("SYNOPSIS")
	for (i = 1; i <= nusage; i++) {
		sub(/^[ \t]+/, "", usage[i])
		sub(/ *\|$/, "", usage[i])
		if (i > 1)
			print ".br"
		if (usage[i] == name || index(usage[i], name " ") == 1)
			usage[i] = substr(usage[i], length(name) + 2)
		print "\\fB" escape(name) "\\fR " styled(usage[i], 1)
	}
	heading(part = "DESCRIPTION")
	if (head != "") {
		# "NAME: does this" becomes the sentence "NAME does this".
		if (index(head, name ": ") == 1 && head ~ /^[^ ]+: [a-z]+s /)
			paragraph(name substr(head, length(name) + 2))
		else {
			sub("^" name ": ", "", head)
			paragraph(toupper(substr(head, 1, 1)) substr(head, 2))
		}
	}
	# Leave out a description that only repeats the line NAME if there is a head comment.
	if (head != "" && length(description) == length(short))
		while (first <= nfull && full[first] != "" && full[first] !~ /^\t/)
			first++
	text = ""
	for (i = first; i <= nfull; i++) {
		line = full[i]
		if (line ~ /^\t\t/ && term != "") {
			sub(/^\t+/, "", line)
			item = item (item == "" ? "" : "\n") line
		} else if (line ~ /^\t/) {
			paragraph(text)
			text = ""
			item_end()
			sub(/^\t/, "", line)
			term = item = line
			sub(/\t.*/, "", term)
			if (index(item, "\t"))
				sub(/^[^\t]*\t+/, "", item)
			else
				item = ""
		} else {
			item_end()
			if (line == "" || (line ~ /^Exit (code|status)/)) {
				paragraph(text)
				text = line
			} else if (text ~ /[.]$/ && line ~ /^(-[A-Za-z]|[A-Z]+|[a-z]+)( [A-Z]+)?: /) {
				# "DISK: what happens to it"
				paragraph(text)
				text = line
			} else
				text = text (text == "" ? "" : "\n") line
		}
	}
	item_end()
	paragraph(text)
	if (nnotes) {
		heading("NOTES")
		for (i = 1; i <= nnotes; i++)
			print escape(notes[i])
	}
	if (nexample) {
		heading("EXAMPLES")
		print ".nf"
		for (i = 1; i <= nexample; i++)
			print escape(example[i])
		print ".fi"
	}
	heading("SEE ALSO")
	found = 0
	for (i = 1; i <= npages; i++)
		if (pages[i] != name)
			list[++found] = "\\fB" escape(pages[i]) "\\fR(" section_of[pages[i]] ")"
	for (i = 1; i <= found; i++)
		print list[i] (i < found ? "," : "")
	count = 0
	for (doc in mentioned)
		count++
	if (count) {
		print ".PP"
		# Sort the names, because the order of "for (in)" differs between awk programs.
		for (last = ""; count > 0; count--) {
			next_doc = ""
			for (doc in mentioned)
				if (doc > last && (next_doc == "" || doc < next_doc))
					next_doc = doc
			print "\\fI" escape(next_doc) "\\fR" (count > 1 ? "," : " in the source tree")
			last = next_doc
		}
	}
}
