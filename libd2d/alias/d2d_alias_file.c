/*
 * The files of aliases: shell scripts with a marker in their second line, which names the image that they run.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_file.o

#include "d2d_alias.h"

char *d2d_alias_read(const char *path)
{
	char buf[sizeof(D2D_ALIAS_MARKER) + D2D_IMAGE_MAX + 1];
	struct stat st;
	ssize_t n = -1;
	char *image;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? NULL : xstrdup("");
	if (S_ISREG(st.st_mode))
		n = open_read_close(path, buf, sizeof(buf) - 1);
	buf[MAX(n, 0)] = '\0';
	image = is_prefixed_with(buf, D2D_ALIAS_MARKER);
	if (!image)
		return xstrdup("");
	strchrnul(image, '\n')[0] = '\0';
	return xstrdup(d2d_is_image(image) ? image : "");
}
