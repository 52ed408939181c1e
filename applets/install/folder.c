/*
 * d2dinstall: copies the directory d2d/ of an ISO, with its images, hooks and other additions, to the FAT of a disk,
 * which becomes the medium.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_DISK) += d2dinstall_folder.o
#include "d2dinstall.h"

#define FOLDER "d2d"
#define KEYS FOLDER"/keys"

enum { CLUSTER = 32 * 1024 };	/* the largest cluster that mkfs.vfat makes, in bytes */

struct work;
typedef void action(const char *path, const struct stat *st, struct work *w);

struct work {
	action *file, *folder;	/* called for each file or directory; NULL: skip */
	const struct install_source *src;
	const char *top;	/* mount point of the disk's FAT */
	uint64_t size;
	smallint has_files;
	llist_t *names;		/* relative paths that check() has seen */
};

/* Returns a path on the ISO relative to the top directory of the ISO, printable; freed automatically. */
static char *relative_name(const char *path, const struct work *w)
{
	return auto_string(xstrdup(printable_string(path + strlen(w->src->iso) + 1)));
}

/* Returns the path of the copy: the same path below the top directory of the disk. The caller frees it. */
static char *on_disk(const char *path, const struct work *w)
{
	return concat_path_file(w->top, path + strlen(w->src->iso) + 1);
}

/* Whether the kernel's vfat accepts a name (fs/fat/namei_vfat.c: vfat_is_used_badchars; vfat drops dots at the end). The FAT is
 * mounted with the option utf8, with which vfat accepts nothing else than UTF-8. */
static bool fat_takes(const char *name)
{
	size_t len = strlen(name);

	if (!d2d_is_utf8(name))
		return false;
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || strchr("*?<>|\":\\", *name))
			return false;
	return name[-1] != '.' && name[-1] != ' ' && len < 255;
}

/* Returns the path of the same name in other upper and lower case that was seen before, or NULL. vfat doesn't tell such names
 * apart (only ASCII letters count, because it is mounted with utf8), so the second would replace the first or fail. */
static const char *same_on_fat(const char *name, const struct work *w)
{
	const llist_t *l;

	for (l = w->names; l; l = l->link)
		if (strcasecmp(l->data, name) == 0)
			return l->data;
	return NULL;
}

static void check(const char *path, const struct stat *st, struct work *w)
{
	const char *name = path + strlen(w->src->iso) + 1, *same = same_on_fat(name, w);

	if (same)
		bb_error_msg_and_die("can't copy the ISO's '%s': a FAT doesn't tell it apart from '%s'", relative_name(path, w),
			auto_string(xstrdup(printable_string(same))));
	llist_add_to(&w->names, xstrdup(name));
	if (!fat_takes(bb_basename(path)))
		bb_error_msg_and_die("can't copy the ISO's '%s': a FAT doesn't allow this name", relative_name(path, w));
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		bb_error_msg_and_die("can't copy the ISO's '%s': it is neither a file nor a directory", relative_name(path, w));
	if (st->st_size > UINT32_MAX)
		bb_error_msg_and_die("can't copy the ISO's '%s': a file on a FAT must be smaller than 4 GiB",
			relative_name(path, w));
}

static void add_size(const char *path UNUSED_PARAM, const struct stat *st, struct work *w)
{
	w->size += CLUSTER;
	if (S_ISREG(st->st_mode)) {
		w->size += st->st_size;
		w->has_files = 1;
	}
}

static void copy_folder(const char *path, const struct stat *st UNUSED_PARAM, struct work *w)
{
	char *to = on_disk(path, w);

	if (mkdir(to, 0755) != 0)
		bb_perror_msg_and_die("can't create directory '%s'", printable_string(to));
	free(to);
}

static void copy_file_of(const char *path, const struct stat *st UNUSED_PARAM, struct work *w)
{
	char *to = on_disk(path, w), sha256[DIGEST_SIZE];

	d2dinstall_write(path, to, FOLDER, sha256);
	free(to);
}

static void compare(const char *path, const struct stat *st UNUSED_PARAM, struct work *w)
{
	char *to = on_disk(path, w), here[DIGEST_SIZE], there[DIGEST_SIZE];

	d2dinstall_digest(path, FOLDER, here);
	d2dinstall_digest(to, "verifying", there);
	if (strcmp(here, there) != 0)
		bb_error_msg_and_die("'%s' doesn't read back as it was written: the disk isn't used", relative_name(path, w));
	free(to);
}

static int FAST_FUNC one_file(struct recursive_state *state, const char *path, struct stat *st)
{
	struct work *w = state->userData;

	w->file(path, st, w);
	return TRUE;
}

/* Skips d2d/keys: a key that opens the store must not lie on the same disk unless the user puts it there. */
static int FAST_FUNC one_folder(struct recursive_state *state, const char *path, struct stat *st)
{
	struct work *w = state->userData;

	if (strcmp(path + strlen(w->src->iso) + 1, KEYS) == 0)
		return SKIP;
	if (w->folder)
		w->folder(path, st, w);
	return TRUE;
}

static void for_all(struct work *w)
{
	char *from = concat_path_file(w->src->iso, FOLDER);

	if (access(from, F_OK) == 0 && !recursive_action(from, ACTION_RECURSE, one_file, one_folder, w))
		xfunc_die();
	free(from);
}

uint64_t d2dinstall_folder_size(const struct install_source *src)
{
	struct work w = { .file = add_size, .folder = add_size, .src = src };

	for_all(&w);
	return w.has_files ? w.size : 0;
}

void d2dinstall_folder_check(const struct install_source *src)
{
	struct work w = { .file = check, .folder = check, .src = src };

	for_all(&w);
	llist_free(w.names, free);
}

void d2dinstall_folder_write(const struct install_source *src, const char *top)
{
	struct work w = { .file = copy_file_of, .folder = copy_folder, .src = src, .top = top };

	for_all(&w);
}

void d2dinstall_folder_verify(const struct install_source *src, const char *top)
{
	struct work w = { .file = compare, .src = src, .top = top };

	for_all(&w);
}
