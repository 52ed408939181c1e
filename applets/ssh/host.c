/*
 * d2dssh: the host keys. They are kept on the store, in d2d/ssh/, so that clients recognize the machine; those of a boot2docker
 * disk are taken over. Without a store they are in memory, and new at each boot.
 *
 * A store may come from somebody else: symbolic links and other things in the place of a file are never followed.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_host.o

#include "d2dssh.h"

#define BOOT2DOCKER "var/lib/boot2docker/ssh/ssh_host_%s_key"

/* Of an Ed25519 key the server makes one here, because its fingerprint is shown; the others are made when a client first asks for
 * one, which for RSA takes seconds. */
static const char types[] ALIGN1 = "ed25519\0rsa\0ecdsa\0";

struct host {
	struct d2dssh *d;
	int store, dir;		/* descriptors of the store (-1: none) and of the directory with the keys */
	char *path;		/* of that directory */
	FILE *prints;		/* the text of D2DSSH_FINGERPRINTS */
};

/* Opens the directory NAME in another one, and makes it if it is missing. */
static int open_dir(int at, const char *name, mode_t mode)
{
	int fd = d2d_open_beneath(at, name, O_RDONLY | O_DIRECTORY);

	if (fd == -ENOENT)
		fd = mkdirat(at, name, mode) < 0 ? -errno : d2d_open_beneath(at, name, O_RDONLY | O_DIRECTORY);
	return fd;
}

/* Returns the descriptor of the store, or -1 without one: then no other file system is mounted on its directory. */
static int open_store(const struct d2dssh *d)
{
	char *path = d2dssh_path(d, D2D_STORE), *parent = d2dssh_path(d, D2D_RUN);
	struct stat a, b;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !d->root[0] && (fstat(fd, &a) < 0 || stat(parent, &b) < 0 || a.st_dev == b.st_dev)) {
		close(fd);
		fd = -1;
	}
	free(parent);
	free(path);
	return fd;
}

/* Uses the directory d2d/ssh of the store for the keys. Returns false after a message if that isn't possible. */
static bool use_store(struct host *h)
{
	char *target = d2dssh_path(h->d, D2D_STORE"/d2d/ssh");
	int d2d = open_dir(h->store, "d2d", 0755);

	h->dir = d2d < 0 ? d2d : open_dir(d2d, "ssh", 0700);
	if (d2d >= 0)
		close(d2d);
	if (h->dir < 0) {
		printf("'%s': %s\n", target, h->dir == -ELOOP ? "is a symbolic link or lies behind one" : strerror(-h->dir));
	} else {
		/* They may have been put there by hand. On a file system that is mounted read-only this fails, and the keys are used. */
		if (fchown(h->dir, 0, 0) < 0 || fchmod(h->dir, 0700) < 0)
			bb_perror_msg("'%s'", target);
		d2d_remove_tree(h->path);
		if (symlink(target, h->path) < 0)
			bb_perror_msg_and_die("can't make '%s'", h->path);
	}
	free(target);
	return h->dir >= 0;
}

