/*
 * d2diso -a: finds out what a file or directory is, and adds its files at their places.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_what.o

#include "d2diso.h"
#include "d2d_image.h"
#include "d2d_trust.h"

enum { DEPTH_MAX = 32 };	/* directories below each other */

/* Names in a directory d2d/ by which it is recognized (docs/media.md). */
static const char parts[] ALIGN1 = "hooks\0images\0bin\0cli-plugins\0layers\0keymaps\0keys\0ca\0certs.d\0"
	"early.img\0daemon.json\0network\0authorized_keys\0swarm.conf\0config\0";

static struct d2diso_add *add_checked(struct d2diso *d, const char *path, const char *from, const char *arg)
{
	struct d2diso_add *add = d2diso_add(d, path, from, arg);

	d2diso_check(d, add);
	return add;
}

/* Adds all files below the directory FROM as files below PATH. */
static void add_tree(struct d2diso *d, const char *path, const char *from, const char *arg, unsigned depth)
{
	char **names;
	int i, n = d2d_dir_list(from, D2DISO_FILES_MAX, &names);

	if (n < 0)
		bb_error_msg_and_die("can't read '%s': %s", printable_string(from), strerror(-n));
	if (depth > DEPTH_MAX)
		bb_error_msg_and_die("'%s' is too deep", printable_string(from));
	for (i = 0; i < n; i++) {
		char *source = concat_path_file(from, names[i]), *to = concat_path_file(path, names[i]);
		struct stat st;

		if (names[i][0] == '.') {
			/* Other systems leave files like "._NAME" on sticks, and editors and git theirs. */
			bb_error_msg("'%s' is left out: its name begins with a dot", printable_string(source));
		} else if (lstat(source, &st) == 0 && S_ISDIR(st.st_mode)) {
			add_tree(d, to, source, arg, depth + 1);
		} else {
			add_checked(d, to, source, arg);
		}
		free(to);
		free(source);
	}
	d2d_dir_list_free(names, n);
}

static bool has(const char *dir, const char *name, mode_t type)
{
	char *path = concat_path_file(dir, name);
	struct stat st;
	bool there = stat(path, &st) == 0 && (st.st_mode & S_IFMT) == type;

	free(path);
	return there;
}

/* Whether all entries of a directory fit hooks: stages and a manifest. */
static bool is_hooks(const char *dir)
{
	char **names;
	int i, n = d2d_dir_list(dir, D2DISO_FILES_MAX, &names), stages = 0;
	bool fits = n > 0;

	for (i = 0; i < n; i++) {
		if (d2d_hook_name_ok(names[i]) && has(dir, names[i], S_IFDIR))
			stages++;
		else if (names[i][0] != '.' && index_in_strings("manifest\0manifest.minisig\0", names[i]) < 0)
			fits = false;
	}
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return fits && stages;
}

static bool has_part(const char *dir)
{
	const char *part;

	for (part = parts; *part; part += strlen(part) + 1)
		if (has(dir, part, S_IFDIR) || has(dir, part, S_IFREG))
			return true;
	return false;
}

/* Adds a directory with images: an OCI layout or a .d2i. */
static void add_image_dir(struct d2diso *d, const char *dir, const char *name, bool is_squash, const char *arg)
{
	char *path = xasprintf("d2d/images/%s%s", name, is_squash && !is_suffixed_with(name, ".d2i") ? ".d2i" : ""), *why = NULL;
	struct d2d_images images = { .n = 0 };
	struct d2d_archive *a = NULL;
	int fd = xopen(dir, O_RDONLY | O_CLOEXEC), r = d2d_archive_open(&a, fd, 0, NULL, &why);

	if (r == 0)
		r = d2d_images_of(a, name, &images, &why);
	if (r < 0)
		bb_error_msg_and_die("'%s': %s", printable_string(dir), why ? printable_string(why) : strerror(-r));
	d2d_images_free(&images);
	d2d_archive_close(a);
	close(fd);
	add_tree(d, path, dir, arg, 0);
	free(path);
}

static void add_dir(struct d2diso *d, const char *dir, const char *arg)
{
	char *inner = concat_path_file(dir, "d2d");
	const char *name = bb_basename(dir);

	if (has(dir, "oci-layout", S_IFREG))
		add_image_dir(d, dir, name, false, arg);
	else if (has(dir, "d2i.json", S_IFREG))
		add_image_dir(d, dir, name, true, arg);
	else if (is_hooks(dir))
		add_tree(d, "d2d/hooks", dir, arg, 0);
	else if (has(dir, "d2d", S_IFDIR))
		add_tree(d, "d2d", inner, arg, 0);
	else if (strcmp(name, "d2d") == 0 || has_part(dir))
		add_tree(d, "d2d", dir, arg, 0);
	else
		bb_error_msg_and_die("'%s' is neither a directory d2d/, nor one of hooks (NN-stage/NN-name), nor an OCI layout",
			printable_string(arg));
	free(inner);
}

