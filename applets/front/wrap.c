/*
 * d2d: prints the usage of all applets of this project without busybox's banner, and in reply to --help on stdout.
 *
 * Busybox handles --help before the applet is called, and its sources are not changed. So the linker replaces full_write2_str(),
 * with which bb_show_usage() prints, by the function below (--wrap in iso/busybox/arch.mk).
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_wrap.o
//kbuild:lib-$(CONFIG_D2DHOST) += d2dfront_wrap.o

#include "d2dfront.h"

/* The linker's option --wrap prescribes these names: a call to full_write2_str() calls __wrap_full_write2_str(), and
 * __real_full_write2_str() is the original function. */
ssize_t __real_full_write2_str(const char *text) FAST_FUNC;
ssize_t __wrap_full_write2_str(const char *text) FAST_FUNC;

/* Prints the usage of the running applet as bb_show_usage() would, but to stdout if it was asked for. Doesn't return. */
static void show_usage(void) NORETURN;
static void show_usage(void)
{
	int fd = xfunc_error_retval == EXIT_SUCCESS ? STDOUT_FILENO : STDERR_FILENO;
	char *text;

	fflush_all();
	if (fd == STDOUT_FILENO && (strcmp(applet_name, "d2d") == 0 || strcmp(applet_name, "d2d-host") == 0)) {
		d2dfront_help();
	} else {
		text = d2dfront_usage(applet_name);
		if (text)
			full_write(fd, text, strlen(text));
	}
	xfunc_die();
}

ssize_t FAST_FUNC __wrap_full_write2_str(const char *text)
{
	/* The banner is the first text that bb_show_usage() prints. */
	if (text == bb_banner && !d2dfront_is_captured && is_prefixed_with(applet_name, "d2d"))
		show_usage();
	return __real_full_write2_str(text);
}
