/*
 * Declarations shared by the parts of d2dstart.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DSTART_H
#define D2DSTART_H 1

#include "d2d_util.h"

struct d2dstart {
	const char *name, *root;
	const char *cgroup;	/* directory, or NULL */
	char *pidfile, *log;
	char *socket;		/* where a daemon says that it is ready, see sd_notify(3) */
	char *dir;		/* service directory, see runsv(8) */
	char *state;		/* file with "PID START-TIME" of the supervisor: a PID alone may have been reused */
	char *times;		/* file with the times of a boot: d2dhook chart */
	unsigned timeout;	/* seconds */
	bool notify;
};

/* ---- start/supervisor.c ---- */

/* Returns a pidfd of the supervisor that was started under this name, or -1 if it doesn't run. Sets *PID to its PID; to the one
 * that it had, if it was killed; or to 0. */
int d2dstart_find(const struct d2dstart *s, pid_t *pid);

/* Remembers a supervisor that was just started. */
void d2dstart_remember(const struct d2dstart *s, pid_t pid);

/* Returns the first number in a file of the service directory, 0 if there is none. */
unsigned d2dstart_number(const struct d2dstart *s, const char *file);

/* Returns the PID of the daemon, or, between its end and the next start, that of a script; 0 before the first start. */
pid_t d2dstart_pid(const struct d2dstart *s);

/* Asks the supervisor PID to end its daemon with SIGTERM and to end, too. If the daemon hasn't ended within the time limit, kills
 * the process group of both, with all child processes. Returns whether SIGTERM was enough. */
bool d2dstart_stop(const struct d2dstart *s, int supervisor, pid_t pid);

/* Ends the daemon of a supervisor that was killed, within the time limit. Returns false if there is none. */
bool d2dstart_stop_orphan(const struct d2dstart *s, pid_t pid);

/* ---- start/service.c ---- */

/* Makes the service directory: the scripts that start the daemon, report its end and write its log. */
void d2dstart_make_service(const struct d2dstart *s, char **argv);

/* Starts the supervisor and returns its PID. */
pid_t d2dstart_spawn(const struct d2dstart *s);

/* ---- start/ready.c ---- */

/* Returns a socket to which the daemon sends its state. */
int d2dstart_listen(const struct d2dstart *s);

/* Waits until the daemon is ready, or, with SOCKET_FD -1, until it was started. EVENTS is an inotify descriptor of the service
 * directory. Returns NULL, or what went wrong. */
const char *d2dstart_wait(const struct d2dstart *s, int socket_fd, int supervisor, int events);

/* Starts a process that waits without a time limit until the daemon is ready, and then runs the script daemon-ready. It ends
 * when the supervisor ends. */
void d2dstart_report_ready(const struct d2dstart *s, int socket_fd, int supervisor);

#endif
