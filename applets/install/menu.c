/*
 * d2dinstall: puts lines between two markers into a GRUB menu that belongs to another system (custom.cfg). The rest of
 * the file stays as it is, byte for byte.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_BESIDE) += d2dinstall_menu.o
#include "d2dinstall.h"

enum { MENU_MAX = D2D_MIB };

/* Returns where LINE stands as a whole line in TEXT, at or behind FROM, or NULL. */
static char *find_line(char *text, char *from, const char *line)
{
	size_t len = strlen(line);
	char *at = from;

	while ((at = strstr(at, line)) != NULL) {
		if ((at == text || at[-1] == '\n') && (at[len] == '\n' || at[len] == '\0'))
			return at;
		at += len;
	}
	return NULL;
}

/* Returns the content of a menu, "" if there is no such file; the caller frees it. Dies on anything but a text file.
 * That includes a symbolic link, because saving would replace the link by a file. */
static char *read_menu(const char *file)
{
	char *text, *dir;
	size_t len;
	int r = d2d_file_read(file, MENU_MAX, &text, &len);

	if (r < 0 && r != -ENOENT)
		bb_error_msg_and_die("'%s' %s", file, d2d_file_error(r));
	if (r == 0 && strlen(text) != len)
		bb_error_msg_and_die("'%s' is not a GRUB menu: it isn't text", file);
	dir = dirname(xstrdup(file));
	if (access(dir, W_OK) != 0)
		bb_perror_msg_and_die("can't write to '%s'", dir);
	return r < 0 ? xstrdup("") : text;
}

char *d2dinstall_menu_insert(const char *file, const char *name, const char *lines)
{
	char *old = read_menu(file), *begin = xasprintf("### BEGIN %s ###", name), *end = xasprintf("### END %s ###", name);
	char *at = find_line(old, old, begin), *rest = old + strlen(old), *new;
	size_t before = rest - old;

	if (at) {
		before = at - old;
		rest = find_line(old, at, end);
		if (!rest)
			bb_error_msg_and_die("'%s' has a line '%s' without its '%s': fix this first", file, begin, end);
		rest += strlen(end);
		if (*rest)
			rest++;
	}
	new = xasprintf("%.*s%s%s\n%s%s\n%s", (int)before, old,
		before && old[before - 1] != '\n' ? "\n" : "", begin, lines, end, rest);
	free(end);
	free(begin);
	free(old);
	return new;
}

void d2dinstall_menu_save(const char *file, const char *text)
{
	struct stat st;
	int r, was = stat(file, &st) == 0;

	/* A menu may hold passwords, so the new file must not be readable for others before it has its mode. */
	if (was)
		umask(077);
	r = d2d_file_write(file, text);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", file, strerror(-r));
	/* FAT has neither owners nor modes, and returns EPERM. */
	if (was && (chown(file, st.st_uid, st.st_gid) != 0 || chmod(file, st.st_mode & 07777) != 0) && errno != EPERM)
		bb_perror_msg("can't give '%s' its owner and mode", file);
	sync();
}
