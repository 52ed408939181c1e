/*
 * Finds the scripts in the directories d2d/bin of volumes, which are offered as commands, and the layers of the root file system
 * in d2d/layers. Both are scanned, trusted and overridden like hooks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_bin.o

#include "d2d_hook.h"

enum { START = 4096 };

static bool is_layer(const char *name)
{
	size_t len = strlen(name);

	return len > 5 && strcmp(name + len - 5, ".sqfs") == 0;
}

void d2d_bin_scan(struct d2d_hooks *list, unsigned kind, const char *dir, const char *source, unsigned rank)
{
	const char *stage = d2d_kind_folder(kind);
	char **names;
	int i, n = d2d_folder(dir, D2D_HOOKS_MAX, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, names[i]);
		const char *why = NULL;
		struct d2d_hook *hook;
		struct stat st;

		/* other systems leave hidden files like "._NAME" on USB sticks */
		if (names[i][0] == '.' || index_in_strings("manifest\0manifest.minisig\0", names[i]) >= 0) {
			free(path);
			continue;
		}
		if (lstat(path, &st) < 0)
			why = strerror(errno);
		else if (!d2d_bin_name_ok(names[i]))
			why = "its name must be 1 to 64 of A-Za-z0-9._- and not begin with -";
		else if (!S_ISREG(st.st_mode))
			why = d2d_hook_kind(st.st_mode);
		else if (kind == D2D_KIND_LAYERS && !is_layer(names[i]))
			why = "its name doesn't end in .sqfs";
		else if (kind == D2D_KIND_BIN && st.st_size && !(st.st_mode & 0111))
			why = "not executable";
		hook = d2d_hooks_found(list, stage, names[i], path, why);
		hook->source = source;
		hook->rank = rank;
		if (!why && !st.st_size)
			hook->state = D2D_HOOK_MASKS;
		free(path);
	}
	if (n < 0 && n != -ENOENT && n != -ENOTDIR) {
		struct d2d_hook *hook = d2d_hooks_found(list, stage, "", dir, n == -E2BIG ? "more than 1000 entries" : strerror(-n));

		hook->source = source;
		hook->rank = rank;
	}
	d2d_folder_free(names, n);
}

/* Why it can't be executed, or NULL. */
static char *not_a_program(const struct d2d_hook *hook)
{
	char buf[START], *why = NULL;
	ssize_t len = open_read_close(hook->path, buf, sizeof(buf));

	if (len < 0)
		return xasprintf("can't read it: %s", strerror(errno));
	d2d_hook_program(buf, len, "", &why);
	return why;
}

/* Why it can't be mounted, or NULL. The kernel would say 'Invalid argument'. */
static char *not_a_squashfs(const struct d2d_hook *hook)
{
	struct {
		char magic[4], other[36];
		uint64_t used;
	} super;
	struct stat st;
	int fd = d2d_file_open(hook->path, &st);
	ssize_t len = fd;

	if (fd >= 0) {
		len = full_read(fd, &super, sizeof(super));
		close(fd);
	}
	if (fd < 0 || len < 0)
		return xasprintf("can't read it: %s", strerror(fd < 0 ? -fd : errno));
	if (len != sizeof(super) || memcmp(super.magic, "hsqs", 4) != 0)
		return xstrdup("no squashfs");
	if (le64toh(super.used) > (uint64_t)st.st_size)
		return xasprintf("truncated: %llu of %llu bytes", (unsigned long long)st.st_size, (unsigned long long)le64toh(super.used));
	return NULL;
}

/* Of those with one name the first that isn't refused wins. */
static void decide(struct d2d_hooks *list, unsigned kind)
{
	const struct d2d_hook *winner = NULL;
	unsigned i;

	for (i = 0; i < list->n; i++) {
		struct d2d_hook *hook = list->hook[i];
		bool over = winner && strcmp(winner->name, hook->name) == 0;
		char *why = NULL;

		if (hook->state == D2D_HOOK_RUNS && !over)
			why = kind == D2D_KIND_LAYERS ? not_a_squashfs(hook) : not_a_program(hook);
		if (why) {
			free(hook->why);
			hook->why = why;
			hook->state = D2D_HOOK_REFUSED;
		}
		if (hook->state == D2D_HOOK_REFUSED)
			continue;
		if (!over) {
			winner = hook;
			continue;
		}
		hook->why = xasprintf("by %s", winner->source);
		hook->state = winner->state == D2D_HOOK_MASKS ? D2D_HOOK_MASKED : D2D_HOOK_OVERRIDDEN;
	}
}

void d2d_bin_find(struct d2d_hooks *list, const char *root, struct d2d_trust *trust, bool copy)
{
	d2d_hooks_scan_all(list, root, trust);
	d2d_hooks_sort(list);
	d2d_trust_stage(trust, list, d2d_kind_folder(trust->kind), copy);
	decide(list, trust->kind);
}
