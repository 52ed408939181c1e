/*
 * What the readers of LVM2's metadata share. NODE is a section, KEY a name in it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2D_LVM_TEXT_H
#define D2D_LVM_TEXT_H 1

#include <libdevmapper.h>
#include "d2d_lvm.h"

/* libdevmapper says nothing on stderr from now on: what it returns and errno tell. */
void d2d_lvm_silence_log(void);

/* Whether libdevmapper's parser can be given a text: it needs stack for each section within a section. */
bool d2d_lvm_text_is_safe(const char *text);

bool d2d_lvm_number(const struct dm_config_node *node, const char *key, uint64_t max, uint64_t *n);
bool d2d_lvm_id(const struct dm_config_node *node, char id[D2D_LVM_ID + 1]);
bool d2d_lvm_name_is_valid(const char *name);

/* Is WORD in the list KEY? */
bool d2d_lvm_has_keyword(const struct dm_config_node *node, const char *key, const char *word);

/* The first word of its status or flags that isn't one of KNOWN (as for index_in_strings), NULL when there is none. */
const char *d2d_lvm_unknown_keyword(const struct dm_config_node *node, const char *known);

/* As by xasprintf(FORMAT, WHAT), with what came from outside made fit to be shown. The caller frees it. */
char *d2d_lvm_format_reason(const char *format, const char *what);

/* Reads the section of a group's volumes (NULL: there are none). NULL, or why the group can't be used (d2d_lvm_volume.c). */
const char *d2d_lvm_volumes_read(const struct dm_config_node *node, struct d2d_lvm_group *g);

#endif
