/*
 * Queries on LVM2's metadata after libdevmapper has parsed it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_LVM) += d2d_lvm_text.o

#include "d2d_lvm_text.h"

enum { DEPTH = 8 };	/* nested sections; LVM has 4: group, logical_volumes, volume, segment */

static void discard_log(int level UNUSED_PARAM, const char *file UNUSED_PARAM, int line UNUSED_PARAM,
	int err UNUSED_PARAM, const char *format UNUSED_PARAM, ...)
{
}

void d2d_lvm_silence_log(void)
{
	dm_log_with_errno_init(discard_log);
}

/* Returns whether the text is safe for libdevmapper's parser, which calls itself for each nested section and takes 8 kB
 * of stack each time. A quote is accepted only where LVM writes one: there the parser, too, takes it for the beginning
 * of a string. */
bool d2d_lvm_text_is_safe(const char *p)
{
	const char *begin = p;
	int depth = 0;

	for (; *p; p++) {
		if (*p == '#') {
			p = strchrnul(p, '\n');
		} else if (*p == '"') {
			if (p - begin < 2 || (!isspace(p[-1]) && !(p[-1] == '[' && isspace(p[-2]))))
				return false;
			while (*++p && *p != '"')
				if (*p == '\\' && p[1])
					p++;
		} else if (*p == '{') {
			if (++depth > DEPTH)
				return false;
		} else if (*p == '}') {
			depth--;
		} else if (*p == '\'') {
			return false;
		}
		if (!*p)
			break;
	}
	return true;
}

bool d2d_lvm_number(const struct dm_config_node *node, const char *key, uint64_t max, uint64_t *n)
{
	return dm_config_get_uint64(node, key, n) && *n <= max;
}

/* Reads an ID such as "abcdef-0123-...": 32 characters, with hyphens between them. */
bool d2d_lvm_id(const struct dm_config_node *node, char id[D2D_LVM_ID + 1])
{
	const char *text = dm_config_find_str(node->child, "id", "");
	int n = 0;

	for (; *text; text++) {
		if (*text == '-')
			continue;
		if (n == D2D_LVM_ID || (!isalnum(*text) && *text != '!' && *text != '#'))
			return false;
		id[n++] = *text;
	}
	id[n] = '\0';
	return n == D2D_LVM_ID;
}

/* See "VALID NAMES" in lvm(8). */
bool d2d_lvm_name_is_valid(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!isalnum(*p) && !strchr("+_.-", *p))
			return false;
	return name[0] && name[0] != '-' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

bool d2d_lvm_has_keyword(const struct dm_config_node *node, const char *key, const char *word)
{
	const struct dm_config_node *list = dm_config_find_node(node->child, key);
	const struct dm_config_value *v;

	for (v = list ? list->v : NULL; v; v = v->next)
		if (v->type == DM_CFG_STRING && strcmp(v->v.str, word) == 0)
			return true;
	return false;
}

const char *d2d_lvm_unknown_keyword(const struct dm_config_node *node, const char *known)
{
	static const char keys[] ALIGN1 = "status\0""flags\0";
	const struct dm_config_node *list;
	const struct dm_config_value *v;
	const char *key;

	for (key = keys; *key; key += strlen(key) + 1) {
		list = dm_config_find_node(node->child, key);
		for (v = list ? list->v : NULL; v; v = v->next) {
			if (v->type == DM_CFG_STRING ? index_in_strings(known, v->v.str) < 0 : v->type != DM_CFG_EMPTY_ARRAY)
				return v->type == DM_CFG_STRING ? v->v.str : "(not a string)";
		}
	}
	return NULL;
}

char *d2d_lvm_format_reason(const char *format, const char *what)
{
	char *shown = d2d_printable(what, MIN(strlen(what), 64)), *text = xasprintf(format, shown);

	free(shown);
	return text;
}
