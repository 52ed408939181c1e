/*
 * Declarations shared by the parts of d2dautostart, which starts containers of images by itself and keeps them up.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DAUTOSTART_H
#define D2DAUTOSTART_H 1

#include "d2d_engine.h"
#include "d2d_supervisor.h"

struct json_object;

#define D2DAUTOSTART_KIND "autostart"			/* of its supervisors */
#define D2DAUTOSTART_CONSOLE D2D_RUN"/autostart.console"	/* the name of the container that has tty1 (boot-scripts/attach) */
#define D2DAUTOSTART_LABEL "org.debian2docker.autostart"
#define D2DAUTOSTART_OF D2DAUTOSTART_LABEL"-of"	/* the label of a container, with its name, so that no other one is removed */

enum { D2DAUTOSTART_NAME_MAX = 64 };		/* characters */

/* What the label of an image asks for. */
struct d2dautostart_wish {
	bool console;		/* it has tty1 */
	bool store, encrypted;	/* it is only started with a store, or with an encrypted one */
};

/* An image that is started by itself. */
struct d2dautostart {
	const char *root;	/* "" for / */
	char *name;		/* of the image without its tag, and of the container */
	char *dir;		/* ROOT/run/d2d/autostart/NAME */
	char *image;		/* NAME:TAG */
	char *words;		/* as in the label */
	struct d2dautostart_wish wish;
	bool ordered;		/* root has started it by hand: it needs no leave */
};

/* ---- autostart/words.c ---- */

/* Parses the words of a label: "yes" or "console", and behind it "store" or "encrypted". Returns 0, or -EINVAL and sets *why, which
 * the caller frees. */
int d2dautostart_words(const char *text, struct d2dautostart_wish *wish, char **why);

/* Returns why a wish can't be fulfilled because the store isn't there, or isn't encrypted, or NULL. The caller frees it. */
char *d2dautostart_lacks(const char *root, const struct d2dautostart_wish *wish);

/* Whether the store of ROOT is mounted, and encrypted in the way that boot-scripts/trusted-images asks for. */
bool d2dautostart_store_is_encrypted(const char *root);

/* ---- autostart/state.c ---- */

/* Returns the name for an image NAME:TAG, or NULL if it can't have one. The caller frees it. */
char *d2dautostart_name(const char *image);

/* d2dautostart_set() sets a->name and a->dir; d2dautostart_load() reads the settings, too, and returns -ENOENT if there are none, or
 * -EBADMSG. d2dautostart_save() writes them, and makes the directory. d2dautostart_free() frees all texts. */
void d2dautostart_set(struct d2dautostart *a, const char *name);
int d2dautostart_load(struct d2dautostart *a, const char *name);
int d2dautostart_save(const struct d2dautostart *a);
void d2dautostart_free(struct d2dautostart *a);

/* Sets *NAMES to the names of all that were started, sorted. Returns their number. The caller frees them with d2d_dir_list_free(). */
int d2dautostart_names(const char *root, char ***names);

/* Write and read the state, one line of text such as "healthy, http://192.0.2.1/". The caller frees it; it is never NULL. */
void d2dautostart_set_state(const struct d2dautostart *a, const char *text);
char *d2dautostart_state(const struct d2dautostart *a);

/* Writes "debian2docker: NAME: TEXT" on all consoles. */
void d2dautostart_say(const struct d2dautostart *a, const char *text);

/* ---- autostart/container.c ---- */

/* Makes the container of an image anew, and removes an older one. Returns 0; -EAGAIN if the engine doesn't answer; -EIO if it can't be
 * made, or -EACCES if the image needs leave, and sets *why, which the caller frees. */
int d2dautostart_make(const struct d2dautostart *a, char **why);

/* Starts the container. Returns 0, -EAGAIN, -ENOENT if there is none, or -EIO and sets *why. */
int d2dautostart_start(const struct d2dautostart *a, char **why);

/* Whether the container of this description runs the image that has the name now. */
bool d2dautostart_is_current(const struct d2dautostart *a, struct json_object *container);

/* Stops and removes a container by its name, if it is one of d2dautostart. Returns 0 also if there is none; or -EEXIST if it is
 * another one, or another negative errno, and sets *why, which the caller frees. */
int d2dautostart_remove(const char *name, char **why);

/* Removes the containers of earlier boots whose name isn't that of any settings. */
void d2dautostart_remove_old(const char *root);

/* ---- autostart/trust.c ---- */

/* Whether an image may be started without being asked for by hand. Returns NULL if so, else the reason; the caller frees it. */
char *d2dautostart_untrusted(const char *root, struct json_object *image);

/* Writes the ID of an image into the list of those that are trusted. Returns an exit status. */
int d2dautostart_allow(const char *root, const char *image);

/* ---- autostart/address.c ---- */

/* Returns where the ports of a container are reached, from the engine's description of it: "http://192.0.2.1/ 192.0.2.1:5432", or "".
 * The caller frees it. */
char *d2dautostart_address(struct json_object *container);

/* ---- autostart/run.c, autostart/start.c, autostart/boot.c ---- */

/* Keeps a container up until SIGTERM, and leaves it running; d2dstart runs it. Returns an exit status. */
int d2dautostart_run(const char *root, const char *name);

/* Starts the supervisor of A. Returns an exit status. */
int d2dautostart_spawn(const struct d2dautostart *a);

/* Makes A the one that has tty1, if it asks for it. Returns -EBUSY if another one has it. */
int d2dautostart_take_console(const struct d2dautostart *a);

/* The verbs. They return an exit status. */
int d2dautostart_start_by_hand(const char *root, const char *what);
int d2dautostart_stop(const char *root, const char *name);

/* Starts the images that d2d.autostart= or their labels name. Returns an exit status, also D2D_EXIT_NOTHING. */
int d2dautostart_boot(const char *root);

/* ---- autostart/images.c: the images of the engine, and what their labels say ---- */

struct d2dautostart_image {
	char *image;		/* NAME:TAG */
	char *words;		/* of its label, or NULL */
	bool display;		/* d2ddisplay starts it */
};

/* Lists the images of the engine; an image without labels has those of its sidecar. Returns their number, or a negative errno and sets
 * *why, which the caller frees. The caller frees *LIST with d2dautostart_images_free(). */
int d2dautostart_images(const char *root, struct d2dautostart_image **list, char **why);
void d2dautostart_images_free(struct d2dautostart_image *list, int n);

#endif
