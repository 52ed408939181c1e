/*
 * Declarations shared by the readers of LVM2's metadata. NODE is a section of the metadata, KEY a name in it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LVM_TEXT_H
#define D2D_LVM_TEXT_H 1

#include <libdevmapper.h>
#include "d2d_lvm.h"

/* Stops libdevmapper from printing to stderr. Its return values and errno report errors. */
void d2d_lvm_silence_log(void);

/* Whether libdevmapper's parser can read a text without overflowing the stack: it calls itself for each nested section. */
bool d2d_lvm_text_is_safe(const char *text);

/* Read a number of at most MAX, or an ID. Return false if it is missing or invalid. */
bool d2d_lvm_number(const struct dm_config_node *node, const char *key, uint64_t max, uint64_t *n);
bool d2d_lvm_id(const struct dm_config_node *node, char id[D2D_LVM_ID + 1]);

/* Whether a name follows LVM's rules for names. */
bool d2d_lvm_name_is_valid(const char *name);

/* Whether WORD is in the list KEY. */
bool d2d_lvm_has_keyword(const struct dm_config_node *node, const char *key, const char *word);

/* Returns the first word of the section's status or flags that is not in KNOWN (a list for index_in_strings()), or NULL. */
const char *d2d_lvm_unknown_keyword(const struct dm_config_node *node, const char *known);

/* Returns xasprintf(FORMAT, WHAT), with the untrusted text WHAT made printable and cut to 64 bytes. The caller frees it. */
char *d2d_lvm_format_reason(const char *format, const char *what);

/* Reads the section with a group's volumes; NODE is NULL if there is none. Returns NULL, or a static text that says why the group
 * can't be used (d2d_lvm_volume.c). */
const char *d2d_lvm_volumes_read(const struct dm_config_node *node, struct d2d_lvm_group *g);

#endif
