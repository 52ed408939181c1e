/*
 * Decides whether a hook can start: whether those that it waits for are over, and what it needs is there.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_ready.o

#include "d2d_hook.h"

void d2d_hook_result(struct d2d_hook *hook, int state, char *why)
{
	free(hook->why);
	hook->state = state;
	hook->why = why;
	hook->end = d2d_now();
}

/* Whether the path that the hook's head names is there, also if it has no such line. */
static bool is_there(const struct d2d_hook *hook, const char *root)
{
	char *path = hook->head.exists ? xasprintf("%s%s", root, hook->head.exists) : NULL;
	bool is = !path || access(path, F_OK) == 0;

	free(path);
	return is;
}

int d2d_hook_ready(struct d2d_hook *hook, const char *root)
{
	unsigned i;

	for (i = 0; i < hook->n_deps; i++) {
		const struct d2d_hook *on = hook->deps[i].on;

		if (on->state == D2D_HOOK_RUNS)
			return 0;
	}
	for (i = 0; i < hook->n_deps; i++) {
		const struct d2d_hook *on = hook->deps[i].on;
		bool skipped = on->state == D2D_HOOK_SKIPPED || on->state == D2D_HOOK_MASKS;

		if (!hook->deps[i].need || on->state == D2D_HOOK_DONE)
			continue;
		d2d_hook_result(hook, skipped ? D2D_HOOK_SKIPPED : D2D_HOOK_FAILED,
			xasprintf("needs %s, which %s", on->name, on->state == D2D_HOOK_MASKS ? "is masked" :
				skipped ? "was skipped" : "failed"));
		hook->start = hook->end;
		return -1;
	}
	if (!is_there(hook, root)) {
		d2d_hook_result(hook, D2D_HOOK_SKIPPED, xasprintf("there is no %s", hook->head.exists));
		hook->start = hook->end;
		return -1;
	}
	return 1;
}
