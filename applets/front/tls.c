/*
 * d2d: Docker's port 2376 in the status of this system, as d2dtls and daemon-ended have noted it: a line, and a line "! TEXT" for
 * each problem.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_tls.o

#include "d2dfront.h"

int d2dfront_tls_rows(void)
{
	char *text = xmalloc_open_read_close(D2D_RUN"/tls/state", NULL), *rest = text, *line;
	int problems = 0;

	while (rest && (line = strsep(&rest, "\n")) != NULL) {
		if (!line[0])
			continue;
		printf("%-10s %s\n", line == text ? "tls" : "", printable_string(line));
		problems += line[0] == '!';
	}
	free(text);
	return problems;
}
