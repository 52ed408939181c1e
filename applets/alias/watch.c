/*
 * d2dalias watch: follows the engine's event stream and updates the commands whenever images change.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_watch.o

#include "d2dalias.h"
#include "d2d_engine.h"

/* {"type":["image"],"event":["delete","import","load","pull","tag","untag"]} */
#define EVENTS "GET /events?filters=%7B%22type%22:%5B%22image%22%5D,%22event%22:%5B%22delete%22,%22import%22,%22load%22," \
	"%22pull%22,%22tag%22,%22untag%22%5D%7D"

enum {
	QUIET = 300,		/* ms without an event that end a burst: a pull or an import sends several events */
	AT_MOST = 5000,		/* maximum length of a burst in ms */
	RETRY_SECONDS = 2,		/* seconds between attempts to connect to the engine */
};

/* Works in a child process, because d2dalias_add() exits on errors (such as a stopped engine) and doesn't free its memory. */
static void add_all(struct d2dalias *d)
{
	char *none = NULL;
	pid_t pid = xfork();

	if (pid == 0)
		fflush_stdout_and_exit(d2dalias_add(d, &none));
	wait4pid(pid);
}

/* Reads and ignores events until the burst is over. Returns false when the engine has closed the stream. */
static bool read_burst(int fd)
{
	unsigned long long limit = d2d_now() + AT_MOST;
	struct pollfd p = { fd, POLLIN, 0 };
	char buf[4096];

	do {
		if (safe_read(fd, buf, sizeof(buf)) <= 0)
			return false;
	} while (d2d_now() < limit && safe_poll(&p, 1, QUIET) > 0);
	return true;
}

int d2dalias_watch(struct d2dalias *d, char **argv)
{
	bool reported = false;
	int fd;

	if (*argv)
		bb_show_usage();
	for (;;) {
		fd = d2d_engine_stream(EVENTS);
		if (fd < 0) {
			if (!reported)
				bb_error_msg("no Docker engine at '%s': %s", d2d_engine_socket(), strerror(-fd));
			reported = true;
		} else {
			reported = false;
			/* The stream is opened before the images are listed, so that no change is missed. */
			do
				add_all(d);
			while (read_burst(fd));
			close(fd);
		}
		sleep(RETRY_SECONDS);
	}
}
