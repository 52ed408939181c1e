/*
 * Declarations shared by the parts of d2ddisplay, which starts X servers and the containers that draw on them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DDISPLAY_H
#define D2DDISPLAY_H 1

#include "d2d_engine.h"
#include "d2d_supervisor.h"

struct json_object;

#define D2DDISPLAY_KIND "display"			/* of its supervisors */
#define D2DDISPLAY_DIR D2D_RUN"/"D2DDISPLAY_KIND
#define D2DDISPLAY_SERVER "d2d-display:latest"		/* the image that is the X server */
#define D2DDISPLAY_SOUND "d2d-sound:latest"		/* the image that has the sound cards */
#define D2DDISPLAY_SOUND_DIR D2D_RUN"/sound"
#define D2DDISPLAY_HEARD "/run/d2d-sound"		/* where an application sees the directory with its socket for sound */
#define D2DDISPLAY_VNC "vnc:latest"			/* the image that shows a display to VNC clients */
#define D2DDISPLAY_LABEL "org.debian2docker.display"
#define D2DDISPLAY_COMMANDS "commands"			/* the directory with the socket of display/commands.c */
#define D2DDISPLAY_PROFILE "/usr/lib/d2d/nested-seccomp.json"	/* what a nested engine may call; made by iso/nested/build */

enum {
	D2DDISPLAY_TEXT = 1,				/* the terminal with the login */
	D2DDISPLAY_FIRST = 7, D2DDISPLAY_LAST = 12,	/* virtual terminals, which Ctrl-Alt-F7 to F12 show */
	D2DDISPLAY_NAME_MAX = 32,			/* characters */
	D2DDISPLAY_FOLDER_MAX = 64,			/* characters */
	D2DDISPLAY_USER = 1000,				/* UID and GID in the container of an application */
	/* UIDs and GIDs that nobody else has: of the outputs of sound cards and what plays on them, of the inputs and what records from
	 * them, of what both need (the controls of their mixers, the timer), and of the daemon of a display. */
	D2DDISPLAY_PLAYS = 901, D2DDISPLAY_RECORDS = 902, D2DDISPLAY_MIXERS = 903, D2DDISPLAY_MIXES = 904,
};

/* What the label of an image, or -o, asks for. */
struct d2ddisplay_wish {
	enum { D2DDISPLAY_DESKTOP, D2DDISPLAY_KIOSK, D2DDISPLAY_WINDOW } kind;
	bool lock;		/* Ctrl-Alt-F1 and others don't leave this terminal */
	bool no_cursor;		/* no pointer is shown */
	bool offline;		/* no network */
	bool nested;		/* a Docker engine in the container */
	bool commands;		/* it opens the commands of images */
	bool sound;		/* it can be heard */
	bool microphone;	/* it can also record */
	unsigned blank;		/* minutes without input after which the screen is blanked; 0: never */
	char home[D2DDISPLAY_NAME_MAX + 1];	/* it has the home directory of the display of this name, or "" */
	char folder[D2DDISPLAY_FOLDER_MAX + 1];	/* it has this directory of user docker's home, or "" */
};

/* A display: its settings, which are the file D2DDISPLAY_DIR/NAME/settings. */
struct d2ddisplay {
	const char *root;	/* "" for / */
	char *name;
	char *dir;		/* ROOT/run/d2d/display/NAME */
	char *image;		/* NAME:TAG */
	char *words;		/* as in the label */
	struct d2ddisplay_wish wish;
	bool ordered;		/* root has given the words, not the label of an image: they need no leave */
	bool commands;		/* it asks for that word and may have it: see d2ddisplay_commands_refused() */
	bool once;		/* it ends when its application does */
	char *on;		/* the display on which it is a window, or NULL if it has a terminal */
	struct json_object *args;	/* array of strings: the command instead of the image's own; empty: none */
	unsigned vt;		/* 0 for a window */
	bool show;		/* its terminal is shown when X has started */
};

/* ---- display/words.c ---- */

/* Parses the words of a label: "desktop", "kiosk" or "window", and behind it others, in any order (see docs/display.md). Returns 0,
 * or -EINVAL and sets *why, which the caller frees. */
int d2ddisplay_words(const char *text, struct d2ddisplay_wish *wish, char **why);

/* Whether NAME can be the name of a display: [a-z0-9][a-z0-9_.-]*, at most D2DDISPLAY_NAME_MAX characters, and not such that its
 * container would have the name of another display's second one ("work-x"). */
bool d2ddisplay_name_ok(const char *name);

/* Returns IMAGE as NAME:TAG, or NULL if it isn't the name of an image. The caller frees it. */
char *d2ddisplay_tagged(const char *image);

/* Reads d2d.screen=: "WxH", "WxH@DPI" or "@DPI". Sets *SCREEN to the size in pixels, "WxH", or to NULL if none is set or it isn't a
 * size; the caller frees it. Returns how many pixels an inch has, or 0. */
