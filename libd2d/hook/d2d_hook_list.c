/*
 * Lists of hooks: appending, sorting and freeing.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_list.o

#include "d2d_hook.h"

void d2d_hooks_add(struct d2d_hooks *list, struct d2d_hook *hook)
{
	list->hook = xrealloc_vector(list->hook, 6, list->n);
	list->hook[list->n++] = hook;
}

static void hook_free(struct d2d_hook *hook)
{
	d2d_hook_head_free(&hook->head);
	free(hook->stage);
	free(hook->name);
	free(hook->path);
	free(hook->file);
	free(hook->trust);
	free(hook->why);
	free(hook->deps);
	free(hook->last);
	free(hook->log);
	free(hook);
}

void d2d_hooks_free(struct d2d_hooks *list)
{
	while (list->n)
		hook_free(list->hook[--list->n]);
	free(list->hook);
	list->hook = NULL;
}

/* Orders by stage and name; of the same name the higher rank comes first. */
static int compare(const void *a, const void *b)
{
	const struct d2d_hook *x = *(struct d2d_hook *const *)a;
	const struct d2d_hook *y = *(struct d2d_hook *const *)b;
	int order = strcmp(x->stage, y->stage);

	if (!order)
		order = strcmp(x->name, y->name);
	if (!order)
		order = x->rank < y->rank ? 1 : -(x->rank > y->rank);
	return order;
}

void d2d_hooks_sort(struct d2d_hooks *list)
{
	if (list->n)
		qsort(list->hook, list->n, sizeof(*list->hook), compare);
}

struct d2d_hook *d2d_hooks_found(struct d2d_hooks *list, const char *stage, const char *name, const char *path, const char *why)
{
	struct d2d_hook *hook = xzalloc(sizeof(*hook));

	hook->stage = xstrdup(stage);
	hook->name = xstrdup(name);
	hook->path = xstrdup(path);
	hook->file = xstrdup(path);
	hook->code = -1;
	if (why) {
		hook->state = D2D_HOOK_REFUSED;
		hook->why = xstrdup(why);
	}
	d2d_hooks_add(list, hook);
	return hook;
}