static void use_memory(struct host *h)
{
	/* EISDIR: it is the directory of an earlier run, whose keys stay the same. */
	if (unlink(h->path) < 0 && errno != ENOENT && errno != EISDIR)
		bb_perror_msg_and_die("can't remove '%s'", h->path);
	if (mkdir(h->path, 0700) < 0 && errno != EEXIST)
		bb_perror_msg_and_die("can't make '%s'", h->path);
	h->dir = xopen(h->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Reads the public part of the key NAME. Returns 1, 0 if there is no such file, or -1 if it isn't a host key. */
static int read_public(struct host *h, const char *name, struct d2d_ssh_blob *blob)
{
	char buf[D2DSSH_KEY_MAX];
	int fd = openat(h->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r = -1;
	ssize_t len;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	len = d2dssh_key_read(dup(fd), buf);
	if (len > 0 && d2d_ssh_host_key(buf, len, blob)) {
		if (fchown(fd, 0, 0) < 0 || fchmod(fd, 0600) < 0)
			bb_perror_msg("host key '%s'", name);
		r = 1;
	}
	explicit_bzero(buf, sizeof(buf));
	close(fd);
	return r;
}

/* Gives the new key NAME.new its name when it is on the disk. */
static bool finish(struct host *h, const char *name, struct d2d_ssh_blob *blob)
{
	char *fresh = xasprintf("%s.new", name);
	int fd = openat(h->dir, fresh, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0 && read_public(h, fresh, blob) > 0 && renameat(h->dir, fresh, h->dir, name) == 0;

	if (fd >= 0)
		close(fd);
	fsync(h->dir);
	if (!ok)
		unlinkat(h->dir, fresh, 0);
	free(fresh);
	return ok;
}

/* Converts the key of a boot2docker disk. Returns whether there is one now. */
static bool take_over(struct host *h, const char *name, struct d2d_ssh_blob *blob)
{
	char *old = xasprintf(BOOT2DOCKER, name), *path = xasprintf("%s/%s.new", h->path, name);
	char buf[D2DSSH_KEY_MAX];
	int fd = h->store < 0 ? -1 : d2d_open_beneath(h->store, old, O_RDONLY | O_NONBLOCK);
	ssize_t len = d2dssh_key_read(fd, buf);
	bool ok = false;

	if (len > 0) {
		ok = d2dssh_key_convert(buf, len, path) && finish(h, name, blob);
		printf(ok ? "boot2docker's host key is taken over: %s\n" : "boot2docker's host key can't be converted: %s\n", old);
	}
	explicit_bzero(buf, sizeof(buf));
	free(path);
	free(old);
	return ok;
}

static bool make_key(struct host *h, const char *name, struct d2d_ssh_blob *blob)
{
	char *path = xasprintf("%s/%s.new", h->path, name);
	bool ok = d2dssh_key_make(name, path) && finish(h, name, blob);

	if (!ok)
		printf("can't make a host key in '%s'\n", h->path);
	free(path);
	return ok;
}

/* Returns false if there is no key of the type that the machine must have. */
static bool prepare(struct host *h, const char *name)
{
	struct d2d_ssh_blob blob;
	int have = read_public(h, name, &blob);

	if (have < 0) {
		char *bad = xasprintf("%s.bad", name);

		printf("host key '%s/%s' is damaged: renamed to %s; clients will warn that the host key has changed\n", h->path, name, bad);
		if (renameat(h->dir, name, h->dir, bad) < 0)
			bb_perror_msg("can't rename '%s'", name);
		free(bad);
	}
	if (have <= 0)
		have = take_over(h, name, &blob) || (name == types && make_key(h, name, &blob));
	if (have) {
		char *print = d2d_ssh_fingerprint(&blob);

		fprintf(h->prints, "%s (%s)\n", print, d2d_ssh_type_name(blob.type));
		free(print);
	}
	return have || name != types;
}

/* Prepares all keys. Returns false if the server can't have any. */
static bool prepare_all(struct host *h, char **prints)
{
	bool ok = true;
	const char *name;
	size_t len;

	h->prints = open_memstream(prints, &len);
	if (!h->prints)
		bb_die_memory_exhausted();
	for (name = types; ok && *name; name += strlen(name) + 1)
		ok = prepare(h, name);
	if (fclose(h->prints) != 0)
		bb_die_memory_exhausted();
	close(h->dir);
	return ok;
}

void d2dssh_host_keys(struct d2dssh *d)
{
	char *file = d2dssh_path(d, D2DSSH_FINGERPRINTS), *prints = NULL;
	struct host h = { .d = d, .store = open_store(d), .path = d2dssh_path(d, D2DSSH_HOST) };
	bool done = false;

	if (h.store >= 0) {
		done = use_store(&h) && prepare_all(&h, &prints);
		if (!done) {
			puts("the store can't keep host keys: they are new at each boot, and clients will warn that they have changed");
			d->code = EXIT_FAILURE;
		}
	}
	if (!done) {
		free(prints);
		use_memory(&h);
		if (!prepare_all(&h, &prints))
			d->code = EXIT_FAILURE;
	}
	d2d_file_write(file, prints);
	if (h.store >= 0)
		close(h.store);
	free(h.path);
	free(prints);
	free(file);
}
