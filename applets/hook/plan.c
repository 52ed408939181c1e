/*
 * d2dhook: finds the hooks and plans a stage, for all verbs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_plan.o

#include "d2dhook.h"

const char *d2dhook_option(const struct d2dhook *d, const char *name)
{
	return d2d_hook_option(d->env, name);
}

void d2dhook_scan(struct d2dhook *d, struct d2d_hooks *list)
{
	unsigned i;

	if (d->env)
		d2d_hook_env_free(d->env);
	d->env = d2d_hook_env(d->root, d->results);
	d2d_trust_begin(&d->trust, d->root, d2dhook_option(d, "HOOKS"), d2dhook_option(d, "STORE"));
	if (!d->dirs[0])
		d2d_hooks_scan_all(list, d->root, &d->trust);
	for (i = 0; d->dirs[i]; i++) {
		char *dir = xmalloc_realpath(d->dirs[i]);

		if (!dir)
			bb_perror_msg_and_die("can't open '%s'", d->dirs[i]);
		d2d_hooks_scan(list, dir, "dir", i);
		free(dir);
	}
	d2d_hooks_sort(list);
}

void d2dhook_plan(struct d2dhook *d, struct d2d_hooks *list, const char *stage, bool copy)
{
	d2d_trust_stage(&d->trust, list, stage, copy);
	d2d_hooks_plan(list, stage, d2dhook_option(d, "SKIP"));
}

const char *d2dhook_next_stage(const struct d2d_hooks *list, const char *last)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (d2d_hook_name_ok(list->hook[i]->stage) && strcmp(list->hook[i]->stage, last) > 0)
			return list->hook[i]->stage;
	return NULL;
}
