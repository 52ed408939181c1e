/*
 * d2dhook manifest: prints the manifest of a directory of hooks, scripts (d2d/bin), layers, plugins or settings. The user signs it
 * with minisign, so that machines that require signatures accept these files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_manifest.o

#include "d2dhook.h"

/* Fills the list with the files of the directory. Returns the kind of the files, which depends on the name of the directory:
 * "bin", "layers", "cli-plugins", or "d2d" for the settings of the engine; any other name means hooks. */
static unsigned find_files(struct d2dhook *d, struct d2d_hooks *list)
{
	char *dir = xmalloc_realpath(d->dirs[0]);
	unsigned kind = dir ? d2d_kind_at(bb_basename(dir)) : D2D_KIND_HOOKS;

	if (kind == D2D_KIND_SETTINGS) {
		d2d_settings_scan(list, dir, "dir", 0);
		d2d_hooks_sort(list);
	} else if (kind != D2D_KIND_HOOKS) {
		d2d_bin_scan(list, kind, dir, "dir", 0);
		d2d_hooks_sort(list);
	} else {
		d2dhook_scan(d, list);
	}
	free(dir);
	return kind;
}

/* Returns a line "SHA256 MODE STAGE/NAME", for other kinds than hooks "SHA256 MODE NAME". The caller frees it. */
static char *describe(unsigned kind, const struct d2d_hook *hook, const char *suffix)
{
	char *file = xasprintf("%s%s", hook->file, suffix), hex[2 * 32 + 1], *line;
	uint8_t sha256[32];
	struct stat st;
	int fd = d2d_file_open(file, &st);
	off_t size = fd;

	if (fd >= 0) {
		size = d2d_hook_digest(fd, -1, kind, sha256);
		close(fd);
	}
	if (size == -EFBIG)
		bb_error_msg_and_die("'%s' is longer than 16 MiB", file);
	if (size < 0) {
		errno = -size;
		bb_perror_msg_and_die("can't read '%s'", file);
	}
	d2d_hex(hex, sha256, sizeof(sha256));
	line = xasprintf("%s %04o %s%s%s%s", hex, (unsigned)st.st_mode & 0777, kind ? "" : hook->stage,
		kind ? "" : "/", hook->name, suffix);
	free(file);
	return line;
}

static bool has_head(const struct d2d_hook *hook)
{
	char *file = xasprintf("%s.d2d", hook->file);
	struct stat st;
	bool there = lstat(file, &st) == 0;

	free(file);
	return there;
}

static int by_path(const void *a, const void *b)
{
	enum { PATH = 64 + 1 + 4 + 1 };

	return strcmp(*(char *const *)a + PATH, *(char *const *)b + PATH);
}

int d2dhook_manifest(struct d2dhook *d)
{
	struct d2d_hooks list = { NULL, 0 };
	char **lines = NULL;
	unsigned i, kind, n = 0;

	if (!d->dirs[0] || d->dirs[1])
		bb_show_usage();
	kind = find_files(d, &list);
	for (i = 0; i < list.n; i++) {
		const struct d2d_hook *hook = list.hook[i];

		/* Every machine would refuse this file, so fail here, where the user can correct it. */
		if (hook->state == D2D_HOOK_REFUSED) {
			char *id = d2d_hook_id(hook);

			bb_error_msg_and_die("%s: %s", id, hook->why);
		}
		lines = xrealloc_vector(lines, 6, n);
		lines[n++] = describe(kind, hook, "");
		if (!kind && has_head(hook)) {
			lines = xrealloc_vector(lines, 6, n);
			lines[n++] = describe(kind, hook, ".d2d");
		}
	}
	if (n)
		qsort(lines, n, sizeof(*lines), by_path);

	printf("%s%sversion %llu\n", kind ? d2d_kind_dir(kind) : "", kind ? " " : "",
		d->version ? d->version : (unsigned long long)time(NULL));
	for (i = 0; i < n; i++)
		puts(lines[i]);
	fflush_stdout_and_exit(EXIT_SUCCESS);
}
