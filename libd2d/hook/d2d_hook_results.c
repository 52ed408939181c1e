/*
 * Reads the results that a hook leaves for later hooks: KEY=VALUE lines in env.d/NAME, which become environment variables. They
 * are parsed here and never evaluated by a shell.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_results.o

#include "d2d_hook.h"

/* Bytes of the results of one hook, and of all hooks together. The environment of a hook must fit into a request to the spawner
 * (REQUEST_MAX in d2d_spawner.c), beside the options of the store's d2d/config, which has at most 64 KiB and 1000 options. */
#define SIZE_MAX_FILE (64 * 1024)
#define SIZE_MAX_ALL (64 * 1024)
#define LINES_MAX 64

/* Hooks can't set variables that change how shells and the dynamic loader run programs, nor those of d2dhook itself. */
static bool is_reserved(const char *key, size_t len)
{
	static const char names[] ALIGN1 = "PATH\0IFS\0ENV\0BASH_ENV\0";
	const char *name;

	if (is_prefixed_with(key, "D2D_") || is_prefixed_with(key, "LD_"))
		return true;
	for (name = names; *name; name += strlen(name) + 1)
		if (strlen(name) == len && strncmp(name, key, len) == 0)
			return true;
	return false;
}

static const char *check_line(const char *line, size_t len)
{
	size_t key = 0, i;

	while (key < len && (isalnum((unsigned char)line[key]) || line[key] == '_'))
		key++;
	if (!key || isdigit((unsigned char)line[0]) || key == len || line[key] != '=')
		return "is not KEY=VALUE";
	if (is_reserved(line, key))
		return "sets a reserved variable";
	for (i = key; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			return "has a control character";
	return NULL;
}

int d2d_hook_results_parse(const char *text, size_t len, llist_t **results, char **why)
{
	const char *p, *eol, *wrong;
	llist_t *lines = NULL;
	unsigned line = 0, n = 0;

	*why = NULL;
	if (len > SIZE_MAX_FILE)
		*why = xstrdup("more than 64 KiB");
	for (p = text; !*why && p < text + len; p = eol + 1) {
		eol = memchr(p, '\n', text + len - p);
		if (!eol)
			eol = text + len;
		line++;
		if (eol == p)
			continue;
		wrong = check_line(p, eol - p);
		if (!wrong && ++n > LINES_MAX)
			wrong = "exceeds the limit of 64 variables";
		if (wrong)
			*why = xasprintf("line %u %s", line, wrong);
		else
			llist_add_to(&lines, xstrndup(p, eol - p));
	}
	if (*why) {
		llist_free(lines, free);
		return -EINVAL;
	}
	lines = llist_rev(lines);
	while (lines)
		llist_add_to_end(results, llist_pop(&lines));
	return 0;
}

int d2d_hook_results_read(const char *path, llist_t **results, char **why)
{
	int err, fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char *text = NULL;
	struct stat st;
	ssize_t len;

	*why = NULL;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		err = -errno;
	} else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		err = -EINVAL;
		*why = xstrdup("not a file");
	} else {
		text = xmalloc(SIZE_MAX_FILE + 1);
		len = full_read(fd, text, SIZE_MAX_FILE + 1);
		err = len < 0 ? -errno : d2d_hook_results_parse(text, len, results, why);
	}
	if (fd >= 0)
		close(fd);
	if (err < 0 && !*why)
		*why = xstrdup(strerror(-err));
	free(text);
	return err;
}

/* Returns the first line in LIST that sets the same key as LINE, or NULL. */
static llist_t *find_key(llist_t *list, const char *line)
{
	size_t len = strchr(line, '=') + 1 - line;

	while (list && strncmp(list->data, line, len) != 0)
		list = list->link;
	return list;
}

int d2d_hook_results_keep(llist_t **kept, llist_t **results, char **why)
{
	size_t size = 0, added = 0;
	llist_t *l, *old;

	*why = NULL;
	for (l = *results; l; l = l->link)
		added += strlen(l->data) + 1;
	for (l = *kept; l; l = l->link)
		if (!find_key(*results, l->data))
			size += strlen(l->data) + 1;
	if (size + added > SIZE_MAX_ALL) {
		*why = xasprintf("%zu bytes, but only %zu are left of the 64 KiB for the results of all hooks", added,
			SIZE_MAX_ALL - MIN(size, (size_t)SIZE_MAX_ALL));
		return -E2BIG;
	}
	while ((l = *results) != NULL) {
		old = find_key(*kept, l->data);
		if (old) {
			llist_unlink(kept, old);
			free(old->data);
			free(old);
		}
		llist_add_to_end(kept, llist_pop(results));
	}
	return 0;
}

void d2d_hook_results_forget(const char *dir, const char *name)
{
	char *path = concat_path_file(dir, name);

	unlink(path);
	free(path);
}
