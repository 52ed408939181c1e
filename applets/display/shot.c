/*
 * d2ddisplay shot: writes what a display shows as a PNG file. xwd in the container of the X server makes the picture, so the image of
 * the application needs nothing.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_shot.o

#include "d2ddisplay.h"

enum {
	SIDE_MAX = 16384,	/* pixels */
	HEAD_MAX = 4096,	/* bytes of the header with the name of the window */
};

/* The header of xwd's format, version 7: numbers of 32 bits, the most significant byte first. Names as in X11/XWDFile.h. */
enum {
	HEADER_SIZE, VERSION, FORMAT, DEPTH, WIDTH, HEIGHT, XOFFSET, BIG_END, BITMAP_UNIT, BIT_ORDER, PAD, BITS, LINE, CLASS,
	RED, GREEN, BLUE, BITS_PER_RGB, ENTRIES, COLOURS, N_NUMBERS = 25,
	Z_PIXMAP = 2, TRUE_COLOR = 4,
};

struct picture {
	uint32_t head[N_NUMBERS];
	int in;
	uint8_t *line;
};

/* Reads LEN bytes and forgets them. */
static int skip(int fd, size_t len)
{
	char buf[1024];

	while (len) {
		size_t part = MIN(len, sizeof(buf));

		if (full_read(fd, buf, part) != (ssize_t)part)
			return -EIO;
		len -= part;
	}
	return 0;
}

/* Reads the header. Returns -EIO if there is none, because xwd has failed, or -EPROTONOSUPPORT. */
static int read_head(struct picture *p)
{
	unsigned i;

	if (full_read(p->in, p->head, sizeof(p->head)) != sizeof(p->head))
		return -EIO;
	for (i = 0; i < N_NUMBERS; i++)
		p->head[i] = ntohl(p->head[i]);
	if (p->head[VERSION] != 7 || p->head[HEADER_SIZE] < sizeof(p->head) || p->head[HEADER_SIZE] > HEAD_MAX
	 || p->head[FORMAT] != Z_PIXMAP || p->head[CLASS] != TRUE_COLOR || (p->head[BITS] != 32 && p->head[BITS] != 16)
	 || !p->head[WIDTH] || p->head[WIDTH] > SIDE_MAX || !p->head[HEIGHT] || p->head[HEIGHT] > SIDE_MAX
	 || p->head[LINE] < p->head[WIDTH] * (p->head[BITS] / 8) || p->head[LINE] > 4 * SIDE_MAX + 64 || p->head[COLOURS] > 65536)
		return -EPROTONOSUPPORT;
	/* Behind the header are the name of the window and a table of colours, 12 bytes each. */
	return skip(p->in, p->head[HEADER_SIZE] - sizeof(p->head) + 12 * p->head[COLOURS]);
}

/* Returns a colour's part of a pixel as a number from 0 to 255. */
static uint8_t part_of(uint32_t pixel, uint32_t mask)
{
	uint32_t all = mask;

	if (!mask)
		return 0;
	pixel &= mask;
	for (; !(all & 1); all >>= 1)
		pixel >>= 1;
	return (uint64_t)pixel * 255 / all;
}

static int read_row(void *arg, uint8_t *rgb)
{
	struct picture *p = arg;
	unsigned x, i, bytes = p->head[BITS] / 8;
	bool big = p->head[BIG_END];

	if (full_read(p->in, p->line, p->head[LINE]) != (ssize_t)p->head[LINE])
		return -EIO;
	for (x = 0; x < p->head[WIDTH]; x++) {
		const uint8_t *at = p->line + x * bytes;
		uint32_t pixel = 0;

		for (i = 0; i < bytes; i++)
			pixel = pixel << 8 | at[big ? i : bytes - 1 - i];
		*rgb++ = part_of(pixel, p->head[RED]);
		*rgb++ = part_of(pixel, p->head[GREEN]);
		*rgb++ = part_of(pixel, p->head[BLUE]);
	}
	return 0;
}

/* Opens the file that the picture is written to. It may show secrets: nobody but the user who has called sudo can read it. */
static int create(const char *file)
{
	const char *uid = getenv("SUDO_UID"), *gid = getenv("SUDO_GID");
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		bb_perror_msg_and_die("can't open '%s'", printable_string(file));
	if (uid && gid && fchown(fd, xatou(uid), xatou(gid)) < 0)
		bb_perror_msg("can't give '%s' to its user", printable_string(file));
	return fd;
}

int d2ddisplay_shot(const char *root, const char *name, const char *file)
{
	static const char *const command[] = { "xwd", "-root", "-silent", NULL };
	struct d2ddisplay d = { .root = root };
	struct picture p;
	bool is_file = strcmp(file, "-") != 0;
	pid_t pid;
	int r, fd;
	char more;

	d2ddisplay_load_running(&d, name);
	if (!d.on && d2ddisplay_active(root) != d.vt)
		bb_error_msg_and_die("the display '%s' isn't on the screen, and X draws nothing then: 'd2d display show %s' shows it",
			name, name);
	fd = is_file ? create(file) : STDOUT_FILENO;
	pid = d2ddisplay_exec(&d, command, -1, &p.in);
	r = read_head(&p);
	if (r == 0) {
		p.line = xmalloc(p.head[LINE]);
		r = d2ddisplay_png(fd, p.head[WIDTH], p.head[HEIGHT], read_row, &p);
		free(p.line);
	}
	/* Nothing follows a picture. Without this, the program could find the pipe closed when it looks whether it has more. */
	if (r == 0 && safe_read(p.in, &more, 1) != 0)
		r = -EPROTONOSUPPORT;
	close(p.in);
	if (wait4pid(pid) != 0 && r == 0)
		r = -EIO;
	if (is_file && (close(fd) < 0 || r < 0))
		unlink(file);
	d2ddisplay_free(&d);
	if (r == 0)
		return EXIT_SUCCESS;
	bb_error_msg("'%s': %s", name, r == -EPROTONOSUPPORT ? "the picture has an unknown form" : "no picture could be taken");
	return EXIT_FAILURE;
}
