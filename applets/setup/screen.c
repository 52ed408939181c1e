/*
 * d2dsetup: takes over the terminal. The image has no terminfo, and needs none: S-Lang, the library below newt, knows
 * terminals like the VT100 by itself, if TERM has one of the names that it knows.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_screen.o

#include <linux/kd.h>
#include <newt.h>
#include <slang.h>
#include "d2dsetup.h"

enum { COLUMNS_MIN = 64, ROWS_MIN = 20 };

/* Returns a name for this terminal that S-Lang knows without terminfo, or NULL for a terminal that can't place its cursor. */
static const char *known_name(const char *term)
{
	static const char as_they_are[] ALIGN1 = "linux\0""vt1\0""vt2\0""vt3\0""vt4\0""xterm\0""rxvt\0";
	const char *p;

	if (!term[0] || strcmp(term, "dumb") == 0 || strcmp(term, "unknown") == 0)
		return NULL;
	for (p = as_they_are; *p; p += strlen(p) + 1)
		if (is_prefixed_with(term, p))
			return term;
	return is_prefixed_with(term, "screen") || is_prefixed_with(term, "tmux") ? "screen" : "xterm";
}

/* The kernel knows whether its own terminal is in UTF-8 mode. Of another terminal only the user can know. */
static bool is_utf8(bool virtual)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value = NULL;
	int mode;
	size_t i;

	if (virtual)
		return ioctl(STDIN_FILENO, KDGKBMODE, &mode) == 0 && mode == K_UNICODE;
	for (i = 0; i < ARRAY_SIZE(names) && !(value && value[0]); i++)
		value = getenv(names[i]);
	return value && (strcasestr(value, "UTF-8") || strcasestr(value, "utf8"));
}

static void need_terminal(const char *why) NORETURN;
static void need_terminal(const char *why)
{
	bb_error_msg_and_die("%s: use 'd2d config', 'd2d net' and 'd2d install' instead ('d2d help' lists all)", why);
}

void d2dsetup_open(struct d2dsetup *s)
{
	const char *term = getenv("TERM"), *known = known_name(term ? term : "");
	bool virtual, utf8;
	int columns, rows, mode;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		need_terminal("the menu needs a terminal");
	if (!known)
		need_terminal("the terminal can't show a menu (TERM)");
	virtual = ioctl(STDIN_FILENO, KDGETMODE, &mode) == 0;
	utf8 = is_utf8(virtual);
	s->term = xstrdup(term);
	s->lc_all = getenv("LC_ALL") ? xstrdup(getenv("LC_ALL")) : NULL;
	xsetenv("TERM", known);
	xsetenv("LC_ALL", utf8 ? "C.UTF-8" : "C");
	/* The terminals vt100 to vt220 have no colours. */
	if (!is_prefixed_with(known, "vt"))
		xsetenv("COLORTERM", "yes");
	if (newtInit() < 0)
		need_terminal("the menu can't be shown");
	if (utf8) {
		/* The image has no locales, from which S-Lang would know it. */
		SLutf8_enable(1);
		SLsmg_utf8_enable(1);
	} else if (!virtual) {
		/* The line drawing characters of a VT100 are there on the screen of this machine, but many a terminal on a serial
		 * line, or at the other end of SSH, shows letters instead. */
		SLtt_Has_Alt_Charset = 0;
	}
	SLsmg_reinit_smg();
	newtGetScreenSize(&columns, &rows);
	if (columns < COLUMNS_MIN || rows < ROWS_MIN) {
		newtFinished();
		bb_error_msg_and_die("the terminal has %d columns and %d rows, and the menu needs %u and %u",
			columns, rows, COLUMNS_MIN, ROWS_MIN);
	}
	newtCls();
	newtDrawRootText(0, 0, "debian2docker");
	newtPushHelpLine(" Arrows, Tab: move    Enter: choose    Esc: back");
}

void d2dsetup_close(void)
{
	newtFinished();
}
