/*
 * Formats text, and makes untrusted text safe to show on a terminal.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_text.o

#include "d2d_util.h"

char *d2d_printable(const char *text, size_t len)
{
	char *copy = xstrndup(text, len), *p;

	for (p = copy; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return copy;
}

char *d2d_vformat(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		bb_die_memory_exhausted();
	return text;
}

int d2d_fail(int err, char **why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*why)
		*why = d2d_vformat(format, args);
	va_end(args);
	return err;
}

int d2d_refuse(char **why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!*why)
		*why = d2d_vformat(format, args);
	va_end(args);
	return -EBADMSG;
}

void d2d_hex(char *hex, const void *bytes, size_t len)
{
	*bin2hex(hex, bytes, len) = '\0';
}

void d2d_fd_path(char *path, int fd)
{
	sprintf(path, "/proc/self/fd/%d", fd);
}

int d2d_utf8_len(const unsigned char *p)
{
	uint32_t c = *p;
	int n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
	int i;

	c &= 0xff >> n;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	return n;
}

bool d2d_is_utf8(const char *text)
{
	const unsigned char *p = (const void *)text;
	int n;

	for (; *p; p += n)
		if ((n = d2d_utf8_len(p)) == 0)
			return false;
	return true;
}

void d2d_unescape_mount(char *path)
{
	char *to = path;

	for (; *path; path++)
		if (path[0] == '\\' && isdigit(path[1]) && isdigit(path[2]) && isdigit(path[3])) {
			*to++ = (path[1] - '0') << 6 | (path[2] - '0') << 3 | (path[3] - '0');
			path += 3;
		} else {
			*to++ = *path;
		}
	*to = '\0';
}
