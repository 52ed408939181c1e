/*
 * d2dssh: the paths of its files, and what the server does, which 'd2d' shows.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_state.o

#include "d2dssh.h"

char *d2dssh_path(const struct d2dssh *d, const char *path)
{
	return xasprintf("%s%s", d->root, path);
}

char *d2dssh_state(const struct d2dssh *d)
{
	char *path = d2dssh_path(d, D2DSSH_STATE), *state = xmalloc_open_read_close(path, NULL);

	if (state)
		*strchrnul(state, '\n') = '\0';
	free(path);
	return state;
}

void d2dssh_set_state(const struct d2dssh *d, const char *state)
{
	char *path = d2dssh_path(d, D2DSSH_STATE), *line = xasprintf("%s\n", state);

	d2d_file_write(path, line);
	free(line);
	free(path);
}

bool d2dssh_listens(const struct d2dssh *d)
{
	char *state = d2dssh_state(d);
	bool listens = state && strcmp(state, D2DSSH_LISTENS) == 0;

	free(state);
	return listens;
}
