/*
 * Splits untrusted text into words, with the quotes and backslashes of a shell but without any expansion; and quotes a word so
 * that a shell reads it unchanged.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_words.o

#include "d2d_util.h"

void d2d_words_free(char **words)
{
	char **w;

	for (w = words; w && *w; w++)
		free(*w);
	free(words);
}

/* Copies the word at *P to OUT without its quotes and moves *P behind it. Returns NULL, or the reason of an error. */
static const char *take_word(const char **p, char *out)
{
	const char *s = *p;
	char quote = '\0';

	for (; *s && (quote || !isspace(*s)); s++) {
		if (*s == quote) {
			quote = '\0';
		} else if (!quote && (*s == '\'' || *s == '"')) {
			quote = *s;
		} else if (*s == '\\' && quote != '\'') {
			/* Within double quotes, a backslash quotes only '"' and another backslash. */
			if (quote && s[1] != '"' && s[1] != '\\')
				*out++ = *s;
			else if (!*++s)
				return "it ends in a backslash";
			else
				*out++ = *s;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
	*p = s;
	return quote ? "a quote isn't closed" : NULL;
}

int d2d_words(const char *text, char ***words, const char **why)
{
	char *buf;
	unsigned n = 0;

	*words = xzalloc(sizeof(char *));
	*why = NULL;
	if (strlen(text) > D2D_WORDS_TEXT) {
		*why = "too long";
		return -EINVAL;
	}
	buf = xmalloc(strlen(text) + 1);
	for (text = skip_whitespace(text); *text && !*why; text = skip_whitespace(text)) {
		*why = n == D2D_WORDS_MAX ? "too many words" : take_word(&text, buf);
		if (*why)
			break;
		*words = xrealloc(*words, (n + 2) * sizeof(char *));
		(*words)[n++] = xstrdup(buf);
		(*words)[n] = NULL;
	}
	free(buf);
	return *why ? -EINVAL : (int)n;
}

/* Returns WORD as $'...' with octal escapes for all that isn't printable ASCII, so that no control character reaches a
 * terminal. The caller frees it. */
static char *escaped(const char *word)
{
	char *out = xmalloc(strlen(word) * 4 + sizeof("$''")), *p = stpcpy(out, "$'");

	for (; *word; word++) {
		if (*word < ' ' || *word > '~')
			p += sprintf(p, "\\%03o", (unsigned char)*word);
		else if (*word == '\'' || *word == '\\')
			p += sprintf(p, "\\%c", *word);
		else
			*p++ = *word;
	}
	strcpy(p, "'");
	return out;
}

char *d2d_quoted(const char *word)
{
	static const char plain[] ALIGN1 =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
	const char *s;
	char *out, *p;

	if (*word && word[strspn(word, plain)] == '\0')
		return xstrdup(word);
	for (s = word; *s; s++)
		if (*s < ' ' || *s > '~')
			return escaped(word);

	p = out = xmalloc(strlen(word) * 4 + sizeof("''"));
	*p++ = '\'';
	for (; *word; word++) {
		if (*word == '\'')
			p = stpcpy(p, "'\\''");
		else
			*p++ = *word;
	}
	strcpy(p, "'");
	return out;
}
