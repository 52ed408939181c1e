/*
 * Options of the kernel command line, as rc left them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_option.o

#include "libd2d.h"

char *d2d_option(const char *name)
{
	char *line, *value = NULL;
	size_t len = strlen(name);
	FILE *f = fopen_for_read(D2D_CMDLINE);

	if (!f)
		return NULL;

	/* The last one wins, as with the kernel's own parameters. */
	while ((line = xmalloc_fgetline(f)) != NULL) {
		if (strncmp(line, name, len) == 0 && line[len] == '=') {
			free(value);
			value = xstrdup(line + len + 1);
		}
		free(line);
	}
	fclose(f);
	return value;
}
