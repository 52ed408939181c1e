/*
 * libd2d, alias: how commands of images are named, and what may stand on their docker command line.
 *
 * Everything that comes from an image or a sidecar goes one way: labels -> d2d_alias_request() -> options, each in one
 * form -> d2d_alias_command(), which lets through what is on its list and what the user has allowed -> argv.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_ALIAS_H
#define D2D_ALIAS_H 1

#include "d2d_util.h"

struct json_object;

/* ---- d2d_alias.c ---- */

#define D2D_IMAGE_MAX (255 + 1 + 128)	/* a reference's longest name and tag */

struct d2d_alias {
	char *image;		/* NAME:TAG */
	char *wanted;		/* what its label or sidecar calls it, or NULL */
	char *name;		/* of its command, or NULL: it can't have one */
};

/* Begins with [a-z0-9], the rest is [a-z0-9._-]: nothing that a shell or a folder would take for something else. */
int d2d_is_command(const char *s);

/* NAME:TAG of letters, digits and ._-/: and not too long: nothing that a shell or "docker run" would. */
int d2d_is_image(const char *s);

/* Sorts and names: the last part of the repository (library/hello:latest is "hello"). Of several with one name the
 * tag "latest" wins, then the repository with fewer parts, then the order of names; the others become "hello-TAG",
 * or get no name when that is taken, too. What is wanted comes after all of these: no image takes the name of another
 * by a label. */
void d2d_alias_assign_names(struct d2d_alias *list, int n);

/* Whether a name is among the first n. */
int d2d_alias_name_taken(const struct d2d_alias *list, int n, const char *name);

/* ---- d2d_alias_option.c: options of 'docker run' ---- */

enum {
	D2D_OPTION_HARMLESS,	/* whoever asks gets it */
	D2D_OPTION_DEFAULT,	/* is so anyway: left out */
	D2D_OPTION_RESTRICTED,	/* needs the user's leave */
	D2D_OPTION_VOLUME,	/* depends on what it names */
	D2D_OPTION_MOUNT,
	D2D_OPTION_WORKDIR,
	D2D_OPTION_USER,	/* the container's user instead of the caller's */
	D2D_OPTION_GUI,
};

struct d2d_alias_option {
	char *label;		/* who asks for it */
	char *text;		/* "--name=value" or "--name", never any other form */
	const char *value;	/* of it, or NULL */
	int kind;		/* D2D_OPTION_ */
};

struct d2d_alias_options {
	struct d2d_alias_option *option;
	unsigned n;
};

/* Appends the options that WORDS begin with. *REST is the first word that isn't one ("--" is skipped). -EINVAL and
 * *why, to be freed: an option without its value, or with control characters. */
int d2d_alias_options_parse(struct d2d_alias_options *list, const char *label, char **words, char ***rest, char **why);

/* Appends one; NAME is its long name. -EINVAL and *why as above. */
int d2d_alias_option_add(struct d2d_alias_options *list, const char *label, const char *name, const char *value,
		char **why);
void d2d_alias_options_free(struct d2d_alias_options *list);

/* ---- d2d_alias_volume.c ---- */

struct d2d_alias_caller {
	const char *home;	/* NULL: none */
	const char *cwd;
	uid_t uid;
	gid_t gid;
	bool tty;		/* talks to a terminal */
	const char *display, *xauthority;	/* of X, or NULL */
};

struct d2d_alias_volume {
	char *option;		/* "--volume=SOURCE:TARGET" or "--tmpfs=TARGET", with nothing left to be expanded */
	char *folder;		/* of the caller's that is mounted, or NULL */
	const char *why;	/* why an image can't have it by itself, or NULL */
};

/* A path that begins with /, ~, $HOME or $PWD, written out for the caller, who frees it; NULL when it doesn't, or when
 * there is something else to expand. */
char *d2d_alias_expand(const struct d2d_alias_caller *caller, const char *text);

/* Judges the value of an option of kind VOLUME or MOUNT. *option is NULL when it can't be understood. The caller
 * frees the strings of *v but why. */
void d2d_alias_volume(const struct d2d_alias_caller *caller, int kind, const char *value, struct d2d_alias_volume *v);

/* ---- d2d_alias_label.c ---- */

#define D2D_LABEL "org.debian2docker."

struct d2d_alias_request {
	struct d2d_alias_options options;
	char **args;		/* stand before the caller's; NULL-terminated, or NULL */
	bool no_tty;
};

/* What the labels of an image ask for; FILE is the sidecar in which they stood, or NULL. -EINVAL and *why, to be
 * freed; the wish has to be freed in any case. */
int d2d_alias_request(struct json_object *labels, const char *image, const char *file, struct d2d_alias_request *wish,
		char **why);
void d2d_alias_request_free(struct d2d_alias_request *wish);

/* Whether labels say anything about options. */
bool d2d_alias_has_request(struct json_object *labels);

/* The name that labels give the command, or NULL; it may be any text. It belongs to the labels. */
const char *d2d_alias_label_command(struct json_object *labels);

/* ---- d2d_alias_command.c ---- */

struct d2d_alias_image {
	const char *name;	/* NAME:TAG */
	const char *id;		/* sha256:HEX */
	const char *user;	/* its own; "" for root */
};

struct d2d_alias_command {
	char **argv;		/* docker's; NULL when something was refused */
	unsigned n;
	llist_t *folders;	/* of the caller's that have to be there; some may not be yet */
	llist_t *refused;	/* the options that need the user's leave */
	llist_t *reasons;	/* a line for each */
};

/* ALLOWED is an array of option texts. 0, or -EACCES with refused and reasons. Free the command in any case. */
int d2d_alias_command(const struct d2d_alias_caller *caller, const struct d2d_alias_image *image,
		const struct d2d_alias_request *wish, struct json_object *allowed, char **args,
		struct d2d_alias_command *command);
void d2d_alias_command_free(struct d2d_alias_command *command);

/* ---- d2d_alias_allow.c ---- */

/* What was allowed, below ROOT ("" for /): {"sha256:HEX":{"image":"NAME:TAG","options":["--privileged"]}}. On the store,
 * or in memory when there is none. -EPERM when the file isn't root's alone, -EBADMSG when it is damaged; *all is to
 * be json_object_put() in any case. */
int d2d_alias_allowed_read(const char *root, struct json_object **all);
int d2d_alias_allowed_write(const char *root, struct json_object *all);

/* The options of one image, or NULL; they belong to all. */
struct json_object *d2d_alias_allowed_for(struct json_object *all, const char *id);

/* ---- d2d_alias_sidecar.c ---- */

struct d2d_sidecar {
	char *path;
	char *image;		/* NAME:TAG or NAME for any tag, or NULL: those whose last part is the file's name */
	struct json_object *labels;
};

/* Reads what lies as NAME.alias beside the images of store, medium and payloads, in this order. Files that can't be
 * read or aren't well formed are left out and appended to *bad as a line. Returns how many. */
int d2d_sidecars_read(const char *root, struct d2d_sidecar **list, llist_t **bad);
void d2d_sidecars_free(struct d2d_sidecar *list, int n);

/* The first that is meant for an image, or NULL. */
const struct d2d_sidecar *d2d_sidecar_for(const struct d2d_sidecar *list, int n, const char *image);

/* One file's text. -EINVAL and *why, to be freed. Free the strings of the sidecar in any case. */
int d2d_sidecar_parse(const char *text, size_t len, struct d2d_sidecar *sidecar, char **why);

#endif
