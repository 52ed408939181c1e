/*
 * Finds hooks in directories: DIR/NN-stage/NN-name.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_scan.o

#include "d2d_hook.h"

/* A directory of hooks that is being scanned. */
struct source {
	struct d2d_hooks *list;
	const char *name;
	unsigned rank;
};

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
	n = d2d_dir_list(path, D2D_HOOKS_MAX, &names);
	if (n < 0)
		add(src, stage, "", path, folder_error(n));
	for (i = 0; i < n; i++) {
		file = concat_path_file(path, names[i]);
		scan_hook(src, stage, names[i], file);
		free(file);
	}
	d2d_dir_list_free(names, n);
}

void d2d_hooks_scan(struct d2d_hooks *list, const char *dir, const char *source, unsigned rank)
{
	const struct source src = { list, source, rank };
	char **names, *path;
	int i, n = d2d_dir_list(dir, D2D_HOOKS_MAX, &names);

	if (n < 0 && n != -ENOENT && n != -ENOTDIR)
		add(&src, "", "", dir, folder_error(n));
	for (i = 0; i < n; i++) {
		if (index_in_strings("manifest\0manifest.minisig\0", names[i]) >= 0)
			continue;
		path = concat_path_file(dir, names[i]);
		scan_stage(&src, names[i], path);
		free(path);
	}
	d2d_dir_list_free(names, n);
}
