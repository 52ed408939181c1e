/*
 * d2dinstall: lines of ours in a menu of GRUB that is somebody else's (custom.cfg): from one marker to the other. All else in
 * that file stays as it is, byte for byte.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_BESIDE) += d2dinstall_menu.o
#include "d2dinstall.h"

enum { MENU_MAX = D2D_MIB };

/* Where a line stands, behind FROM; NULL when it doesn't. */
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

/* A link would be replaced by a file, so it is refused, as all that is no file of text. */
static char *read_menu(const char *file)
{
	char *text, *dir;
	size_t len;
	int r = d2d_file_read(file, MENU_MAX, &text, &len);

	if (r < 0 && r != -ENOENT)
		bb_error_msg_and_die("'%s' %s", file, d2d_file_error(r));
	if (r == 0 && strlen(text) != len)
		bb_error_msg_and_die("'%s' is no menu: it isn't text", file);
	dir = dirname(xstrdup(file));
	if (access(dir, W_OK) != 0)
		bb_perror_msg_and_die("can't write to '%s'", dir);
	return r < 0 ? xstrdup("") : text;
}

char *d2dinstall_menu_with(const char *file, const char *name, const char *lines)
{
	char *old = read_menu(file), *begin = xasprintf("### BEGIN %s ###", name), *end = xasprintf("### END %s ###", name);
	char *at = find_line(old, old, begin), *rest = old + strlen(old), *new;
	size_t before = rest - old;

	if (at) {
		before = at - old;
		rest = find_line(old, at, end);
		if (!rest)
			bb_error_msg_and_die("'%s' has a line '%s' without its '%s': put that right first", file, begin, end);
		rest += strlen(end);
		if (*rest)
			rest++;
	}
	new = xasprintf("%.*s%s%s\n%s%s\n%s", (int)before, old, before && old[before - 1] != '\n' ? "\n" : "", begin, lines, end, rest);
	free(end);
	free(begin);
	free(old);
	return new;
}

void d2dinstall_menu_save(const char *file, const char *text)
{
	struct stat st;
	int r, was = stat(file, &st) == 0;

	/* A menu may hold passwords: nobody gets to read it who couldn't before. */
	if (was)
		umask(077);
	r = d2d_file_write(file, text);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", file, strerror(-r));
	/* FAT knows neither owners nor modes, and says so. */
	if (was && (chown(file, st.st_uid, st.st_gid) != 0 || chmod(file, st.st_mode & 07777) != 0) && errno != EPERM)
		bb_perror_msg("can't give '%s' its owner and mode", file);
	sync();
}
