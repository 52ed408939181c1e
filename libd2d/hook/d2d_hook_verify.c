/*
 * Decides whether a hook is trusted, and verifies signed hooks against their manifest.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_verify.o

#include <sys/vfs.h>
#include "d2d_hook.h"
#include "d2d_archive.h"

#define COPIES D2D_RUN"/hooks"

enum {
	HOOK_MAX = 16 * 1024 * 1024,	/* bytes of a hook */
	COPY_MAX = 16 * 1024 * 1024,	/* bytes of a command that is copied into memory without need */
};

/* Creates a file and its parent directories. Only root can read the file until it is complete. Returns a descriptor or a
 * negative errno. */
static int create(const char *path)
{
	int fd, err = d2d_make_parent_dirs(path);

	if (err < 0)
		return err;
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

off_t d2d_hook_digest(int fd, int copy, unsigned kind, uint8_t *sha256)
{
	char *buf = xmalloc(64 * 1024);
	sha256_ctx_t ctx;
	off_t size = 0;
	ssize_t len;

	sha256_begin(&ctx);
	while ((len = safe_read(fd, buf, 64 * 1024)) > 0) {
		size += len;
		if (size > HOOK_MAX && kind == D2D_KIND_HOOKS) {
			size = -EFBIG;
			break;
		}
		sha256_hash(&ctx, buf, len);
		if (copy >= 0 && full_write(copy, buf, len) != len) {
			size = errno ? -errno : -EIO;
			break;
		}
	}
	if (len < 0)
		size = -errno;
	sha256_end(&ctx, sha256);
	free(buf);
	return size;
}

/* Returns whether the file system of FD stores the modes of files. FAT and exFAT show one mode for all files, and ISO 9660 may
 * show another mode than the file had when the image was made. */
static bool keeps_modes(int fd)
{
	enum { MSDOS = 0x4d44, EXFAT = 0x2011bab0, ISOFS = 0x9660 };
	struct statfs fs;

	return fstatfs(fd, &fs) != 0 || (fs.f_type != MSDOS && fs.f_type != EXFAT && fs.f_type != ISOFS);
}

/* Compares FILE with its entry in the manifest and copies it to COPY in the same pass, so that the copy is what was verified.
 * ENTRY and COPY may be NULL: no comparison or no copy. Returns NULL and the file's *size in bytes, or what is wrong with
 * the file; the caller frees that. */
static char *verify_file(const struct d2d_manifest_entry *entry, unsigned kind, const char *file, const char *copy, off_t *size)
{
	uint8_t sha256[32];
	struct stat st;
	int fd, out = -1;
	char *why = NULL;

	fd = d2d_file_open(file, &st);
	if (fd < 0)
		return xasprintf("it %s", d2d_file_error(fd));
	if (entry && keeps_modes(fd) && (st.st_mode & 0777) != entry->mode) {
		why = xasprintf("its mode is %04o, but %04o in the manifest", (unsigned)st.st_mode & 0777, entry->mode);
		goto out;
	}
	if (copy) {
		out = create(copy);
		if (out < 0) {
			why = xasprintf("can't copy it: %s", strerror(-out));
			goto out;
		}
	}
	*size = d2d_hook_digest(fd, out, kind, sha256);
	if (*size == -EFBIG)
		why = xstrdup("more than 16 MiB");
	else if (*size < 0)
		why = xasprintf("can't copy it: %s", strerror(-*size));
	else if (entry && memcmp(sha256, entry->sha256, sizeof(sha256)) != 0)
		why = xstrdup("its content differs from the manifest");
 out:
	close(fd);
	if (out >= 0) {
		fchmod(out, entry ? entry->mode : 0755);
		if (close(out) < 0 && !why)
			why = xasprintf("can't copy it: %s", strerror(errno));
		if (why)
			unlink(copy);
	}
	return why;
}

char *d2d_hook_mismatch(const struct d2d_manifest_entry *entry, const char *file)
{
	off_t size;

	return verify_file(entry, D2D_KIND_HOOKS, file, NULL, &size);
}

/* Verifies the sidecar NAME.d2d of a hook, if it has one. Returns NULL, or what is wrong; the caller frees that. */
static char *verify_head(const struct d2d_manifest *m, const struct d2d_hook *hook, const char *copy)
{
	char *path = xasprintf("%s/%s.d2d", hook->stage, hook->name), *file = xasprintf("%s.d2d", hook->file);
	char *copy_of_it = copy ? xasprintf("%s.d2d", copy) : NULL;
	const struct d2d_manifest_entry *entry = d2d_manifest_find(m, path);
	char *wrong = NULL, *why = NULL;
	struct stat st;
	off_t size;

	if (entry)
		wrong = verify_file(entry, D2D_KIND_HOOKS, file, copy_of_it, &size);
	else if (lstat(file, &st) == 0)
		wrong = xstrdup("not in the manifest");
	if (wrong)
		why = xasprintf("%s.d2d: %s", hook->name, wrong);
	free(wrong);
	free(copy_of_it);
	free(file);
	free(path);
	return why;
}

/* Verifies a hook against the manifest of its source. With COPYING, the verified copy is what will run. Returns NULL, or what is
 * wrong; the caller frees that. */
static char *verify(const struct d2d_trust *t, const struct d2d_hook_source *src, struct d2d_hook *hook, bool copying)
{
	char *path = t->kind ? xstrdup(hook->name) : xasprintf("%s/%s", hook->stage, hook->name), *copy = NULL, *why = NULL;
	const struct d2d_manifest_entry *entry = d2d_manifest_find(&src->manifest, path);
	off_t size = 0;

	if (src->why) {
		why = xstrdup(src->why);
		goto out;
	}
	if (!entry) {
		why = xstrdup("not in the manifest");
		goto out;
	}
	if (copying)
		copy = xasprintf("%s%s/%s.%u/%s", t->root, t->copies ? : COPIES, src->name, src->rank, path);
	why = verify_file(entry, t->kind, hook->file, copy, &size);
	if (!why && t->kind == D2D_KIND_HOOKS)
		why = verify_head(&src->manifest, hook, copy);
	if (!why && size && t->kind != D2D_KIND_LAYERS && t->kind != D2D_KIND_SETTINGS && !(entry->mode & 0111))
		why = xstrdup("not executable");
	if (why)
		goto out;
	/* The verified file decides whether the hook masks others, as the file may have changed since the scan. */
	hook->state = size ? D2D_HOOK_RUNS : D2D_HOOK_MASKS;
	if (copy) {
		free(hook->path);
		hook->path = copy;
		copy = NULL;
	}
 out:
	free(copy);
	free(path);
	return why;
}

static const struct d2d_hook_source *source_of(const struct d2d_trust *t, const struct d2d_hook *hook)
{
	unsigned i;

	for (i = 0; i < t->n_sources; i++)
		if (t->source[i]->rank == hook->rank)
			return t->source[i];
	return NULL;
}

/* Returns the reason why a hook is trusted without a signature, or NULL if it needs one. */
static const char *trusted_as(const struct d2d_trust *t, const struct d2d_hook *hook)
{
	switch (index_in_strings("builtin\0dir\0store\0", hook->source)) {
	case 0: return "image";
	case 1: return "named";
	case 2: return t->store ? "store" : NULL;
	default: return NULL;
	}
}

static void refuse(struct d2d_hook *hook, char *why)
{
	hook->state = D2D_HOOK_REFUSED;
	free(hook->why);
	hook->why = why;
}

/* Makes a symbolic link to a large program in the place of its copy, so that the program takes no memory; it stops working when its
 * volume is removed. All users run commands, so all users must be able to execute the file. Returns NULL, or what is wrong; the
 * caller frees that. */
static char *link_in_place(const char *file, const struct stat *st, const char *link)
{
	int err;

	if ((st->st_mode & 0555) != 0555)
		return xasprintf("its mode is %04o, and it is too large for a copy in memory: chmod 0755", (unsigned)st->st_mode & 0777);
	err = d2d_make_parent_dirs(link);
	if (!err && symlink(file, link) < 0)
		err = -errno;
	return err ? xasprintf("can't write '%s': %s", link, strerror(-err)) : NULL;
}

/* Copies a program that is offered as a command, so that it still runs completely after its volume was removed. All users may
 * run the copy: the owners and modes on a volume refer to users of another system. A large program is executed from its volume,
 * unless it was verified, because then only the copy is what was verified. */
static void copy_program(const struct d2d_trust *t, struct d2d_hook *hook)
{
	char *copy, *why;
	struct stat st;
	off_t size;

	if (strcmp(hook->path, hook->file) != 0) {
		chmod(hook->path, 0755);
		return;
	}
	copy = xasprintf("%s%s/%s.%u/%s", t->root, t->copies, hook->source, hook->rank, hook->name);
	if (lstat(hook->file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > COPY_MAX)
		why = link_in_place(hook->file, &st, copy);
	else
		why = verify_file(NULL, t->kind, hook->file, copy, &size);
	if (why) {
		refuse(hook, why);
		free(copy);
	} else {
		free(hook->path);
		hook->path = copy;
	}
}

/* Compares a layer with the image's own layer of this name. With COPYING, the verified copy is what will be mounted. Returns whether it
 * is that one. */
static bool is_own(const struct d2d_trust *t, struct d2d_hook *hook, bool copying)
{
	const struct d2d_manifest_entry *entry = d2d_manifest_find(&t->own, hook->name);
	struct d2d_manifest_entry same;
	char *copy, *why;
	struct stat st;
	off_t size;

	if (!entry || hook->state != D2D_HOOK_RUNS || lstat(hook->file, &st) < 0)
		return false;
	/* Only the content counts: the file may have been copied to a disk. */
	same = *entry;
	same.mode = st.st_mode & 0777;
	copy = copying ? xasprintf("%s%s/image/%s", t->root, t->copies ? : COPIES, hook->name) : NULL;
	why = verify_file(&same, t->kind, hook->file, copy, &size);
	if (!why && copy) {
		free(hook->path);
		hook->path = xstrdup(copy);
	}
	free(copy);
	free(why);
	return !why;
}

static void judge(struct d2d_trust *t, struct d2d_hook *hook, bool copy)
{
	const struct d2d_hook_source *src = source_of(t, hook);
	const char *as = trusted_as(t, hook), *because;
	char *why;

	free(hook->trust);
	hook->trust = NULL;
	if (as) {
		hook->trust = xstrdup(as);
		return;
	}
	/* Don't verify layers that are used in any case: they are large and would be read completely. */
	if (t->kind == D2D_KIND_LAYERS && !d2d_trust_required_of(t, hook->stage, hook->source)) {
		hook->trust = xstrdup("unsigned");
		return;
	}
	if (t->kind == D2D_KIND_LAYERS && is_own(t, hook, copy)) {
		hook->trust = xstrdup("image");
		return;
	}
	if (t->mode == D2D_TRUST_BUILTIN) {
		hook->trust = xstrdup("unsigned");
		refuse(hook, xstrdup("it is not the image's own, and only these are used here"));
		return;
	}
	why = src ? verify(t, src, hook, copy) : xstrdup("its directory is gone");
	if (!why) {
		hook->trust = xasprintf("signed %s v%llu", src->keyid, src->manifest.version);
		return;
	}
	hook->trust = xstrdup("unsigned");
	because = d2d_trust_required_of(t, hook->stage, hook->source);
	if (because)
		refuse(hook, xasprintf("%s, and %s", why, because));
	free(why);
}

static void remember_versions(const struct d2d_trust *t)
{
	unsigned i;

	for (i = 0; i < t->n_sources; i++) {
		const struct d2d_hook_source *src = t->source[i];
		long long seen;

		if (src->why)
			continue;
		/* Never go back to an older version: two sources may be signed by the same key. */
		seen = d2d_trust_version(t, src->keyid);
		if (seen >= 0 && (unsigned long long)seen < src->manifest.version)
			d2d_trust_set_version(t, src->keyid, src->manifest.version);
	}
}

void d2d_trust_stage(struct d2d_trust *t, struct d2d_hooks *list, const char *stage, bool copy)
{
	unsigned i;

	for (i = 0; i < list->n; i++) {
		struct d2d_hook *hook = list->hook[i];

		if (strcmp(hook->stage, stage) == 0 && (hook->state == D2D_HOOK_RUNS || hook->state == D2D_HOOK_MASKS))
			judge(t, hook, copy);
		if ((t->kind == D2D_KIND_BIN || t->kind == D2D_KIND_PLUGINS) && copy && hook->state == D2D_HOOK_RUNS)
			copy_program(t, hook);
	}
	if (copy)
		remember_versions(t);
}
