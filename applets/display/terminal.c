/*
 * d2ddisplay: virtual terminals, and what the kernel knows about the screen and the input devices.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_terminal.o

#include <glob.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include "d2ddisplay.h"

static int open_terminal(const char *root, unsigned vt)
{
	char *path = xasprintf("%s/dev/tty%u", root, vt);
	int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	free(path);
	return fd;
}

unsigned d2ddisplay_active(const char *root)
{
	struct vt_stat state = { 0 };
	int fd = open_terminal(root, 0);

	if (fd < 0)
		return 0;
	if (ioctl(fd, VT_GETSTATE, &state) < 0)
		state.v_active = 0;
	close(fd);
	return state.v_active;
}

int d2ddisplay_activate(const char *root, unsigned vt)
{
	int r, fd = open_terminal(root, 0);

	if (fd < 0)
		return -errno;
	r = ioctl(fd, VT_ACTIVATE, (unsigned long)vt) < 0 ? -errno : 0;
	close(fd);
	return r;
}

void d2ddisplay_say(const char *root, const char *text)
{
	char *consoles = xmalloc_open_read_close("/sys/class/tty/console/active", NULL);
	int fd = open_terminal(root, 0), mode = KD_TEXT;
	bool is_console = consoles && strstr(consoles, "tty0");

	/* The console tty0 is the terminal that is shown, or the text terminal while that is a display; and tty0 isn't always a console. */
	is_console &= (ioctl(fd, KDGETMODE, &mode) == 0 && mode == KD_GRAPHICS) || d2ddisplay_active(root) == D2DDISPLAY_TEXT;
	if (fd >= 0)
		close(fd);
	d2d_consoles_write(text);
	fd = is_console ? -1 : open_terminal(root, D2DDISPLAY_TEXT);
	if (fd >= 0) {
		full_write(fd, text, strlen(text));
		close(fd);
	}
	free(consoles);
}

void d2ddisplay_restore(const char *root, unsigned vt)
{
	struct vt_mode mode = { .mode = VT_AUTO };
	int fd = open_terminal(root, vt);

	if (fd < 0)
		return;
	/* Until then the kernel would wait for the dead server's leave to show another terminal. */
	ioctl(fd, VT_SETMODE, &mode);
	ioctl(fd, KDSKBMODE, (unsigned long)K_UNICODE);
	ioctl(fd, KDSETMODE, (unsigned long)KD_TEXT);
	close(fd);
}

char *d2ddisplay_screen_device(const char *root)
{
	/* The number of a card isn't always 0: the driver of what the firmware has set up may have had that, before the card's own. */
	static const char *const patterns[] = { "%s/dev/dri/card[0-9]", "%s/dev/fb0" };
	char *found = NULL;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(patterns) && !found; i++) {
		char *pattern = xasprintf(patterns[i], root);
		glob_t g;

		if (glob(pattern, 0, NULL, &g) == 0) {
			found = xstrdup(g.gl_pathv[0] + strlen(root));
			globfree(&g);
		}
		free(pattern);
	}
	return found;
}

void d2ddisplay_coldplug(const char *root)
{
	static const char *const kinds[] = { "input/*", "drm/card*" };
	unsigned i;
	size_t k;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *pattern = xasprintf("%s/sys/class/%s/uevent", root, kinds[i]);
		glob_t g;

		if (glob(pattern, 0, NULL, &g) == 0) {
			for (k = 0; k < g.gl_pathc; k++) {
				int fd = open(g.gl_pathv[k], O_WRONLY | O_CLOEXEC);

				/* A device may be gone already. */
				if (fd >= 0) {
					full_write(fd, "add", 3);
					close(fd);
				}
			}
			globfree(&g);
		}
		free(pattern);
	}
}
