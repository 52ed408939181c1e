/*
 * Finds hooks in directories: DIR/NN-stage/NN-name.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_scan.o

#include "d2d_hook.h"

#define ENTRIES_MAX D2D_HOOKS_MAX

/* A directory of hooks that is being scanned. */
struct source {
	struct d2d_hooks *list;
	const char *name;
	unsigned rank;
};

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

static void add(const struct source *src, const char *stage, const char *name, const char *path, const char *why)
{
	struct d2d_hook *hook = d2d_hooks_found(src->list, stage, name, path, why);

	hook->source = src->name;
	hook->rank = src->rank;
}

void d2d_hooks_refuse(struct d2d_hooks *list, const char *stage, const char *name, const char *path, const char *why)
{
	const struct source src = { list, "builtin", 0 };

	add(&src, stage, name, path, why);
}

/* Returns whether PATH is a sidecar: NAME.d2d, which holds the head of the binary NAME. */
static bool is_sidecar(const char *path)
{
	size_t len = strlen(path);
	struct stat st;
	char *hook;
	bool there;

	if (len < 5 || strcmp(path + len - 4, ".d2d") != 0)
		return false;
	hook = xstrndup(path, len - 4);
	there = lstat(hook, &st) == 0 && S_ISREG(st.st_mode);
	free(hook);
	return there;
}

const char *d2d_hook_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK: return "a symbolic link, not a file";
	case S_IFDIR: return "a directory, not a file";
	case S_IFIFO: return "a FIFO, not a file";
	case S_IFSOCK: return "a socket, not a file";
	default: return "a device, not a file";
	}
}

static void scan_hook(const struct source *src, const char *stage, const char *name, const char *path)
{
	const char *why = NULL;
	bool masks = false;
	struct stat st;

	if (lstat(path, &st) < 0)
		why = strerror(errno);
	else if (!d2d_hook_name_ok(name))
		why = "its name is not NN-name with only A-Za-z0-9._-";
	else if (!S_ISREG(st.st_mode))
		why = d2d_hook_kind(st.st_mode);
	else if (is_sidecar(path))
		return;
	else if (strcmp(name + strlen(name) - MIN(strlen(name), 4), ".d2d") == 0)
		why = "a head without a hook";
	else if (st.st_size == 0)
		masks = true;
	else if (!(st.st_mode & 0111))
		why = "not executable";

	add(src, stage, name, path, why);
	if (masks)
		src->list->hook[src->list->n - 1]->state = D2D_HOOK_MASKS;
}

static const char *folder_error(int err)
{
	return err == -E2BIG ? "more than 1000 entries" : strerror(-err);
}

static void scan_stage(const struct source *src, const char *stage, const char *path)
{
	char **names, *file;
	struct stat st;
	int i, n;

	if (!d2d_hook_name_ok(stage) || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
		add(src, stage, "", path, "not a directory called NN-name with only A-Za-z0-9._-");
		return;
	}
	n = d2d_folder(path, ENTRIES_MAX, &names);
	if (n < 0)
		add(src, stage, "", path, folder_error(n));
	for (i = 0; i < n; i++) {
		file = concat_path_file(path, names[i]);
		scan_hook(src, stage, names[i], file);
		free(file);
	}
	d2d_folder_free(names, n);
}

void d2d_hooks_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank)
{
	const struct source src = { list, source, rank };
	char **names, *path;
	int i, n = d2d_folder(dir, ENTRIES_MAX, &names);

	if (n < 0 && n != -ENOENT && n != -ENOTDIR)
		add(&src, "", "", dir, folder_error(n));
	for (i = 0; i < n; i++) {
		if (index_in_strings("manifest\0manifest.minisig\0", names[i]) >= 0)
			continue;
		path = concat_path_file(dir, names[i]);
		scan_stage(&src, names[i], path);
		free(path);
	}
	d2d_folder_free(names, n);
}

static void scan(struct d2d_hooks *list, char *dir, const char *source, unsigned rank, struct d2d_trust *trust)
{
	if (trust->kind == D2D_KIND_HOOKS)
		d2d_hooks_scan(list, dir, source, rank);
	else
		d2d_bin_scan(list, trust->kind, dir, source, rank);
	d2d_trust_source(trust, list, dir, source, rank);
	free(dir);
}

/* The first volume of several wins, so ranks fall. */
static void scan_payloads(struct d2d_hooks *list, const char *root, unsigned rank, struct d2d_trust *trust)
{
	char *dir = xasprintf("%s"D2D_PAYLOAD, root);
	char **names;
	int i, n = d2d_folder(dir, ENTRIES_MAX, &names);

	for (i = 0; i < n; i++) {
		/* Comes from the network, and late: commands alone. */
		if (trust->kind != D2D_KIND_BIN && strcmp(names[i], bb_basename(D2D_NFS)) == 0)
			continue;
		scan(list, xasprintf("%s/%s/d2d/%s", dir, names[i], d2d_kind_folder(trust->kind)), "usb", rank + n - i, trust);
	}
	d2d_folder_free(names, n);
	free(dir);
}

void d2d_hooks_scan_all(struct d2d_hooks *list, const char *root, struct d2d_trust *trust)
{
	static const char *const places[][2] = {
		{ "builtin", NULL }, { "early", D2D_EARLY }, { "medium", D2D_MEDIUM }, { "store", D2D_STORE }
	};
	unsigned i, n = trust->mode == D2D_TRUST_BUILTIN ? 1 : ARRAY_SIZE(places);

	/* Commands and layers come neither from the image nor from what the boot loader has brought. */
	for (i = trust->kind ? 2 : 0; i < n; i++)
		scan(list, i ? xasprintf("%s%s/d2d/%s", root, places[i][1], d2d_kind_folder(trust->kind))
			: xasprintf("%s"D2D_HOOKS, root), places[i][0], i, trust);
	if (n > 1)
		scan_payloads(list, root, n, trust);
}
