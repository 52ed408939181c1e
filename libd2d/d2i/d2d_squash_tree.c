/*
 * The names of all files of a layer that is being converted, as a tree sorted by name. An archive that could not be
 * unpacked is refused with its help, and the directories that entries only imply are known before they are written.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash_tree.o

#include <search.h>
#include "d2d_squash.h"

enum {
	TREE_MAX = 1024 * 1024 * 1024,	/* bytes in the tree of names */
	COMPONENT_MAX = 255,
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct d2d_squash_node *)a)->name, ((const struct d2d_squash_node *)b)->name);
}

struct d2d_squash_node *d2d_squash_tree_find(struct d2d_squash_tree *t, const char *name)
{
	struct d2d_squash_node key = { .name = name };
	struct d2d_squash_node **found = tfind(&key, &t->root, by_name);

	return found ? *found : NULL;
}

int d2d_squash_tree_add(struct d2d_squash_tree *t, struct d2d_layer *l, const char *name, struct d2d_squash_node **n)
{
	const char *slash = strrchr(name, '/');
	size_t len = strlen(name);

	if (strlen(slash ? slash + 1 : name) > COMPONENT_MAX)
		return -ENAMETOOLONG;
	t->bytes += sizeof(**n) + len + 64;
	if (t->bytes > TREE_MAX)
		return d2d_layer_fail(l, -EFBIG, "too many files");
	*n = xzalloc(sizeof(**n) + len + 1);
	(*n)->name = strcpy((char *)(*n + 1), name);
	(*n)->type = '5';
	(*n)->mode = 0755;
	tsearch(*n, &t->root, by_name);
	return 0;
}

void d2d_squash_free_xattrs(struct d2d_squash_node *n)
{
	while (n->n_xattrs) {
		free(n->xattrs[--n->n_xattrs].name);
		free(n->xattrs[n->n_xattrs].value);
	}
	free(n->xattrs);
	n->xattrs = NULL;
}

void d2d_squash_tree_set_link(struct d2d_squash_tree *t, struct d2d_squash_node *n, const char *link)
{
	n->link = xstrdup(link);
	t->bytes += strlen(link);
}

static void free_node(void *node)
{
	struct d2d_squash_node *n = node;

	d2d_squash_free_xattrs(n);
	if (!n->target)
		free((char *)n->link);
	free(n);
}

int d2d_squash_tree_enter(struct d2d_squash_tree *t, struct d2d_layer *l, const char *name, bool make,
		struct d2d_squash_node **parent)
{
	const char *slash = strrchr(name, '/');
	struct d2d_squash_node *n = NULL;
	int r = 0;

	*parent = NULL;
	if (!slash)
		return 0;
	if (t->parent && strncmp(t->parent->name, name, slash - name) == 0 && !t->parent->name[slash - name]) {
		*parent = t->parent;
		return 0;
	}
	for (slash = strchr(name, '/'); r == 0 && slash; slash = strchr(slash + 1, '/')) {
		char *path = xstrndup(name, slash - name);

		n = d2d_squash_tree_find(t, path);
		if (!n)
			r = make ? d2d_squash_tree_add(t, l, path, &n) : -ENOENT;
		else if (n->type == '2')
			r = d2d_layer_fail(l, -EBADMSG, "'%s' leads through a symbolic link", name);
		else if (n->type != '5')
			r = d2d_layer_fail(l, -EBADMSG, "'%s' leads through something that is not a directory", name);
		free(path);
	}
	if (r == 0)
		*parent = t->parent = n;
	return r;
}

void d2d_squash_tree_free(struct d2d_squash_tree *t)
{
	tdestroy(t->root, free_node);
}
