/*
 * d2d: the images that were started by themselves, from what d2dautostart has noted in D2D_RUN/autostart.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_autostart.o

#include "d2dfront.h"

#define DIR D2D_RUN"/autostart"

enum { STATE_MAX = 4096 };

/* Whether a state is one of those that need no attention. */
static bool is_well(const char *state)
{
	static const char well[] ALIGN1 = "running\0" "healthy\0" "starting\0" "starts\0" "stopped\0";
	char *word = xstrndup(state, strcspn(state, ", "));
	bool is = index_in_strings(well, word) >= 0;

	free(word);
	return is;
}

int d2dfront_autostart_rows(void)
{
	char **names;
	int i, n = d2d_dir_list(DIR, INT_MAX - 1, &names), problems = 0;

	for (i = 0; i < n; i++) {
		char *path = xasprintf(DIR"/%s/state", names[i]), *text, *name = d2d_printable(names[i], strlen(names[i])), *state;
		size_t len;

		if (d2d_file_read(path, STATE_MAX, &text, &len) < 0)
			text = xstrdup("starts");
		state = d2d_printable(text, strcspn(text, "\n"));
		printf("%-10s %s%s: %s\n", i ? "" : "autostart", is_well(state) ? "" : "! ", name, state);
		problems += !is_well(state);
		free(state);
		free(name);
		free(text);
		free(path);
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return problems;
}
