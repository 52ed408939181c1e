/*
 * The lines of files that people write with an editor: d2d/network, d2d/swarm.conf.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_config_lines.o

#include "d2d_config.h"

char *d2d_config_line(char **rest, unsigned *number)
{
	static const char mark[] ALIGN1 = "\xef\xbb\xbf";	/* Windows' editors put it at the start of a text in UTF-8 */
	char *line, *p;

	if (*rest && !*number && is_prefixed_with(*rest, mark))
		*rest += sizeof(mark) - 1;
	while ((line = strsep(rest, "\n")) != NULL) {
		++*number;
		for (p = line; *p; p++)
			if (*p == '\t' || *p == '\r')
				*p = ' ';
		trim(line);
		if (line[0] && line[0] != '#' && line[0] != ';')
			break;
	}
	return line;
}
