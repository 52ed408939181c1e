/*
 * d2dmeta: reading the files of a metadata disk. All of this works on memory only; testsuite/fuzz compiles it without the rest.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DMETA_TEXT_H
#define D2DMETA_TEXT_H 1

#include <json-c/json.h>
#include "d2d_util.h"

enum { D2DMETA_TEXT_MAX = 1024 * 1024 };	/* bytes of a file, and of what is made of it */

/* ---- meta/notes.c: messages, in printable ASCII, at most D2DMETA_NOTES_MAX of each kind ---- */

enum { D2DMETA_NOTES_MAX = 50 };

struct d2dmeta_notes {
	const char *file;	/* the one that is being read: "user-data" */
	llist_t *ignored;	/* what has no meaning here */
	llist_t *wrong;
	unsigned n_ignored, n_wrong;
};

void d2dmeta_ignored(struct d2dmeta_notes *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
void d2dmeta_wrong(struct d2dmeta_notes *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
void d2dmeta_notes_free(struct d2dmeta_notes *n);

/* Notes all keys of an object but those in KNOWN, in the form of index_in_strings(), as ignored. WHERE is a prefix, as in
 * "ethernets.eth0.". */
void d2dmeta_unknown(struct d2dmeta_notes *n, struct json_object *o, const char *known, const char *where);

/* ---- meta/text.c ---- */

/* Text that is made from untrusted values. */
struct d2dmeta_text {
	char *text;		/* ends in '\0'; NULL if it is empty */
	size_t len;
	bool full;		/* more than D2DMETA_TEXT_MAX bytes would be needed: the rest was left out */
};

void d2dmeta_add(struct d2dmeta_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether TEXT has no control characters, and so stays on its line. */
bool d2dmeta_is_line(const char *text);

/* Returns the text of a value, also of a number or truth value in JSON, or NULL for anything else. The object owns it. */
const char *d2dmeta_scalar(struct json_object *o);

/* The same for an object's key; NULL also if O is none or lacks the key. */
const char *d2dmeta_get(struct json_object *o, const char *key);

/* Returns an object's key if it has this type, else NULL. */
struct json_object *d2dmeta_typed(struct json_object *o, const char *key, enum json_type type);

/* Returns 1 or 0 for a truth value of YAML 1.1 or JSON, -1 if the key is missing or anything else. */
int d2dmeta_flag(struct json_object *o, const char *key);

/* ---- meta/yaml.c ---- */

/* Parses a YAML document whose top is a mapping, which JSON usually is, too. Returns NULL, with a note, if it isn't valid. The caller
 * frees the object with json_object_put(). */
struct json_object *d2dmeta_yaml(const char *text, size_t len, struct d2dmeta_notes *n);

/* Parses JSON in the same way. (in meta/text.c) */
struct json_object *d2dmeta_json(const char *text, size_t len, struct d2dmeta_notes *n);

/* ---- meta/cloud.c: cloud-config, which user-data may be ---- */

struct d2dmeta_cloud {
	char *hostname;
	struct d2dmeta_text keys;	/* lines of authorized_keys */
	struct d2dmeta_text bootcmd, runcmd;	/* lines of a shell script */
	struct d2dmeta_text config;	/* lines in the form of D2D_CONFIG */
	unsigned files;			/* number of entries in write_files, see meta/file.c */
};

void d2dmeta_cloud(struct json_object *o, struct d2dmeta_cloud *c, struct d2dmeta_notes *n);
void d2dmeta_cloud_free(struct d2dmeta_cloud *c);

/* Adds the keys of an array of texts, of a text, or of an object of either, as clouds write them. */
void d2dmeta_keys(struct json_object *o, struct d2dmeta_text *keys, struct d2dmeta_notes *n);

/* Returns the kind of user-data by its first bytes. */
enum d2dmeta_kind { D2DMETA_EMPTY, D2DMETA_SCRIPT, D2DMETA_CLOUD_CONFIG, D2DMETA_OTHER };
enum d2dmeta_kind d2dmeta_kind(const char *text, size_t len);

/* ---- meta/file.c: an entry of write_files ---- */

struct d2dmeta_file {
	char *path;		/* relative to the root, without '.', ".." and repeated slashes */
	char *data;
	size_t len;
	unsigned mode;
	char *owner;		/* "USER:GROUP", or NULL */
	bool append;
};

/* Returns NULL, or a static text that says why the entry isn't valid. The caller frees *F with d2dmeta_file_free() in either case. */
const char *d2dmeta_file(struct json_object *entry, struct d2dmeta_file *f);
void d2dmeta_file_free(struct d2dmeta_file *f);

/* ---- meta/network.c, meta/version1.c, meta/netplan.c, meta/openstack.c: settings of the network in the form of d2d/network ---- */

enum { D2DMETA_INTERFACES_MAX = 128 };	/* more than d2dnet takes; each is compared with all others */

/* The settings being written. */
struct d2dmeta_network {
	struct d2dmeta_text out;
	struct d2dmeta_notes *notes;
	const char *where;	/* the object that is being read, for notes: "ethernets.eth0." */
};

/* Returns N, or the largest number of interfaces that are read; then that is noted. */
size_t d2dmeta_interfaces(struct d2dmeta_network *w, size_t n);

/* Notes the keys of an object that are not in KNOWN. SUB is its own key in the object that is being read, or "". */
void d2dmeta_other(struct d2dmeta_network *w, struct json_object *o, const char *known, const char *sub);

/* Begins a section, as in [card eth0]. */
void d2dmeta_section(struct d2dmeta_network *w, const char *kind, const char *name);

/* Writes KEY = VALUE, unless VALUE is NULL or no single line. */
void d2dmeta_line(struct d2dmeta_network *w, const char *key, const char *value);

/* Writes a line for each text of an array, or for a text with words between blanks and commas. */
void d2dmeta_lines(struct d2dmeta_network *w, const char *key, struct json_object *values);

/* Writes an address. NETMASK may be NULL, "255.255.255.0", "ffff:ffff::" or "24". */
void d2dmeta_address(struct d2dmeta_network *w, const char *address, const char *netmask);

/* Writes a route, or a gateway if it is for all networks: "default" is both families' word. GATEWAY may be NULL: on the link. */
void d2dmeta_route(struct d2dmeta_network *w, const char *to, const char *netmask, const char *gateway);

/* Writes what cloud-init's network-config (versions 1 and 2), or ConfigDrive's network_data.json, says. */
void d2dmeta_network_config(struct json_object *o, struct d2dmeta_network *w);
void d2dmeta_netplan(struct json_object *o, struct d2dmeta_network *w);	/* version 2 */
void d2dmeta_network_data(struct json_object *o, struct d2dmeta_network *w);

#endif
