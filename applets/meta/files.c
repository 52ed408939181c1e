/*
 * d2dmeta files: writes the files of cloud-config's write_files. Each is written completely or not at all, and never through a link
 * or to something that isn't a file.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_files.o

#include "d2dmeta.h"

/* Whether PATH, relative to the root, is in a file system of the kernel. */
static bool is_kernels(const char *path)
{
	static const char dirs[] ALIGN1 = "proc\0sys\0dev\0";
	const char *dir;

	for (dir = dirs; *dir; dir += strlen(dir) + 1) {
		size_t len = strlen(dir);

		if (strncmp(path, dir, len) == 0 && (path[len] == '/' || !path[len]))
			return true;
	}
	return false;
}

/* Returns the directory of the file, after links in its path, and makes it if it doesn't exist. Returns NULL and sets *WHY, a
 * static text, if the file can't be written there. The caller frees the path. */
static char *directory(const struct d2dmeta *d, const char *path, const char **why)
{
	char *dir = xasprintf("%s/%s", d->root, path), *real, *root = xmalloc_realpath(d->root[0] ? d->root : "/");
	size_t len = root ? strlen(root) : 0;

	*strrchr(dir, '/') = '\0';
	*why = NULL;
	if (is_kernels(path))
		*why = "is in a file system of the kernel";
	else if (bb_make_directory(dir[0] ? dir : (char *)"/", 0755, FILEUTILS_RECUR) < 0)
		*why = "is in a directory that can't be made";
	real = *why ? NULL : xmalloc_realpath(dir[0] ? dir : "/");
	if (len == 1)
		len = 0;
	if (real && (strncmp(real, root, len) != 0 || (real[len] != '/' && real[len])))
		*why = "is behind a link that leads out of the root";
	else if (real && real[len] && is_kernels(real + len + 1))
		*why = "is in a file system of the kernel";
	else if (!real && !*why)
		*why = "is in a directory that can't be found";
	if (*why) {
		free(real);
		real = NULL;
	}
	free(root);
	free(dir);
	return real;
}

/* Puts the present content of the file before the new one. */
static int prepend(const char *path, struct d2dmeta_file *f)
{
	char *old;
	size_t len;
	int err = d2d_file_read(path, 16 * D2DMETA_TEXT_MAX, &old, &len);

	if (err == -ENOENT)
		return 0;
	if (err < 0)
		return err;
	old = xrealloc(old, len + f->len + 1);
	memcpy(old + len, f->data, f->len);
	old[len + f->len] = '\0';
	free(f->data);
	f->data = old;
	f->len += len;
	return 0;
}

/* Returns NULL, or why the file isn't written. */
static const char *write_file(const struct d2dmeta *d, struct d2dmeta_file *f)
{
	struct bb_uidgid_t owner = { 0, 0 };
	const char *why;
	char *dir, *path;
	struct stat st;
	int err;

	if (f->owner && !get_uidgid(&owner, f->owner))
		return "has an owner that doesn't exist here";
	dir = directory(d, f->path, &why);
	if (!dir)
		return why;
	path = concat_path_file(dir, bb_basename(f->path));
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		why = "is there, but not a file";
	} else {
		err = f->append ? prepend(path, f) : 0;
		if (!err)
			err = d2d_file_save_as(path, f->data, f->len, f->mode, &owner);
		why = err < 0 ? strerror(-err) : NULL;
	}
	free(path);
	free(dir);
	return why;
}

int d2dmeta_files(struct d2dmeta *d)
{
	char *path = xasprintf("%s"D2D_METADATA"/"D2DMETA_USER_DATA, d->root), *text;
	struct json_object *o = NULL, *list;
	size_t len, i, n;
	int status = EXIT_SUCCESS, err;

	err = d2d_file_read(path, D2DMETA_TEXT_MAX, &text, &len);
	if (err < 0)
		bb_error_msg_and_die("'%s' %s", path, d2d_file_error(err));
	if (d2dmeta_kind(text, len) == D2DMETA_CLOUD_CONFIG)
		o = d2dmeta_yaml(text, len, &d->notes);
	list = d2dmeta_typed(o, "write_files", json_type_array);
	n = d2d_json_length(list);
	for (i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		const char *name = d2dmeta_get(entry, "path") ? : "?", *why;
		char *shown = d2d_printable(name, MIN(strlen(name), 200));
		struct d2dmeta_file f;

		why = d2dmeta_file(entry, &f);
		if (!why)
			why = write_file(d, &f);
		if (why) {
			printf("write_files: entry %u, '%s' %s\n", (unsigned)i + 1, shown, why);
			status = EXIT_FAILURE;
		}
		d2dmeta_file_free(&f);
		free(shown);
	}
	if (status == EXIT_SUCCESS)
		printf("%u file%s written\n", (unsigned)n, n == 1 ? "" : "s");
	d2dmeta_notes_free(&d->notes);
	json_object_put(o);
	free(text);
	free(path);
	return status;
}
