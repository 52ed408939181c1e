/*
 * d2d: whether somebody can log in by SSH, from the notes of d2dssh in D2D_RUN/ssh.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_ssh.o

#include "d2dfront.h"

#define DIR D2D_RUN"/ssh/"

/* Returns the first line of a file in DIR, in printable ASCII, or NULL. The caller frees it. */
static char *first_line(const char *path)
{
	char *text = xmalloc_open_read_close(path, NULL), *line = NULL;

	if (text)
		line = d2d_printable(text, strcspn(text, "\n"));
	free(text);
	return line;
}

void d2dfront_ssh_row(void)
{
	char *state = first_line(DIR"state"), *key = first_line(DIR"fingerprints");

	if (!state)
		return;
	if (strcmp(state, "listens") == 0)
		printf("%-10s user docker, by key; host key %s\n", "ssh", key ? : "?");
	else if (strcmp(state, "waits") == 0)
		printf("%-10s starts as soon as there is a key: see 'd2d ssh --help'\n", "ssh");
	else
		printf("%-10s %s\n", "ssh", state);
	free(key);
	free(state);
}
