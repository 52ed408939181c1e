/*
 * Reads the d2d options: those of the kernel command line, from the file that the script rc writes, and those of the store's
 * d2d/config, from the file that d2dconfig writes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_option.o

#include "d2d_util.h"

void d2d_options_read(const char *root, const char *file, llist_t **lines)
{
	char *path = xasprintf("%s%s", root, file), *line;
	FILE *f = fopen_for_read(path);

	free(path);
	if (!f)
		return;
	while ((line = xmalloc_fgetline(f)) != NULL) {
		if (*line)
			llist_add_to_end(lines, line);
		else
			free(line);
	}
	fclose(f);
}

llist_t *d2d_options(const char *root)
{
	llist_t *lines = NULL;

	d2d_options_read(root, D2D_CONFIG, &lines);
	d2d_options_read(root, D2D_CMDLINE, &lines);
	return lines;
}

/* If an option is given more than once, the last one wins, as for the kernel's own parameters. */
char *d2d_option_at(const char *root, const char *name)
{
	llist_t *lines = d2d_options(root), *l;
	size_t len = strlen(name);
	char *value = NULL;

	for (l = lines; l; l = l->link) {
		if (strncmp(l->data, name, len) == 0 && l->data[len] == '=') {
			free(value);
			value = xstrdup(l->data + len + 1);
		}
	}
	llist_free(lines, free);
	return value;
}

char *d2d_option(const char *name)
{
	return d2d_option_at("", name);
}
