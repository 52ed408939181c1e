/*
 * libd2d, supervisor: what those commands have in common that keep containers up. What is kept up has a name, a directory
 * /run/d2d/KIND/NAME, and a process "d2dKIND run NAME", its supervisor, which d2dstart starts as the daemon KIND-NAME. In the directory:
 *
 *	settings	JSON
 *	state		a line of text
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_SUPERVISOR_H
#define D2D_SUPERVISOR_H 1

#include "d2d_util.h"

struct json_object;

/* ---- d2d_supervisor.c: the directory ---- */

/* Returns the path of the directory; the caller frees it. */
char *d2d_supervisor_dir(const char *root, const char *kind, const char *name);

/* Sets *NAMES to the names of all directories of this kind, sorted. Returns their number. The caller frees them with
 * d2d_dir_list_free(). */
int d2d_supervisor_names(const char *root, const char *kind, char ***names);

/* Returns 0 and sets *SETTINGS, which is NULL if they are no JSON, or -ENOENT. The caller frees it with json_object_put(). */
int d2d_supervisor_load(const char *dir, struct json_object **settings);

/* Writes the settings and frees them. Returns 0 or a negative errno. */
int d2d_supervisor_save(const char *dir, struct json_object *settings);

/* Write and read the state, in printable ASCII; it is "starts" until one was written. d2d_supervisor_set_state() returns 0 or a
 * negative errno. The caller of the other one frees the text. */
int d2d_supervisor_set_state(const char *dir, const char *text);
char *d2d_supervisor_state(const char *dir);

/* ---- d2d_supervisor_run.c: the process ---- */

/* Starts the supervisor. Returns false if d2dstart can't, which has said why. */
bool d2d_supervisor_start(const char *kind, const char *name);

/* Ends it, with SIGKILL after so many SECONDS. */
void d2d_supervisor_end(const char *kind, const char *name, unsigned seconds);

/* Lets the signals SIGTERM and SIGINT, and with HANGUP also SIGHUP, set bb_got_signal, but only in d2d_supervisor_pause(): no request to the
 * engine is interrupted then, and no signal is missed. *OPEN is for that function. */
void d2d_supervisor_signals(sigset_t *open, bool hangup);

/* Waits MS milliseconds, or until FD (-1: none) can be read. Returns false when this process is to end. */
bool d2d_supervisor_pause(const sigset_t *open, int fd, int ms);

#endif
