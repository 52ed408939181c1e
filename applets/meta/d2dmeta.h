/*
 * Declarations shared by the parts of d2dmeta, which reads the metadata of a virtual machine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DMETA_H
#define D2DMETA_H 1

#include "d2dmeta_text.h"

/* Below D2D_METADATA. All users may read the files except user-data. */
#define D2DMETA_REPORT "report"		/* what 'load' has printed */
#define D2DMETA_USER_DATA "user-data"	/* as it is on the disk */
#define D2DMETA_ID "instance-id"

#define D2DMETA_JOIN "swarm=join\n"	/* the option for a disk with a swarm.conf */

struct d2dmeta {
	const char *root;	/* "" for /, else a root directory for tests */
	struct d2dmeta_notes notes;
};

/* ---- meta/disk.c ---- */

/* Where metadata is. */
struct d2dmeta_disk {
	enum d2dmeta_form { D2DMETA_NOCLOUD, D2DMETA_CONFIG_DRIVE } form;
	const char *dir;	/* a directory, or NULL: the volume */
	struct d2d_volume *list, *volume;
	int n;
	char *shown;		/* "NoCloud on /dev/sr0 (iso9660, label cidata)" */
};

/* Finds the metadata disk among the volumes that d2dmount has listed, or looks which form DIR has, unless it is NULL. Returns whether
 * there is one. A second disk is noted. The caller frees *DISK with d2dmeta_disk_free() in either case. */
bool d2dmeta_disk(struct d2dmeta *d, const char *dir, struct d2dmeta_disk *disk);
void d2dmeta_disk_free(struct d2dmeta_disk *disk);

/* Reads a file of at most D2DMETA_TEXT_MAX bytes. Returns NULL if it doesn't exist or, with a note, if it can't be used. *TEXT ends
 * in '\0'; the caller frees it. */
char *d2dmeta_read(struct d2dmeta *d, const struct d2dmeta_disk *disk, const char *name, size_t *len);

/* ---- meta/load.c ---- */

/* The verb 'load': reads the metadata disk, or DIR, and writes D2D_METADATA. The verb 'check': says what FILE means. Both print what is
 * wrong and what is ignored, and return the exit status. */
int d2dmeta_load(struct d2dmeta *d, const char *dir);
int d2dmeta_check(struct d2dmeta *d, const char *file);

/* ---- meta/save.c ---- */

/* What is to be written. */
struct d2dmeta_result {
	char *id, *hostname;
	struct d2dmeta_text keys, network;
	enum d2dmeta_kind kind;
	char *user_data;
	size_t user_len;
	char *swarm;		/* a d2d/swarm.conf, with a secret in it, or NULL */
	size_t swarm_len;
	struct d2dmeta_cloud cloud;
};

/* Replaces D2D_METADATA. Appends the names of the hooks that it has written to *HOOKS. Returns 0 or a negative errno. */
int d2dmeta_save(const struct d2dmeta *d, const struct d2dmeta_result *r, struct d2dmeta_text *hooks);

/* Writes a file below D2D_METADATA with a mode. Returns 0 or a negative errno. */
int d2dmeta_put(const struct d2dmeta *d, const char *name, const char *text, size_t len, unsigned mode);

/* ---- meta/files.c ---- */

/* The verb 'files': writes the files of cloud-config's write_files, as the user-data says that 'load' has kept. Returns the exit
 * status. */
int d2dmeta_files(struct d2dmeta *d);

#endif
