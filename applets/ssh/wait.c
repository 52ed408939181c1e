/*
 * d2dssh --wait: waits until somebody may log in, then becomes the SSH server. Until then no port is open.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_wait.o

#include "d2dssh.h"
#include <sys/inotify.h>

static void ignore_key(void *arg UNUSED_PARAM, const struct d2d_ssh_key *key UNUSED_PARAM)
{
}

static void ignore_line(void *arg UNUSED_PARAM, unsigned line UNUSED_PARAM, const char *why UNUSED_PARAM)
{
}

static bool file_has_key(const struct d2dssh *d, const char *file)
{
	static const struct d2d_ssh_reader reader = { ignore_key, ignore_line, NULL };
	char *path = d2dssh_path(d, file), *text;
	size_t len;
	bool has = d2d_file_read(path, D2DSSH_FILE_MAX, &text, &len) == 0 && d2d_ssh_file(text, len, &reader) > 0;

	free(text);
	free(path);
	return has;
}

bool d2dssh_has_key(const struct d2dssh *d)
{
	return file_has_key(d, D2DSSH_KEYS) || file_has_key(d, D2DSSH_HOME"/authorized_keys")
		|| (ENABLE_FEATURE_D2DSSH_ROOT && file_has_key(d, "/root/.ssh/authorized_keys"));
}

void d2dssh_announce(const struct d2dssh *d)
{
	char *path = d2dssh_path(d, D2DSSH_FINGERPRINTS), *prints = xmalloc_open_read_close(path, NULL), *text;

	if (prints)
		*strchrnul(prints, '\n') = '\0';
	text = xasprintf("debian2docker: SSH for user docker, by key; host key %s\n", prints && *prints ? prints : "?");
	printf("%s", text + sizeof("debian2docker: ") - 1);
	if (!d->root[0])
		d2d_consoles_write(text);
	free(text);
	free(prints);
	free(path);
}

/* Waits until something changes where a key may be. Directories that don't exist yet are found when they are made, because their
 * parents are watched, too. */
static void wait_for_change(int events)
{
	/* More than one event is read at a time: which ones doesn't matter. */
	char buf[4096];

	if (safe_read(events, buf, sizeof(buf)) <= 0)
		bb_simple_perror_msg_and_die("can't wait for keys");
}

static void watch(const struct d2dssh *d, int events)
{
	static const char *const dirs[] = { "/home/docker", D2DSSH_HOME, D2DSSH_DIR, ENABLE_FEATURE_D2DSSH_ROOT ? "/root" : NULL,
		ENABLE_FEATURE_D2DSSH_ROOT ? "/root/.ssh" : NULL };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(dirs) && dirs[i]; i++) {
		char *path = d2dssh_path(d, dirs[i]);

		inotify_add_watch(events, path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR);
		free(path);
	}
}

void d2dssh_wait(const struct d2dssh *d)
{
	char *server = d2dssh_path(d, D2DSSH_SERVER), *other = d2dssh_path(d, D2DSSH_OTHER), *how = d2d_option_at(d->root, "ssh");
	int events = inotify_init1(IN_CLOEXEC);

	if (events < 0)
		bb_simple_perror_msg_and_die("can't wait for keys");
	for (;;) {
		/* Watch first, so that no change is missed. */
		watch(d, events);
		if ((how && strcmp(how, "yes") == 0) || d2dssh_has_key(d))
			break;
		/* The server was stopped, or ended, and no key is left. */
		if (d2dssh_listens(d))
			d2dssh_set_state(d, "waits");
		wait_for_change(events);
	}
	if (!d2dssh_listens(d)) {
		d2dssh_set_state(d, D2DSSH_LISTENS);
		d2dssh_announce(d);
	}
	fflush_all();
	if (access(other, X_OK) == 0) {
		execl(other, other, (char *)NULL);
		bb_perror_msg("can't execute '%s', so dropbear is the server", other);
	}
	/* -F: in the foreground; messages go to standard error (d2dstart's log). -R: makes host keys that are missing. -K: ends
	 * connections whose client hasn't answered for 6 minutes. -w: root may not log in. */
	execl(server, "dropbear", "-F", "-R", "-K", "120", ENABLE_FEATURE_D2DSSH_ROOT ? NULL : "-w", (char *)NULL);
	bb_perror_msg_and_die("can't execute '%s'", server);
}
