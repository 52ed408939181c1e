/*
 * d2dtty size: asks the terminal for its size, which the kernel can't know on a serial line, as xterm's 'resize' does. Unlike that
 * and busybox's, it doesn't wait long for a terminal that isn't there, and gives back what somebody types meanwhile.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTTY) += d2dtty_size.o

#include "d2dtty.h"

enum {
	PATIENCE_MS = 1000,	/* for the answer; 25 bytes take 0.2 s at 1200 Bd */
	REST_MS = 500,		/* for the rest of an answer that has begun */
};

/* Save the cursor, lift the limits of scrolling, go to the last row and column, ask where the cursor is, and restore it. */
static const char question[] ALIGN1 = "\0337\033[r\033[999;999H\033[6n\0338";

/* Reads until there is an answer or the time is over. What was typed is left in BUF. Returns whether there is an answer. */
static bool read_answer(char *buf, size_t size, size_t *len, unsigned *rows, unsigned *columns)
{
	struct pollfd pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned long long end = d2d_now() + PATIENCE_MS;
	bool rest = false;

	while (*len < size) {
		long long left = end - d2d_now();
		ssize_t n;
		int r;

		if (left < 0 || safe_poll(&pfd, 1, left) <= 0)
			return false;
		n = safe_read(STDIN_FILENO, buf + *len, size - *len);
		if (n <= 0)
			return false;
		*len += n;
		r = d2dtty_answer(buf, len, rows, columns);
		if (r > 0)
			return true;
		if (r == 0 && !rest) {
			rest = true;
			end = MAX(end, d2d_now() + REST_MS);
		}
	}
	return false;
}

int d2dtty_size(void)
{
	struct termios old, raw;
	struct winsize size = { 0 };
	char typed[1024];
	unsigned rows, columns;
	size_t i, len = 0;
	bool answered;

	if (tcgetattr(STDIN_FILENO, &old) < 0)
		bb_simple_error_msg_and_die("standard input is not a terminal");
	raw = old;
	raw.c_lflag &= ~(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
	raw.c_iflag &= ~(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	/* Not TCSAFLUSH, which discards what was typed. */
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	full_write(STDIN_FILENO, question, sizeof(question) - 1);
	answered = read_answer(typed, sizeof(typed), &len, &rows, &columns);
	tcsetattr(STDIN_FILENO, TCSANOW, &old);
	/* Only root may put bytes into the input of a terminal. */
	for (i = 0; i < len; i++)
		if (ioctl(STDIN_FILENO, TIOCSTI, &typed[i]) < 0)
			break;
	if (!answered)
		bb_simple_error_msg_and_die("the terminal doesn't answer");
	size.ws_row = rows;
	size.ws_col = columns;
	if (ioctl(STDIN_FILENO, TIOCSWINSZ, &size) < 0)
		bb_simple_perror_msg_and_die("can't set the size");
	printf("%ux%u\n", columns, rows);
	return EXIT_SUCCESS;
}