unsigned d2ddisplay_screen(const char *root, char **screen);

/* Returns the keyboard layout of X for d2d.keymap=: letters only, "us" if it isn't set. The caller frees it. */
char *d2ddisplay_layout(const char *root);

/* ---- display/cookie.c ---- */

/* Makes a new cookie and writes it for the server (root, DIR/in/cookie) and for the application (UID 1000, DIR/cookie), as a file
 * that libXau reads, for display 0 of any host name. Returns 0 or a negative errno. */
int d2ddisplay_cookie(const struct d2ddisplay *d);

/* ---- display/state.c ---- */

/* Makes the directory of a display with its settings, on the next free terminal. Returns 0, -EEXIST if there is a display of this
 * name, or -EBUSY if no terminal is free. */
int d2ddisplay_create(struct d2ddisplay *d);

/* Sets d->name and d->dir; d2ddisplay_load() also reads the settings, and returns -ENOENT if there is no such display, or
 * -EBADMSG. d2ddisplay_free() frees what both have set. */
void d2ddisplay_set(struct d2ddisplay *d, const char *name);
int d2ddisplay_load(struct d2ddisplay *d, const char *name);
void d2ddisplay_free(struct d2ddisplay *d);

/* Sets *NAMES to the names of all displays, sorted. Returns their number. The caller frees them with d2d_dir_list_free(). */
int d2ddisplay_names(const char *root, char ***names);