/* Adds the files beside an image that say how it is run. */
static void add_sidecars(struct d2diso *d, const char *from, const char *path, const char *arg)
{
	const char *name = bb_basename(path);
	char *stem = xstrdup(name), *p = stem;
	const char *const suffixes[] = { ".alias", ".conf", ".json" };
	size_t rootfs = d2d_rootfs_stem(name);
	unsigned i;

	/* NAME.alias for NAME.tar.gz; NAME.rootfs.conf for NAME.rootfs.tar.gz. */
	if (rootfs)
		stem[rootfs] = '\0';
	else if ((p = strstr(stem, ".tar")) != NULL || (p = strrchr(stem, '.')) != NULL)
		*p = '\0';
	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		char *dir = xstrdup(from), *beside, *to;
		struct stat st;

		if (i && !rootfs) {
			free(dir);
			break;
		}
		beside = xasprintf("%s/%s%s", dirname(dir), stem, suffixes[i]);
		to = xasprintf("d2d/images/%s%s", stem, suffixes[i]);
		if (stat(beside, &st) == 0 && S_ISREG(st.st_mode))
			add_checked(d, to, beside, arg);
		free(to);
		free(beside);
		free(dir);
	}
	free(stem);
}

/* Takes a public key of minisign. Returns whether the file is one. */
static bool take_key(struct d2diso *d, const char *text, size_t len)
{
	struct d2d_minisign_key key;

	if (!ENABLE_FEATURE_D2DHOOK_SIGNED || len > D2D_MINISIGN_MAX || d2d_minisign_key_parse(text, len, &key) < 0)
		return false;
	llist_add_to_end(&d->keys, xstrndup(text, len));
	return true;
}

static void add_file(struct d2diso *d, const char *file, const char *arg)
{
	char *head = xzalloc(D2DISO_HEAD + 1), *why = NULL, *path;
	struct d2diso_add *add;
	ssize_t len = open_read_close(file, head, D2DISO_HEAD);
	char *text = NULL;
	size_t text_len;

	if (len < 0)
		bb_perror_msg_and_die("can't read '%s'", printable_string(file));
	if (take_key(d, head, len)) {
		free(head);
		return;
	}
	if (memmem(head, len, "PRIVATE KEY-----", 16) || is_prefixed_with(head, "untrusted comment: minisign encrypted secret key"))
		bb_error_msg_and_die("'%s' is a secret key: everybody who has the ISO could read it", printable_string(file));
	path = d2diso_place_of(file, head, len, &why);
	if (!path && d2d_file_read(file, D2D_ISO_TEXT_MAX, &text, &text_len) == 0)
		path = d2diso_place_of_text(bb_basename(file), text, text_len);
	if (!path)
		bb_error_msg_and_die("'%s' is nothing that an ISO can bring: %s", printable_string(file),
			why ? printable_string(why) : "its content is unknown");
	add = d2diso_add(d, path, file, arg);
	/* On this machine it need not be executable, as with a download. */
	if (is_prefixed_with(path, "d2d/bin/") || is_prefixed_with(path, "d2d/cli-plugins/") || is_prefixed_with(path, "d2d/hooks/"))
		add->mode = 0555;
	d2diso_check(d, add);
	if (is_prefixed_with(path, "d2d/images/") && (d2d_archive_name_ok(path) || is_suffixed_with(path, ".d2i")))
		add_sidecars(d, file, path, arg);
	free(text);
	free(path);
	free(why);
	free(head);
}

void d2diso_what(struct d2diso *d, const char *arg)
{
	char *file = xstrdup(arg), *slash;
	struct stat st;

	/* The name of "d2d/" is "d2d". */
	while ((slash = last_char_is(file, '/')) != NULL && slash != file)
		*slash = '\0';
	if (stat(file, &st) < 0)
		bb_perror_msg_and_die("can't open '%s'", printable_string(arg));
	if (S_ISDIR(st.st_mode)) {
		char *full = xmalloc_realpath(file);

		add_dir(d, full ? full : file, arg);
		free(full);
	} else if (S_ISREG(st.st_mode)) {
		add_file(d, file, arg);
	} else {
		bb_error_msg_and_die("'%s' is neither a file nor a directory", printable_string(arg));
	}
	free(file);
}
