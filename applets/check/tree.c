/*
 * d2dcheck: a copy of what the boot would see of the ISO, so that the functions decide about it that decide in the boot. Names
 * and sizes come from the ISO and are not trusted.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck_tree.o

#include "d2dcheck.h"
#include "d2d_trust.h"

#define OWN_LAYERS ".disk/layers"

enum {
	HEAD = 64 * 1024,	/* bytes of a file that decide what it is: the head of a hook, the superblock of a layer */
	WHOLE_MAX = 1024 * 1024,	/* bytes of a file that is copied as a whole, because it can be read as a setting */
};

static void die_writing(const char *path, int err) NORETURN;
static void die_writing(const char *path, int err)
{
	bb_error_msg_and_die("can't write '%s': %s", printable_string(path), strerror(-err));
}

static void put(const char *root, const char *name, const void *data, size_t len, mode_t mode)
{
	char *path = xasprintf("%s/%s", root, name);
	int r = d2d_make_parent_dirs(path);

	if (r == 0)
		r = d2d_file_save_as(path, data, len, mode, NULL);
	if (r < 0)
		die_writing(path, r);
	free(path);
}

/* Whether all of a file may be needed to verify it: it is below a directory with a list of signed files, or it is a layer, and the
 * image has a list of those that belong to it. */
static bool is_listed(const struct d2dcheck *c, const char *path)
{
	unsigned kind;

	if (is_prefixed_with(path, "d2d/layers/") && d2d_iso_regular(&c->iso, OWN_LAYERS))
		return true;
	for (kind = D2D_KIND_HOOKS; kind <= D2D_KIND_SETTINGS; kind++) {
		char *dir = d2d_kind_path(kind, "d2d"), *manifest = concat_path_file(dir, "manifest");
		const char *below = is_prefixed_with(path, dir);
		bool found = below && *below == '/' && d2d_iso_regular(&c->iso, manifest);

		free(manifest);
		free(dir);
		if (found)
			return true;
	}
	return false;
}

/* Copies a file, or makes one of the same size with its first bytes. */
static void copy(struct d2dcheck *c, const struct d2d_iso_file *file)
{
	bool head_only = file->size > WHOLE_MAX && !is_listed(c, file->path);
	char *path = xasprintf("%s"D2D_MEDIUM"/%s", c->root, file->path), *clean = d2d_clean_name(file->path), *piece;
	off_t left = head_only ? HEAD : file->size, at = file->at;
	int fd, r;

	if (!clean || strcmp(clean, file->path) != 0) {
		d2dcheck_wrong(c, "'%s' is no usable name", file->path);
		goto out;
	}
	r = d2d_make_parent_dirs(path);
	fd = r < 0 ? r : open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		die_writing(path, r < 0 ? r : -errno);
	piece = xmalloc(1024 * 1024);
	while (left > 0) {
		ssize_t n = pread(c->iso.fd, piece, MIN(left, 1024 * 1024), at);

		if (n <= 0 || full_write(fd, piece, n) != n)
			die_writing(path, n < 0 ? -errno : -EIO);
		at += n;
		left -= n;
	}
	if (ftruncate(fd, file->size) < 0 || fchmod(fd, (file->mode & 0777) | 0400) < 0)
		die_writing(path, -errno);
	close(fd);
	free(piece);
 out:
	free(clean);
	free(path);
}

/* The image's own layers, which it has a list of in its initramfs, too. */
static void put_layers(struct d2dcheck *c)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&c->iso, OWN_LAYERS);
	char *text;
	size_t len;

	if (!file || d2d_iso_read(&c->iso, file, D2D_ISO_TEXT_MAX, &text, &len) < 0)
		return;
	put(c->root, "etc/d2d/layers", text, len, 0644);
	free(text);
}

/* The image's own hooks, as far as others can override or need them: their names. */
static void put_builtin(struct d2dcheck *c)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&c->iso, ".disk/hooks");
	char *text, *rest, *line;
	size_t len;

	if (!file || d2d_iso_read(&c->iso, file, D2D_ISO_TEXT_MAX, &text, &len) < 0)
		return;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *clean = d2d_clean_name(line), *name;

		if (*line && clean && strcmp(clean, line) == 0) {
			name = concat_path_file(D2D_HOOKS, line);
			put(c->root, name, "#!/bin/sh\n", 10, 0755);
			free(name);
		}
		free(clean);
	}
	free(text);
}

static void put_keys(struct d2dcheck *c)
{
	const llist_t *l;
	unsigned n = 0;

	for (l = c->keys; l; l = l->link) {
		char *name = xasprintf("etc/d2d/keys/%u.pub", n++);

		put(c->root, name, l->data, strlen(l->data), 0644);
		free(name);
	}
}

/* What die_func, which has no argument, removes. */
static struct d2dcheck *to_tidy;

static void tidy(void)
{
	if (to_tidy)
		d2dcheck_tree_remove(to_tidy);
}

void d2dcheck_tree(struct d2dcheck *c)
{
	const char *tmp = getenv("TMPDIR");
	unsigned i;

	/* A signal is obeyed when the copy is removed. */
	bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), record_signo);
	to_tidy = c;
	die_func = tidy;
	c->root = xasprintf("%s/d2dcheck.XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (!mkdtemp(c->root))
		bb_perror_msg_and_die("can't make a directory in '%s'", dirname(c->root));
	put_keys(c);
	put_builtin(c);
	put_layers(c);
	for (i = 0; i < c->iso.n; i++) {
		const struct d2d_iso_file *file = &c->iso.file[i];

		if (!is_prefixed_with(file->path, "d2d/") || is_prefixed_with(file->path, "d2d/images/") || S_ISDIR(file->mode))
			continue;
		if (S_ISREG(file->mode))
			copy(c, file);
		else
			d2dcheck_wrong(c, "'%s' is neither a file nor a directory", file->path);
	}
}

void d2dcheck_tree_remove(struct d2dcheck *c)
{
	if (c->root)
		d2d_remove_tree(c->root);
	free(c->root);
	c->root = NULL;
	to_tidy = NULL;
	bb_signals((1 << SIGHUP) | (1 << SIGINT) | (1 << SIGTERM), SIG_DFL);
	if (bb_got_signal)
		kill_myself_with_sig(bb_got_signal);
}
