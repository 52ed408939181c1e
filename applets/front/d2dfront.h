/*
 * Declarations shared by the parts of d2d and d2d-host, the commands that run all other applets as verbs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DFRONT_H
#define D2DFRONT_H 1

#include "d2d_util.h"

struct d2d_volume;

/* ---- front/verbs.c ---- */

/* Calls FN with the verb of each compiled applet d2dVERB, in alphabetical order. */
void d2dfront_each_verb(void (*fn)(const char *verb, void *arg), void *arg);

/* Returns the verb that a mistyped one probably stands for, or NULL. The caller frees it. */
char *d2dfront_nearest_verb(const char *typed);

/* ---- front/usage.c ---- */

/* Returns the usage text of an applet, "Usage: d2dVERB ...", without busybox's banner; NULL on failure. The caller frees it. */
char *d2dfront_usage(const char *applet);

/* True in the child process whose output d2dfront_usage() reads. */
extern bool d2dfront_is_captured;

/* ---- front/help.c ---- */

/* Prints the usage of the running applet, d2d or d2d-host, and one line for each verb. */
void d2dfront_help(void);

/* ---- front/run.c ---- */

/* Handles the arguments that d2d and d2d-host have in common: help [VERB], --version, VERB [ARG]... Only returns if argv[1] is
 * missing or another option. */
void d2dfront_run(char **argv);

/* ---- front/next.c ---- */

/* What decides which steps are next. */
struct d2dfront_state {
	const char *failed_log;	/* of the first hook that failed, "" if it has none; NULL if no hook failed */
	const char *keep;	/* what makes Docker's data last, NULL if there is a store */
	const char *image;	/* the name of an image, or NULL */
	int engine;		/* negative errno if the engine doesn't answer */
};

/* Prints at most three steps, a line each. */
void d2dfront_next_steps(const struct d2dfront_state *state);

/* ---- front/space.c ---- */

/* Returns the free space of the file system at DIR: "1.3G", or with WHOLE "1.3G free of 2.0G"; "?" on failure. The caller frees
 * the text. */
char *d2dfront_left_on(const char *dir, bool whole);

/* Whether less than 5 % of the blocks or inodes are free. */
bool d2dfront_is_nearly_full(const char *dir);

/* Whether less than 64 KiB are free. Blocks reserved for root don't count as free. */
bool d2dfront_is_full(const char *dir);

/* ---- front/clock.c ---- */

/* Returns what there is to say about the synchronisation of the clock, or NULL when NTP keeps it right. The caller frees the
 * text. */
char *d2dfront_clock(void);

/* Returns how to correct a clock that is known to be wrong, else NULL. The caller frees the text. */
char *d2dfront_clock_wrong(void);

/* ---- front/network.c ---- */

/* Prints the rows of the network cards. Returns how many have a problem. */
int d2dfront_network_rows(void);

/* ---- front/ssh.c ---- */

/* Prints a row about the SSH server, unless nothing is known about it. */
void d2dfront_ssh_row(void);

/* ---- front/tls.c ---- */

/* Prints what d2dtls has noted about port 2376, if anything. Returns the number of problems. */
int d2dfront_tls_rows(void);

/* ---- front/swarm.c ---- */

/* Prints the role in the swarm, if this machine is in one or is to join one. Returns the number of problems. */
int d2dfront_swarm_rows(void);

/* ---- front/daemons.c ---- */

/* Prints a line for each daemon that has ended since boot and was started again. Returns their number. */
int d2dfront_daemon_rows(void);

/* ---- front/autostart.c ---- */

/* Prints a line for each image that was started by itself. Returns how many of them have a problem. */
int d2dfront_autostart_rows(void);

/* ---- front/keep.c ---- */

/* Returns what the user can do so that Docker's data isn't lost. The caller frees the text. */
char *d2dfront_how_to_keep(const struct d2d_volume *volumes, int n);

/* ---- front/login.c ---- */

/* Prints what somebody needs to know who has just logged in. Returns the exit status, EXIT_FAILURE if something is missing. */
int d2dfront_login(void);

/* ---- front/status.c ---- */

/* Prints the status of this system, in one line or in full. Returns the exit status: EXIT_FAILURE if the full status shows a
 * problem. */
int d2dfront_status(bool one_line);

#endif
