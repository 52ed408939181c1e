/*
 * d2dtls export: writes the files that a client of this machine needs, with the names that docker(1) expects.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_export.o

#include "d2dtls.h"
#include <libgen.h>

enum { FILES = 3, FILE_MAX = 1024 * 1024 };

static const struct { const char *name, *suffix, *as; } files[FILES] = {
	{ "ca", ".pem", "ca.pem" }, { "client", ".pem", "cert.pem" }, { "client", "-key.pem", "key.pem" },
};

/* Writes a file under another name, with the owner of the directory: root exports for the user who has called sudo. */
static int write_new(const struct d2dtls *t, unsigned i, int dir, const char *name)
{
	char *path = d2dtls_path(t, files[i].name, files[i].suffix), *text;
	struct stat st;
	size_t len;
	int fd, err = d2d_file_read(path, FILE_MAX, &text, &len);

	free(path);
	if (err < 0)
		return err;
	unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		err = -errno;
	errno = EIO;
	if (!err && (full_write(fd, text, len) != (ssize_t)len || fstat(dir, &st) < 0 || fsync(fd) < 0))
		err = -errno;
	/* FAT has no owners. */
	if (!err && fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		err = -errno;
	if (fd >= 0)
		close(fd);
	explicit_bzero(text, len);
	free(text);
	return err;
}

/* Opens the directory, and makes it if it isn't there. */
static int open_dir(const char *path)
{
	bool made = mkdir(path, 0700) == 0;
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *copy = xstrdup(path);
	struct stat st;

	if (dir >= 0 && made && stat(dirname(copy), &st) == 0 && fchown(dir, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		bb_perror_msg("can't change the owner of '%s'", path);
	free(copy);
	return dir < 0 ? -errno : dir;
}

static int write_files(const struct d2dtls *t, int dir)
{
	char *names[FILES];
	unsigned i;
	int err = 0;

	for (i = 0; i < FILES; i++)
		names[i] = xasprintf("%s.%u~", files[i].as, (unsigned)getpid());
	for (i = 0; i < FILES && !err; i++)
		err = write_new(t, i, dir, names[i]);
	/* All of them, or none. */
	for (i = 0; i < FILES && !err; i++)
		if (renameat(dir, names[i], dir, files[i].as) < 0)
			err = -errno;
	for (i = 0; i < FILES; i++) {
		if (err)
			unlinkat(dir, names[i], 0);
		free(names[i]);
	}
	return err;
}

int d2dtls_export(struct d2dtls *t, const char *path)
{
	struct d2dtls_given given;
	struct d2dtls_set set;
	struct stat st;
	int dir, err;

	d2dtls_given_read(t, &given);
	if (given.usable)
		d2dtls_error(t, "dockerd uses docker-machine's certificates, so its clients need those of docker-machine: "
			"'docker-machine env' names them");
	d2dtls_given_free(&given);
	if (given.usable)
		return t->code;
	d2dtls_make(t, &set, D2DTLS_LOOK);
	if (set.ca.cert_err || !d2dtls_pair_fits(&set.client)) {
		if (!set.ca.cert_err)
			d2dtls_error(t, "there is no certificate for a client: 'sudo d2d tls renew' makes it");
		goto out;
	}
	dir = open_dir(path);
	err = dir < 0 ? dir : write_files(t, dir);
	if (err < 0) {
		d2dtls_error(t, "can't export to '%s': %s", path, strerror(-err));
	} else {
		if (fstatat(dir, "key.pem", &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_mode & 0077)
			bb_error_msg("the file system of '%s' keeps no permissions: whoever reads key.pem there controls Docker",
				path);
		printf("exported to '%s': ca.pem cert.pem key.pem; where a copy of them is:\n", path);
		d2dtls_print_command(t, &set);
	}
	if (dir >= 0)
		close(dir);
 out:
	d2dtls_set_free(&set);
	return t->code;
}
