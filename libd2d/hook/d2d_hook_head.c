/*
 * Parses the head of a hook: its lines "# d2d: key=value ...".
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_head.o

#include "d2d_hook.h"

#define MARK "# d2d:"
#define TIMEOUT_MAX 3600
#define NAMES_MAX 64

static int add_names(llist_t **names, char *value)
{
	unsigned n = 0;
	char *name;

	while ((name = strsep(&value, ",")) != NULL) {
		if (!d2d_hook_name_ok(name) || ++n > NAMES_MAX)
			return -EINVAL;
		llist_add_to_end(names, xstrdup(name));
	}
	return 0;
}

static int set_value(struct d2d_hook_head *head, int key, char *value)
{
	unsigned seconds;

	switch (key) {
	case 0:
		seconds = bb_strtou(value, NULL, 10);
		if (errno || seconds > TIMEOUT_MAX)
			return -EINVAL;
		head->timeout = seconds;
		return 0;
	case 1:
		head->critical = strcmp(value, "yes") == 0;
		return head->critical || strcmp(value, "no") == 0 ? 0 : -EINVAL;
	case 2:
		return add_names(&head->needs, value);
	case 3:
		return add_names(&head->after, value);
	default:
		if (value[0] != '/')
			return -EINVAL;
		head->exists = xstrdup(value);
		return 0;
	}
}

/* Parses one "key=value". Returns NULL, or what is wrong with it; the caller frees that. */
static char *parse_word(struct d2d_hook_head *head, char *word)
{
	char *value = strchrnul(word, '=');
	char *whole = d2d_printable(word, strlen(word));
	char *why = NULL;
	int key;

	if (*value)
		*value++ = '\0';
	key = index_in_strings("timeout\0critical\0needs\0after\0exists\0", word);
	if (key < 0)
		why = xasprintf("unknown '%s' in its head", whole);
	else if (head->seen & (1 << key))
		why = xasprintf("a second '%s' in its head", whole);
	else if (set_value(head, key, value) < 0)
		why = xasprintf("malformed '%s' in its head", whole);
	else
		head->seen |= 1 << key;
	free(whole);
	return why;
}

/* Parsing goes on after an error, so that "critical" is known whatever else is wrong. */
static void parse_line(struct d2d_hook_head *head, char *line)
{
	char *word, *wrong;

	while ((word = strsep(&line, " \t")) != NULL) {
		if (!*word)
			continue;
		wrong = parse_word(head, word);
		if (wrong)
			llist_add_to_end(&head->wrong, wrong);
	}
}

int d2d_hook_head_parse(struct d2d_hook_head *head, const char *text, size_t len, char **why)
{
	const char *p, *eol, *end = text + MIN(len, D2D_HOOK_HEAD);

	memset(head, 0, sizeof(*head));
	head->timeout = D2D_HOOK_LIMIT;

	for (p = text; p < end; p = eol + 1) {
		char *line;

		eol = memchr(p, '\n', end - p);
		if (!eol) {
			if (len >= D2D_HOOK_HEAD && end - p >= 6 && memcmp(p, MARK, 6) == 0)
				llist_add_to_end(&head->wrong, xasprintf("its head does not end within %u bytes", D2D_HOOK_HEAD));
			eol = end;
		}
		if (eol - p < 6 || memcmp(p, MARK, 6) != 0)
			continue;
		line = xstrndup(p + 6, eol - p - 6);
		if (strlen(line) != (size_t)(eol - p - 6))
			llist_add_to_end(&head->wrong, xstrdup("a null byte in its head"));
		parse_line(head, line);
		free(line);
	}
	*why = head->wrong ? xstrdup(head->wrong->data) : NULL;
	return *why ? -EINVAL : 0;
}

void d2d_hook_head_free(struct d2d_hook_head *head)
{
	llist_free(head->needs, free);
	llist_free(head->after, free);
	llist_free(head->wrong, free);
	head->needs = head->after = head->wrong = NULL;
	free(head->exists);
	head->exists = NULL;
}
