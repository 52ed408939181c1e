/*
 * Declarations shared by the parts of d2ddisplay that open commands of images for the application of a display.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DDISPLAY_COMMANDS_H
#define D2DDISPLAY_COMMANDS_H 1

#include "d2ddisplay.h"

/* ---- display/commands.c: the commands of images, called from within a display ---- */

/* If an application may open commands, starts a child that opens them for it, and ends with this process; if it asks for that
 * in vain, prints why. Sets d->commands. Returns the child's process ID, or 0 if there is none. d2ddisplay_commands_end() ends
 * the child and all that it has opened, and sets *PID to 0. */
pid_t d2ddisplay_commands_start(struct d2ddisplay *d, struct json_object *image);
void d2ddisplay_commands_end(const struct d2ddisplay *d, pid_t *pid);

/* Does the same in this process, until a signal ends it. */
int d2ddisplay_commands(const char *root, const char *name);

/* ---- display/open.c: one such command ---- */

/* What a client has asked for. */
struct d2ddisplay_call {
	const struct d2ddisplay *d;
	int client;			/* its connection */
	const char *name, *image;	/* the command, and NAME:TAG */
	char **args;			/* NULL-terminated */
	unsigned rows, columns;		/* of its terminal; 0: its input or output isn't one */
};

/* Sends a line with at most 500 characters to the client. Returns false if the client doesn't take it. */
bool d2ddisplay_tell(int client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Open a command, in a window on the display, or for the client's terminal or pipes, and wait until it or the client ends. They
 * tell the client what is wrong, or in the end the exit status. */
void d2ddisplay_open_window(const struct d2ddisplay_call *call);
void d2ddisplay_open_terminal(const struct d2ddisplay_call *call);

/* How many containers of terminal commands run for a display, or a negative errno; and removes those of one call, or with PID 0 of
 * all calls, unless they run in the background because their image says so ("--detach"). */
int d2ddisplay_called(const struct d2ddisplay *d);
void d2ddisplay_remove_called(const struct d2ddisplay *d, pid_t pid);

#endif
