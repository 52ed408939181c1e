/*
 * libd2d, alias: the names of the commands that start images (aliases), and the 'docker run' options that an image may ask for.
 *
 * All requests of an image or a sidecar take the same path: labels -> d2d_alias_request() -> options in a canonical form ->
 * d2d_alias_command(), which accepts harmless options and those that the user has allowed -> argv.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ALIAS_H
#define D2D_ALIAS_H 1

#include "d2d_util.h"

struct json_object;

/* ---- d2d_alias.c: names of commands ---- */

#define D2D_IMAGE_MAX (255 + 1 + 128)	/* characters of the longest NAME:TAG */

struct d2d_alias {
	char *image;		/* NAME:TAG */
	char *wanted;		/* command name that its label or sidecar asks for, or NULL */
	char *name;		/* command name, or NULL if it can't have one */
};

/* Whether S begins with [a-z0-9] and the rest is [a-z0-9._-], so that it has no special meaning in a shell or as a path. */
int d2d_is_command(const char *s);

/* Whether S is NAME:TAG of letters, digits and ._-/: and at most D2D_IMAGE_MAX long, so that it has no special meaning in a shell
 * and is no option of "docker run". */
int d2d_is_image(const char *s);

/* Sorts the list and sets the names: the last component of the repository (library/hello:latest is "hello"). If images compete for
 * a name, the tag "latest" wins, then the repository with fewer components, then the alphabetical order; the others become
 * "hello-TAG", or get no name if that is taken, too. Wanted names are given last, so that no image takes the default name of
 * another by a label. */
void d2d_alias_assign_names(struct d2d_alias *list, int n);

/* Whether one of the first N images has this name. */
int d2d_alias_name_taken(const struct d2d_alias *list, int n, const char *name);

/* ---- d2d_alias_file.c: files of commands ---- */

#define D2D_ALIAS_DIR "/usr/local/bin"
#define D2D_ALIAS_MARKER "#!/bin/sh\n# d2dalias: "	/* how such a file begins, followed by NAME:TAG */

/* Returns the image of the alias at a path, "" if the file is not an alias, or NULL if there is no file. The caller frees it. */
char *d2d_alias_read(const char *path);

/* ---- d2d_alias_option.c: options of 'docker run' ---- */

enum {
	D2D_OPTION_HARMLESS,	/* always accepted */
	D2D_OPTION_DEFAULT,	/* has no effect, because every alias runs like that anyway: left out */
	D2D_OPTION_RESTRICTED,	/* needs the user's permission */
	D2D_OPTION_VOLUME,	/* depends on its value */
	D2D_OPTION_MOUNT,
	D2D_OPTION_WORKDIR,
	D2D_OPTION_USER,	/* run as the container's user instead of the caller's */
	D2D_OPTION_GUI,
};

struct d2d_alias_option {
	char *label;		/* the label that asks for it */
	char *text;		/* canonical form: "--name=value" or "--name" */
	const char *value;	/* the part of text after '=', or NULL */
	int kind;		/* D2D_OPTION_ */
};

struct d2d_alias_options {
	struct d2d_alias_option *option;
	unsigned n;
};

/* Appends the options at the beginning of WORDS. *REST becomes the first word after them ("--" is skipped). Returns -EINVAL for an
 * option without its value or with control characters, and sets *why, which the caller frees. */
int d2d_alias_options_parse(struct d2d_alias_options *list, const char *label, char **words, char ***rest, char **why);

/* Appends one option with its long name NAME. Errors are as above. */
int d2d_alias_option_add(struct d2d_alias_options *list, const char *label, const char *name, const char *value,
		char **why);
void d2d_alias_options_free(struct d2d_alias_options *list);

/* ---- d2d_alias_volume.c: volumes that an image asks for ---- */

/* The user who runs the command. */
struct d2d_alias_caller {
	const char *home;	/* home directory, or NULL */
	const char *cwd;
	uid_t uid;
	gid_t gid;
	bool tty;		/* stdin and stdout are a terminal */
	const char *display, *xauthority;	/* of X, or NULL */
	const char *container;	/* the name of a container that is only made, and runs in the background; or NULL: run it now */
};

struct d2d_alias_volume {
	char *option;		/* "--volume=SOURCE:TARGET" or "--tmpfs=TARGET", completely expanded */
	char *folder;		/* directory of the caller that is mounted, or NULL */
	const char *why;	/* why it needs permission, or NULL */
};

