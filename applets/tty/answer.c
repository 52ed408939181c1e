/*
 * d2dtty: finds a terminal's answer among typed bytes. Works on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTTY) += d2dtty_answer.o

#include "d2dtty.h"

enum {
	SIZE_MAX_CELLS = 999,	/* the cursor is sent to row and column 999 */
	ROWS_MIN = 4,		/* Shift and F3 send ESC [ 1 ; 2 R, and other keys with F3 similar sequences */
	COLUMNS_MIN = 16,
};

/* Reads a number of at most 4 digits that ends with END. Returns the bytes behind END, NULL if there is no such number, or BUF_END
 * if the bytes end before END. */
static const char *number(const char *p, const char *buf_end, char end, unsigned *value)
{
	int digits;

	*value = 0;
	for (digits = 0; p < buf_end && isdigit((unsigned char)*p) && digits < 4; p++, digits++)
		*value = *value * 10 + *p - '0';
	if (p == buf_end)
		return buf_end;
	return digits && *p == end ? p + 1 : NULL;
}

/* Whether P is the complete answer, or the beginning of one (0). Returns as d2dtty_answer(), and the end of the answer in *NEXT. */
static int parse(const char *p, const char *end, unsigned *rows, unsigned *columns, const char **next)
{
	if (++p == end)
		return 0;
	if (*p++ != '[')
		return -1;
	p = number(p, end, ';', rows);
	if (!p)
		return -1;
	if (p == end && p[-1] != ';')
		return 0;
	p = number(p, end, 'R', columns);
	if (!p)
		return -1;
	if (p[-1] != 'R')
		return 0;
	*next = p;
	return *rows >= ROWS_MIN && *rows <= SIZE_MAX_CELLS && *columns >= COLUMNS_MIN && *columns <= SIZE_MAX_CELLS ? 1 : -1;
}

int d2dtty_answer(char *buf, size_t *len, unsigned *rows, unsigned *columns)
{
	const char *p, *end = buf + *len, *next = NULL;
	int r = -1;

	for (p = buf; r < 0 && p < end; p++) {
		if (*p == '\033')
			r = parse(p, end, rows, columns, &next);
		if (r > 0) {
			*len -= next - p;
			memmove(buf + (p - buf), next, end - next);
		}
	}
	return r;
}
