/*
 * d2dtty login: waits until the terminal is there, then becomes getty, which logs user docker in. init starts this program again
 * after each logout, and also when the terminal has vanished.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTTY) += d2dtty_login.o

#include <linux/kd.h>
#include "d2dtty.h"
#include "d2d_volume.h"

#define SHELL "/usr/lib/d2d/login"
#define STARTS D2D_RUN"/tty/"	/* of each terminal: how often the login has ended soon, and when it was started */

enum {
	SOON_MS = 3000,
	OFTEN = 5,		/* logins that may end soon, one after the other */
	PAUSE_MS = 30 * 1000,
	LONG_MS = INT_MAX,
	SETTLE_MS = 500,
	LOOKS = 10,		/* after each event, SETTLE_MS apart */
};

/* Whether PATH is a terminal. Sets *VIRTUAL if it is one of the screen. The node of a serial port exists even if the port doesn't;
 * it can be opened, but is no terminal. */
static bool is_terminal(const char *path, bool *virtual)
{
	/* O_NONBLOCK: open() may wait for the carrier. */
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), mode;
	bool is = fd >= 0 && isatty(fd);

	*virtual = is && ioctl(fd, KDGETMODE, &mode) == 0;
	if (fd >= 0)
		close(fd);
	return is;
}

/* Waits until PATH is a terminal. Nearly every event makes a look worthwhile: the nodes hvc0 to hvc7 exist as soon as there is one
 * port, and no event of the subsystem tty tells of the others. The event of such a port comes before the port is a terminal, so one
 * look isn't enough. */
static void wait_for(const char *path, bool *virtual)
{
	int fd = d2d_uevent_open(), looks = LOOKS;

	while (!is_terminal(path, virtual)) {
		int r = fd < 0 ? -1 : d2d_uevent_wait(fd, NULL, looks ? SETTLE_MS : LONG_MS);

		if (r < 0)
			sleep(PAUSE_MS / 1000);
		looks = r > 0 ? LOOKS : MAX(looks - 1, 0);
	}
	if (fd >= 0)
		close(fd);
}

/* Makes a pause if the login has ended soon several times, as on a line that is open and always at its end. */
static void slow_down(const char *name)
{
	char *path = xasprintf(STARTS"%s", name), *text = xmalloc_open_read_close(path, NULL);
	unsigned count = 0;
	unsigned long long started = 0, now = d2d_now();

	if (text && sscanf(text, "%u %llu", &count, &started) == 2 && now - started < SOON_MS)
		count++;
	else
		count = 0;
	free(text);
	if (count >= OFTEN) {
		int fd = d2d_uevent_open();

		/* The event may be about the terminal, which works again then. */
		if (fd < 0 || d2d_uevent_wait(fd, "tty", PAUSE_MS) < 0)
			sleep(PAUSE_MS / 1000);
		if (fd >= 0)
			close(fd);
		now = d2d_now();
	}
	text = xasprintf("%u %llu\n", count, now);
	if (d2d_make_parent_dirs(path) == 0)
		d2d_file_write(path, text);
	free(text);
	free(path);
}

/* Returns the speed for getty: "0" leaves that which the kernel has set for a console. A serial port that the kernel doesn't use
 * has 9600 Bd. */
static const char *speed_of(const char *root, const char *name)
{
	struct d2dtty_console list[D2DTTY_CONSOLES];
	int i, n = d2dtty_consoles(root, list);

	for (i = 0; i < n; i++)
		if (strcmp(list[i].name, name) == 0 && (list[i].why & D2DTTY_KERNEL))
			return "0";
	return is_prefixed_with(name, "ttyS") ? "115200" : "0";
}

int d2dtty_login(const char *root, const char *name)
{
	char *path = xasprintf("/dev/%s", name);
	bool virtual = is_prefixed_with(name, "tty") && isdigit((unsigned char)name[3]);
	/* -L: a serial line needs no carrier. */
	const char *argv[] = { "getty", "-L", "-n", "-l", SHELL, NULL, name, NULL, NULL };

	if (!d2dtty_name_ok(name))
		bb_error_msg_and_die("'%s' is not the name of a terminal in /dev", printable_string(name));
	if (!root[0]) {
		slow_down(name);
		wait_for(path, &virtual);
	}
	argv[5] = speed_of(root, name);
	argv[7] = virtual ? "linux" : "vt102";
	if (root[0]) {
		const char **arg;

		for (arg = argv; *arg; arg++)
			printf("%s%s", *arg, arg[1] ? " " : "\n");
		return EXIT_SUCCESS;
	}
	BB_EXECVP_or_die((char **)argv);
}
