/*
 * The file allowed.json with the options that the user has allowed for single images. Entries are keyed by the image ID, a
 * hash of the image's content, so a later image with the same name needs a new permission.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_allow.o

#include <json-c/json.h>
#include "d2d_alias.h"

#define ALIASES "aliases"
#define FILE_MAX (1024 * 1024)

/* Returns the directory of allowed.json, which need not exist: on the store, or below /run if there is no store. The caller
 * frees the path. */
static char *folder_of(const char *root)
{
	char *store = xasprintf("%s"D2D_STORE, root);
	bool there = access(store, F_OK) == 0;
	char *dir = there ? xasprintf("%s/d2d/"ALIASES, store) : xasprintf("%s"D2D_RUN"/"ALIASES, root);

	free(store);
	return dir;
}

static int read_open(int fd, struct json_object **all)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	/* Whoever can write to this file can grant permissions, so nobody but its owner may be able to. */
	if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022))
		return -EPERM;
	if (st.st_size > FILE_MAX)
		return -EFBIG;
	*all = json_object_from_fd(fd);
	return json_object_is_type(*all, json_type_object) ? 0 : -EBADMSG;
}

int d2d_alias_allowed_read(const char *root, struct json_object **all)
{
	char *dir = folder_of(root), *path = xasprintf("%s/allowed.json", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int r = 0;

	*all = NULL;
	if (fd >= 0) {
		r = read_open(fd, all);
		close(fd);
	} else if (errno != ENOENT) {
		r = -errno;
	}
	if (r < 0 || !*all) {
		json_object_put(*all);
		*all = json_object_new_object();
	}
	free(path);
	free(dir);
	return r;
}

int d2d_alias_allowed_write(const char *root, struct json_object *all)
{
	char *dir = folder_of(root), *path = xasprintf("%s/allowed.json", dir);
	char *text = xasprintf("%s\n", json_object_to_json_string_ext(all,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	char *slash = dir;
	int r = 0;

	/* Create each parent directory with mode 0755, so that no other user can write to it, whatever the umask is. */
	while (r == 0 && slash) {
		slash = strchr(slash + 1, '/');
		if (slash)
			*slash = '\0';
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			r = -errno;
		if (slash)
			*slash = '/';
	}
	if (r == 0)
		r = d2d_file_write(path, text);
	free(text);
	free(path);
	free(dir);
	return r;
}

struct json_object *d2d_alias_allowed_for(struct json_object *all, const char *id)
{
	struct json_object *entry, *options;

	if (json_object_object_get_ex(all, id, &entry) && json_object_object_get_ex(entry, "options", &options)
	 && json_object_is_type(options, json_type_array))
		return options;
	return NULL;
}