/* Returns a path that begins with /, ~, $HOME or $PWD, expanded for the caller of the command; NULL if it begins otherwise or
 * contains other variables. The calling function frees it. */
char *d2d_alias_expand(const struct d2d_alias_caller *caller, const char *text);

/* Checks the value of an option of kind D2D_OPTION_VOLUME or D2D_OPTION_MOUNT and sets *v. v->option is NULL if the value has an
 * unknown form. The calling function frees the strings of *v except why. */
void d2d_alias_volume(const struct d2d_alias_caller *caller, int kind, const char *value, struct d2d_alias_volume *v);

/* ---- d2d_alias_label.c: labels of images ---- */

#define D2D_LABEL "org.debian2docker."

struct d2d_alias_request {
	struct d2d_alias_options options;
	char **args;		/* arguments before those of the caller; NULL-terminated, or NULL */
	bool no_tty;
};

/* Reads what the labels of an image ask for. FILE is the sidecar that contained them, or NULL. Returns -EINVAL if they are invalid,
 * and sets *why, which the caller frees. The caller frees *wish in either case. */
int d2d_alias_request(struct json_object *labels, const char *image, const char *file, struct d2d_alias_request *wish,
		char **why);
void d2d_alias_request_free(struct d2d_alias_request *wish);

/* Whether any label asks for options. */
bool d2d_alias_has_request(struct json_object *labels);

/* Returns the command name that the labels ask for, or NULL. It is untrusted text; the labels own it. */
const char *d2d_alias_label_command(struct json_object *labels);

/* ---- d2d_alias_command.c: the command line ---- */

struct d2d_alias_image {
	const char *name;	/* NAME:TAG */
	const char *id;		/* sha256:HEX */
	const char *user;	/* user in its configuration; "" for root */
};

struct d2d_alias_command {
	char **argv;		/* of docker; NULL if an option was refused */
	unsigned n;
	llist_t *folders;	/* directories of the caller that are mounted; missing ones have to be created */
	llist_t *refused;	/* options that need the user's permission */
	llist_t *reasons;	/* a line of text for each of them */
};

/* Builds the command line. ALLOWED is an array of options that the user has allowed. Returns 0, or -EACCES with refused and
 * reasons. The caller frees *command in either case. */
int d2d_alias_command(const struct d2d_alias_caller *caller, const struct d2d_alias_image *image,
		const struct d2d_alias_request *wish, struct json_object *allowed, char **args,
		struct d2d_alias_command *command);
void d2d_alias_command_free(struct d2d_alias_command *command);

/* ---- d2d_alias_allow.c: permissions ---- */

/* Read and write the options that the user has allowed: {"sha256:HEX":{"image":"NAME:TAG","options":["--privileged"]}}. The file
 * is on the store below ROOT ("" for /), or in memory if there is no store. d2d_alias_allowed_read() returns -EPERM if others than
 * root can write to the file, -EBADMSG if it is damaged; the caller frees *all with json_object_put() after an error, too. */
int d2d_alias_allowed_read(const char *root, struct json_object **all);
int d2d_alias_allowed_write(const char *root, struct json_object *all);

/* Returns the options that are allowed for one image, or NULL; ALL owns them. */
struct json_object *d2d_alias_allowed_for(struct json_object *all, const char *id);

/* ---- d2d_alias_sidecar.c: files NAME.alias with labels, for images without labels ---- */

struct d2d_sidecar {
	char *path;
	char *image;		/* NAME:TAG, or NAME for any tag; NULL: images whose last component is the file's name */
	struct json_object *labels;
};

/* Reads the files NAME.alias beside the images of the store, the medium and payloads, in this order. A file that can't be read or
 * is invalid is left out, and a line about it is appended to *bad. Returns the number of sidecars. */
int d2d_sidecars_read(const char *root, struct d2d_sidecar **list, llist_t **bad);
void d2d_sidecars_free(struct d2d_sidecar *list, int n);

/* Returns the first sidecar that applies to an image, or NULL; the list owns it. */
const struct d2d_sidecar *d2d_sidecar_for(const struct d2d_sidecar *list, int n, const char *image);

/* Whether a sidecar lies on the store, not on the medium or a stick. */
bool d2d_sidecar_is_of_store(const char *root, const struct d2d_sidecar *sidecar);

/* Parses the text of one sidecar. Returns -EINVAL if it is invalid, and sets *why, which the caller frees. The caller frees the
 * strings of *sidecar in either case. */
int d2d_sidecar_parse(const char *text, size_t len, struct d2d_sidecar *sidecar, char **why);

#endif