/* Write and read the state, one line of text: "starts", "runs" or "failed: REASON". The caller frees it; it is never NULL. */
void d2ddisplay_set_state(const struct d2ddisplay *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *d2ddisplay_state(const struct d2ddisplay *d);

/* ---- display/terminal.c: virtual terminals ---- */

/* Returns the number of the terminal that is shown, or 0 if there is none. */
unsigned d2ddisplay_active(const char *root);

/* Shows a terminal. Returns 0 or a negative errno. */
int d2ddisplay_activate(const char *root, unsigned vt);

/* Writes TEXT on the text terminal and on all consoles. */
void d2ddisplay_say(const char *root, const char *text);

/* Makes a text terminal again of one that a killed X server has left, and gives it its keyboard back. */
void d2ddisplay_restore(const char *root, unsigned vt);

/* Returns the device that draws on the screen, as "/dev/dri/card0" or else "/dev/fb0", or NULL if there is none. The caller frees it. */
char *d2ddisplay_screen_device(const char *root);

/* Lets the kernel send an uevent "add" for each input device and card. */
void d2ddisplay_coldplug(const char *root);

/* ---- display/server.c ---- */

/* Returns the ID of the image that may be the X server, or NULL and sets *why; the caller frees both. */
char *d2ddisplay_server_id(const char *root, char **why);

/* Whether the content of an image, which INSPECTED is the engine's description of, came with the medium of this boot, or its ID is
 * trusted by name. Returns NULL if so, else the reason why not; the caller frees it. */
char *d2ddisplay_untrusted(const char *root, struct json_object *inspected);
/* The same for an image (NAME:TAG) whose label is KIND. WHAT is what it may do, for *why: "be the display server". */
char *d2ddisplay_trusted_id(const char *root, const char *image, const char *kind, const char *what, char **why);

/* ---- display/request.c ---- */

/* Creates and starts a container. Returns 0, -EIO if the engine refuses that, or another negative errno if it doesn't answer, and sets
 * *why. *ID is that of the container if it was created, else NULL. The caller frees both. */
int d2ddisplay_start_container(const char *name, struct json_object *config, char **id, char **why);

/* Removes a container by its name, if it is one of d2ddisplay. Returns 0 also if there is none; or -EEXIST if it is another one, or
 * another negative errno, and sets *why. */
int d2ddisplay_remove_container(const char *name, char **why);

/* Appends VALUE, which O owns then, to the array of O's key, which is made if it isn't there. */
void d2ddisplay_append(struct json_object *o, const char *key, struct json_object *value);

/* ---- display/container.c: how the two containers of a display are run ---- */

/* Return the names of the containers; the caller frees them. */
char *d2ddisplay_server_name(const struct d2ddisplay *d);
char *d2ddisplay_client_name(const struct d2ddisplay *d);
char *d2ddisplay_viewer_name(const struct d2ddisplay *d);

/* Return the objects for POST /containers/create. ID is that of the server's image, IMAGE is the engine's description of the
 * application's, SERVER the name or ID of the server's container. The caller frees them with json_object_put(). */
struct json_object *d2ddisplay_server(const struct d2ddisplay *d, const char *id);
struct json_object *d2ddisplay_client(const struct d2ddisplay *d, struct json_object *image, const char *server);

/* The same for the container that shows a display to VNC clients, which see it but control nothing if LOOK is set. */
struct json_object *d2ddisplay_viewer(const struct d2ddisplay *d, struct json_object *image, const char *server, bool look);

/* Adds to CONFIG what all containers have in common, OF being the display that each belongs to: no capabilities but CAPABILITIES, no
 * new privileges, no restart by Docker, small logs, and the label by which d2ddisplay knows its own containers. Returns its
 * HostConfig. */
struct json_object *d2ddisplay_host(struct json_object *config, const char *of, const char *const *capabilities);

/* ---- display/share.c: what an application has besides its image ---- */

/* Appends the volumes of an application, as Docker's "Binds", to LIST. */
void d2ddisplay_shares(const struct d2ddisplay *d, struct json_object *image, struct json_object *list);

/* Checks that an image has leave for what its label asks for beyond a screen, as 'd2d alias --allow' gives it, and makes the
 * directory of user docker if it is missing. Returns 0, or -EACCES or another negative errno and sets *why. */
int d2ddisplay_may_share(const struct d2ddisplay *d, struct json_object *image, char **why);

/* Whether 'd2d alias --allow' has given an image this option. */
bool d2ddisplay_has_leave(const struct d2ddisplay *d, struct json_object *image, const char *option);

/* Sets d->commands. Returns NULL, or the reason why the display doesn't get the commands though it asks for them; the caller frees
 * it. */
char *d2ddisplay_commands_refused(struct d2ddisplay *d, struct json_object *image);

/* ---- display/socket.c ---- */

/* Makes the directory DIR in that of the display, and in it the socket NAME, to which only D2DDISPLAY_USER and root can connect.
 * Returns the socket, which listens, or a negative errno. */
int d2ddisplay_listen(const struct d2ddisplay *d, const char *dir, const char *name);

/* ---- display/nested.c ---- */

/* Whether this system has what a nested engine needs. Returns 0, or -ENOSYS and sets *why. */
int d2ddisplay_can_nest(const struct d2ddisplay *d, char **why);

/* Adds to HOST, the HostConfig of an application, what a nested engine needs. */
void d2ddisplay_nested(const struct d2ddisplay *d, struct json_object *host);

/* Gives user namespaces of a display's application their IDs, each when it asks by a socket in the directory of the display, until a
 * signal ends this process. */
int d2ddisplay_ids(const char *root, const char *name);

/* Starts a child that does the same, and ends with this process. Returns its process ID or a negative errno. */
pid_t d2ddisplay_ids_start(const struct d2ddisplay *d);

/* ---- display/exec.c: programs in the container of an X server ---- */

#define D2DDISPLAY_LIMIT "15"	/* seconds that such a program may take */

/* Starts a program with at most nine words as a client of the X server. Its standard input is the descriptor IN (-1: none), its
 * standard output the pipe *OUT, or that of this process if OUT is NULL. Returns the process ID. */
pid_t d2ddisplay_exec(const struct d2ddisplay *d, const char *const *command, int in, int *out);

/* Like d2ddisplay_load(), but exits with a message if there is no such display, or if it doesn't run. */
void d2ddisplay_load_running(struct d2ddisplay *d, const char *name);

/* ---- display/png.c ---- */

/* Writes a PNG file. row() puts the next line of the picture, 3 bytes for each pixel, into RGB, and returns 0 or a negative errno.
 * Returns 0 or a negative errno. */
int d2ddisplay_png(int fd, unsigned width, unsigned height, int (*row)(void *arg, uint8_t *rgb), void *arg);

/* ---- display/shot.c, display/copy.c: they return exit statuses ---- */

/* Writes what a display shows to FILE, "-" for standard output. */
int d2ddisplay_shot(const char *root, const char *name, const char *file);

/* Copies the clipboard of the display FROM to that of TO. */
int d2ddisplay_copy(const char *root, const char *from, const char *to);

/* ---- display/remote.c ---- */

/* Returns how a display is shown to VNC clients, "control" or "look", or NULL if it isn't. The caller frees it. */
char *d2ddisplay_shared(const struct d2ddisplay *d);

/* Starts the container for that again, behind a new X server, if the display is shared. Prints why if that fails. */
void d2ddisplay_share_again(const struct d2ddisplay *d);

/* Begin and end to show a display to VNC clients. Return exit statuses. */
int d2ddisplay_share(const char *root, const char *name, bool look);
int d2ddisplay_unshare(const char *root, const char *name);

/* ---- display/run.c ---- */

/* Supervises a display until SIGTERM; d2dstart runs it. One that ends with its application ("once") is then removed. Returns an
 * exit status. */
int d2ddisplay_run(const char *root, const char *name);

/* ---- display/start.c, display/boot.c ---- */

/* Starts the supervisor of a display that was created. Returns an exit status. */
int d2ddisplay_spawn(const struct d2ddisplay *d);

/* Waits until a display runs or has failed, and prints what is wrong. Returns an exit status. */
int d2ddisplay_wait(const struct d2ddisplay *d);
int d2ddisplay_stop(const char *root, const char *name);

/* Starts the images that d2d.display= or their labels name. Returns an exit status, also D2D_EXIT_NOTHING. */
int d2ddisplay_boot(const char *root);

#endif
