/*
 * d2dmeta: messages about what is wrong in metadata, and what has no meaning here.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_notes.o

#include "d2dmeta_text.h"

/* Adds a message that begins with the name of the file, once. */
static void add(const struct d2dmeta_notes *n, llist_t **list, unsigned *count, const char *format, va_list args)
{
	char *text, *whole, *shown;

	if (*count == D2DMETA_NOTES_MAX)
		return;
	text = *count == D2DMETA_NOTES_MAX - 1 ? xstrdup("and more") : d2d_vformat(format, args);
	whole = xasprintf("%s: %.300s", n->file, text);
	shown = d2d_printable(whole, strlen(whole));
	if (llist_find_str(*list, shown)) {
		free(shown);
	} else {
		llist_add_to_end(list, shown);
		++*count;
	}
	free(whole);
	free(text);
}

void d2dmeta_ignored(struct d2dmeta_notes *n, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(n, &n->ignored, &n->n_ignored, format, args);
	va_end(args);
}

void d2dmeta_wrong(struct d2dmeta_notes *n, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(n, &n->wrong, &n->n_wrong, format, args);
	va_end(args);
}

void d2dmeta_notes_free(struct d2dmeta_notes *n)
{
	llist_free(n->ignored, free);
	llist_free(n->wrong, free);
	memset(n, 0, sizeof(*n));
}

void d2dmeta_unknown(struct d2dmeta_notes *n, struct json_object *o, const char *known, const char *where)
{
	struct json_object_iter i;

	if (!json_object_is_type(o, json_type_object))
		return;
	json_object_object_foreachC(o, i)
		if (index_in_strings(known, i.key) < 0)
			d2dmeta_ignored(n, "%s%s", where, i.key);
}
