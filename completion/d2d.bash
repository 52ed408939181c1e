# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Completion of d2d and d2d-host for bash: verbs, subcommands, options and file names. Words are taken from the help of the command
# itself, so that this file needs no change when a verb is added. In ~/.bashrc: . completion/d2d.bash

# _d2d_words COMMAND: prints all verbs. _d2d_words COMMAND VERB: prints the subcommands and options in the verb's usage text.
_d2d_words() {
	if [ $# = 1 ]; then
		"$1" help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\)  *[^ ].*/\1/p'
		printf '%s\n' help --help --version
		return
	fi
	"$1" help "$2" 2>/dev/null | awk '
		/^$/ && !usage_over {
			# "Usage: d2dNAME [-R ROOT] [list | add [IMAGE]...]": a subcommand is the first word of an alternative
			usage_over = 1
			sub(/^Usage: [^ ]*/, "", usage)
			while (gsub(/\[-[^][]*\]/, "", usage))
				;
			n = split(usage, alternative, "|")
			for (i = 1; i <= n; i++) {
				split(alternative[i], word, /[][ \t]+/)
				first = word[1] == "" ? word[2] : word[1]
				if (first ~ /^[a-z][a-z-]+$/)
					print first
			}
		}
		!usage_over { usage = usage " " $0; sub(/^ /, "", usage) }
		usage_over && /^\t-/ {
			n = split($1, option, ",")
			for (i = 1; i <= n; i++)
				print option[i]
		}
		END { print "--help" }'
}

_d2d() {
	local words verb=${COMP_WORDS[1]}
	if [ "$COMP_CWORD" = 1 ] || { [ "$COMP_CWORD" = 2 ] && [ "$verb" = help ]; }; then
		words=$(_d2d_words "$1")
	else
		words=$(_d2d_words "$1" "$verb")
	fi
	case $2 in
	-*) ;;
	*) words=$(printf '%s\n' "$words" | grep -v '^-') ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$2")
}

# Where no word fits, bash completes file names.
complete -o default -F _d2d d2d d2d-host
