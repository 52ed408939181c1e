/*
 * Reads lines NAME=VALUE and export NAME=VALUE of a shell script, whose values are words or quoted texts, without executing
 * anything. What is anything else is reported and left out.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_assignment.o

#include "d2d_engine.h"

enum { SHOWN = 60 };	/* bytes of a line that are shown */

struct parser {
	const char *p, *end;
	unsigned line;		/* at P, from 1 */
	const struct d2d_assignments *to;
};

#define NOT_EXECUTED "and nothing of it is executed"
#define NOT_CLOSED "a quote isn't closed: the rest is ignored"
#define EXECUTES "nothing of it is executed, so '$', '`' and '\\' have no meaning"

static bool is_plain(char c)
{
	return isalnum(c) || (c && strchr("_./:@%+=,-", c));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct parser *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

/* Moves behind the end of the line. */
static void skip_line(struct parser *s)
{
	while (s->p < s->end && *s->p != '\n')
		s->p++;
	if (s->p < s->end)
		s->p++;
	s->line++;
}

/* Copies a quoted text, whose first quote is at P, to OUT, and moves behind its last quote. Returns the end of the copy, or
 * NULL if the last quote is missing. Sets *WHY if a shell would not take it as it is. */
static char *take_quoted(struct parser *s, char *out, const char **why)
{
	char quote = *s->p++;

	for (; s->p < s->end && *s->p != quote; s->p++) {
		if (quote == '"' && strchr("$`\\", *s->p)) {
			*why = EXECUTES;
			/* A quote behind a backslash isn't the last one. */
			if (*s->p == '\\' && s->end - s->p > 1)
				s->p++;
		}
		if (*s->p == '\n')
			s->line++;
		*out++ = *s->p;
	}
	if (s->p == s->end)
		return NULL;
	s->p++;
	return out;
}

/* Copies the word at P, of plain and quoted pieces, to WORD, and moves behind it. Returns NULL, or why it doesn't count;
 * *OPEN is set if a quote isn't closed. A bad word is read to its end, so that text in quotes isn't taken for lines. */
static const char *take_word(struct parser *s, char *word, bool *open)
{
	const char *why = NULL;
	char *out = word;

	while (s->p < s->end && *s->p != '\n' && !is_blank(*s->p)) {
		if (*s->p == '\'' || *s->p == '"') {
			out = take_quoted(s, out, &why);
			if (!out) {
				*open = true;
				return NOT_CLOSED;
			}
			continue;
		}
		if (!is_plain(*s->p) && !why)
			why = strchr("$`\\", *s->p) ? EXECUTES : "it has a character that isn't in quotes";
		*out++ = *s->p++;
	}
	*out = '\0';
	return why;
}

/* Moves to the end of a line that doesn't count, over quoted texts, which may have several lines. WORD is a buffer. Returns
 * false if a quote isn't closed. */
static bool skip_command(struct parser *s, char *word)
{
	const char *unused;

	while (s->p < s->end && *s->p != '\n') {
		if (*s->p == '\'' || *s->p == '"') {
			if (!take_quoted(s, word, &unused))
				return false;
			continue;
		}
		if (*s->p == '#' && is_blank(s->p[-1]))
			break;
		if (*s->p == '\\' && s->end - s->p > 1 && s->p[1] != '\n')
			s->p++;
		s->p++;
	}
	return true;
}

/* Takes NAME=VALUE. Returns NULL, or why it doesn't count. */
static const char *assign(const struct parser *s, char *word, unsigned line, bool exported)
{
	char *value = strchr(word, '='), *p;

	if (!value)
		return exported ? "it isn't NAME=VALUE" : "it isn't an assignment, "NOT_EXECUTED;
	*value++ = '\0';
	for (p = word; isalnum(*p) || *p == '_'; p++)
		continue;
	if (*p || p == word || isdigit(*word))
		return "it isn't an assignment, "NOT_EXECUTED;
	if (!d2d_is_utf8(value))
		return "its value isn't UTF-8";
	for (p = value; *p; p++)
		if (((unsigned char)*p < ' ' && !isspace(*p)) || *p == 0x7f)
			return "its value has control characters";
	return s->to->assign(s->to->arg, line, word, value, exported);
}

/* Reads a line, or more lines if a quoted text has them. Returns false if a quote isn't closed. */
static bool read_line(struct parser *s, char *word)
{
	const char *start, *why;
	unsigned line = s->line;
	bool exported = false, open = false;

	skip_blanks(s);
	start = s->p;
	if (s->p == s->end || *s->p == '\n' || *s->p == '#') {
		skip_line(s);
		return true;
	}
	if (s->end - s->p > 7 && strncmp(s->p, "export", 6) == 0 && is_blank(s->p[6])) {
		exported = true;
		s->p += 6;
		skip_blanks(s);
	}
	/* "NAME=VALUE" in quotes is a command, except behind export. */
	why = exported || isalpha(*s->p) || *s->p == '_' ? take_word(s, word, &open) : "it isn't an assignment, "NOT_EXECUTED;
	if (!why) {
		skip_blanks(s);
		if (s->p < s->end && *s->p != '\n' && *s->p != '#')
			why = "it is more than one assignment, "NOT_EXECUTED;
	}
	why = why ? : assign(s, word, line, exported);
	if (why) {
		const char *eol = memchr(start, '\n', s->end - start);
		char *shown = d2d_printable(start, MIN((eol ? : s->end) - start, SHOWN));

		if (!open && !skip_command(s, word)) {
			open = true;
			why = NOT_CLOSED;
		}
		s->to->ignored(s->to->arg, line, shown, why);
		free(shown);
	}
	skip_line(s);
	return !open;
}

int d2d_assignments_read(const char *text, size_t len, const struct d2d_assignments *to)
{
	struct parser s = { text, text + len, 1, to };
	char *word;

	if (memchr(text, '\0', len))
		return -EBADMSG;
	word = xmalloc(len + 1);
	while (s.p < s.end && read_line(&s, word))
		continue;
	free(word);
	return 0;
}
