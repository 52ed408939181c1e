/*
 * Plans a stage: decides which hooks run and finds their dependencies.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_plan.o

#include "d2d_hook.h"

/* The hooks of one stage: consecutive entries of a sorted list. */
struct stage {
	struct d2d_hook **hook;
	unsigned n;
};

const char *d2d_hook_state(const struct d2d_hook *hook)
{
	static const char *const names[] = {
		"runs", "masks", "masked", "overridden", "refused", "done", "skipped", "failed", "timeout"
	};

	return names[hook->state];
}

bool d2d_hook_listed(const struct d2d_hook *hook, const char *names)
{
	size_t stage = strlen(hook->stage), len;

	for (; names && *names; names += len + (names[len] == ',')) {
		const char *name = names;

		len = strchrnul(names, ',') - names;
		if (len > stage && strncmp(name, hook->stage, stage) == 0 && name[stage] == '/')
			name += stage + 1;
		if (strlen(hook->name) == (size_t)(names + len - name) && is_prefixed_with(name, hook->name))
			return true;
	}
	return false;
}

static void fail(struct d2d_hook *hook, char *why)
{
	free(hook->why);
	hook->why = why;
	hook->state = D2D_HOOK_FAILED;
}

/* Reads the first bytes of a regular file. Returns their number or a negative errno. */
static ssize_t read_start(const char *path, char *buf, size_t size)
{
	struct stat st;
	int fd = d2d_file_open(path, &st);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = full_read(fd, buf, size);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

/* Reads the bytes with the head: those of a script are its own first bytes, those of a binary are in the sidecar NAME.d2d.
 * Returns their number or a negative errno. The caller frees *why, which may also be set without an error if the hook can't
 * be executed. */
static ssize_t read_head_text(const struct d2d_hook *hook, char *buf, char **why)
{
	char *sidecar = xasprintf("%s.d2d", hook->path);
	ssize_t len = read_start(hook->path, buf, D2D_HOOK_HEAD);

	if (len >= 0 && !hook->foreign)
		d2d_hook_program(buf, len, "", why);
	if (len >= 2 && buf[0] == '#' && buf[1] == '!') {
		if (access(sidecar, F_OK) == 0) {
			free(*why);
			*why = xstrdup("the head of a script must be in the script, not in NAME.d2d");
			len = -EINVAL;
		}
	} else if (len >= 0) {
		len = read_start(sidecar, buf, D2D_HOOK_HEAD);
		if (len == -ENOENT)
			len = 0;
	}
	if (len < 0 && !*why)
		*why = xasprintf("can't read it: %s", strerror(-len));
	free(sidecar);
	return len;
}

static void read_head(struct d2d_hook *hook)
{
	char buf[D2D_HOOK_HEAD];
	char *why = NULL;
	ssize_t len = read_head_text(hook, buf, &why);

	if (len >= 0) {
		char *wrong;

		d2d_hook_head_parse(&hook->head, buf, len, &wrong);
		if (why)
			free(wrong);
		else
			why = wrong;
	}
	if (why)
		fail(hook, why);
}

/* Of several hooks with the same name, the first that isn't refused wins. */
static void resolve_overrides(struct stage *stage)
{
	struct d2d_hook *winner = NULL;
	unsigned i;

	for (i = 0; i < stage->n; i++) {
		struct d2d_hook *hook = stage->hook[i];

		if (hook->state == D2D_HOOK_REFUSED)
			continue;
		if (!winner || strcmp(winner->name, hook->name) != 0) {
			winner = hook;
			continue;
		}
		hook->why = xasprintf("by %s", winner->source);
		hook->state = winner->state == D2D_HOOK_MASKS ? D2D_HOOK_MASKED : D2D_HOOK_OVERRIDDEN;
	}
}

static bool wins(const struct d2d_hook *hook)
{
	return hook->state != D2D_HOOK_REFUSED && hook->state != D2D_HOOK_MASKED && hook->state != D2D_HOOK_OVERRIDDEN;
}

/* Finds the hook that NAME refers to: the one that wins, or a refused one if there is no other. */
static struct d2d_hook *find(const struct stage *stage, const char *name)
{
	struct d2d_hook *refused = NULL;
	unsigned i;

	for (i = 0; i < stage->n; i++) {
		if (strcmp(stage->hook[i]->name, name) != 0)
			continue;
		if (wins(stage->hook[i]))
			return stage->hook[i];
		refused = stage->hook[i];
	}
	return refused;
}

/* Adds the hooks in NAMES as dependencies of HOOK. If NEED is set, a hook that doesn't exist is an error. */
static void add_dependencies(const struct stage *stage, struct d2d_hook *hook, llist_t *names, bool need)
{
	for (; names; names = names->link) {
		struct d2d_hook *on = find(stage, names->data);

		/* "after" may name a hook that this image was built without. */
		if (!on && !need)
			continue;
		if (!on) {
			fail(hook, xasprintf("needs %s, which is not in its stage", names->data));
			return;
		}
		hook->deps = xrealloc_vector(hook->deps, 2, hook->n_deps);
		hook->deps[hook->n_deps].on = on;
		hook->deps[hook->n_deps++].need = need;
	}
}

/* Fails all hooks of a dependency cycle: those on the search path from START to END, which depends on START. */
static void fail_cycle(struct d2d_hook *start, struct d2d_hook *end)
{
	char *text = xstrdup(start->name), *longer;
	struct d2d_hook *hook;

	for (hook = end; ; hook = hook->via) {
		longer = xasprintf("%s -> %s", hook->name, text);
		free(text);
		text = longer;
		if (hook == start)
			break;
	}
	for (hook = end; ; hook = hook->via) {
		fail(hook, xasprintf("cycle: %s", text));
		if (hook == start)
			break;
	}
	free(text);
}

/* Depth-first search: a hook that is met again on the current search path (mark 1) closes a cycle. */
static void find_cycles(struct d2d_hook *hook)
{
	unsigned i;

	hook->mark = 1;
	for (i = 0; i < hook->n_deps && hook->state == D2D_HOOK_RUNS; i++) {
		struct d2d_hook *on = hook->deps[i].on;

		if (on->state != D2D_HOOK_RUNS)
			continue;
		if (on->mark == 1) {
			fail_cycle(on, hook);
		} else if (!on->mark) {
			on->via = hook;
			find_cycles(on);
		}
	}
	hook->mark = 2;
}

void d2d_hooks_plan(struct d2d_hooks *list, const char *name, const char *skip)
{
	struct stage stage = { NULL, 0 };
	unsigned i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(list->hook[i]->stage, name) != 0)
			continue;
		if (!stage.hook)
			stage.hook = list->hook + i;
		stage.n++;
	}
	resolve_overrides(&stage);

	for (i = 0; i < stage.n; i++) {
		struct d2d_hook *hook = stage.hook[i];

		if (hook->state != D2D_HOOK_RUNS)
			continue;
		if (d2d_hook_listed(hook, skip)) {
			hook->state = D2D_HOOK_SKIPPED;
			hook->why = xstrdup("d2d.skip");
		} else {
			read_head(hook);
		}
	}
	for (i = 0; i < stage.n; i++) {
		if (stage.hook[i]->state == D2D_HOOK_RUNS)
			add_dependencies(&stage, stage.hook[i], stage.hook[i]->head.after, false);
		if (stage.hook[i]->state == D2D_HOOK_RUNS)
			add_dependencies(&stage, stage.hook[i], stage.hook[i]->head.needs, true);
	}
	for (i = 0; i < stage.n; i++)
		if (stage.hook[i]->state == D2D_HOOK_RUNS && !stage.hook[i]->mark)
			find_cycles(stage.hook[i]);
}
