/*
 * d2dssh --early: a server that only asks for the passphrase of the store, before the store is open. It has a port of its own,
 * because its host key is another one: the one for logins is on the store, and clients would warn about a changed key.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_early.o

#include "d2dssh.h"

#define HOST_KEY "d2d/ssh_early_host_key"
#define HOST D2DSSH_EARLY"/host"

/* Uses the host key that a volume may bring, in the format of OpenSSH or of dropbear. Returns whether there is one. */
static bool take_key(struct d2dssh *d, const char *dir, const char *path, struct d2d_ssh_blob *blob)
{
	char buf[D2DSSH_KEY_MAX];
	int fd = d2d_open_in(dir, HOST_KEY);
	ssize_t len = d2dssh_key_read(fd, buf);
	bool ok = false;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return false;
	if (len > 0 && d2d_ssh_host_key(buf, len, blob))
		ok = d2d_file_save_as(path, buf, len, 0600, NULL) == 0;
	else if (len > 0 && d2dssh_key_convert(buf, len, path)) {
		len = d2dssh_key_read(open(path, O_RDONLY | O_CLOEXEC), buf);
		ok = len > 0 && d2d_ssh_host_key(buf, len, blob);
	}
	explicit_bzero(buf, sizeof(buf));
	if (!ok) {
		printf("%s/"HOST_KEY": can't be used as a host key; 'ssh-keygen -t ed25519 -N \"\" -f FILE' makes one\n", dir);
		d->code = EXIT_FAILURE;
	}
	return ok;
}

/* Makes a key for this boot only. */
static bool make_key(const char *path, struct d2d_ssh_blob *blob)
{
	char buf[D2DSSH_KEY_MAX];
	ssize_t len;
	bool ok;

	if (!d2dssh_key_make("ed25519", path))
		return false;
	len = d2dssh_key_read(open(path, O_RDONLY | O_CLOEXEC), buf);
	ok = len > 0 && d2d_ssh_host_key(buf, len, blob);
	explicit_bzero(buf, sizeof(buf));
	return ok;
}

/* Prepares the host key and returns a text about it, which the caller frees, or NULL if there can't be one. */
static char *host_key(struct d2dssh *d)
{
	llist_t *dirs = d2d_volume_dirs(d->root), *dir;
	char *path = d2dssh_path(d, HOST), *print, *text = NULL;
	struct d2d_ssh_blob blob;
	bool kept = false;

	for (dir = dirs; dir && !kept; dir = dir->link)
		kept = take_key(d, dir->data, path, &blob);
	if (kept || make_key(path, &blob)) {
		print = d2d_ssh_fingerprint(&blob);
		text = xasprintf("host key %s (%s)%s", print, d2d_ssh_type_name(blob.type), kept ? "" : ", for this boot only");
		free(print);
	} else {
		printf("can't make a host key in '%s'\n", path);
		d->code = EXIT_FAILURE;
	}
	llist_free(dirs, free);
	free(path);
	return text;
}

/* Prints a text, also on the consoles. */
static void announce(const struct d2dssh *d, const char *key)
{
	char *text = xasprintf("debian2docker: the passphrase can be given by SSH, too: port "D2DSSH_EARLY_PORT", user docker; %s\n", key);

	printf("%s", text + sizeof("debian2docker: ") - 1);
	if (!d->root[0])
		d2d_consoles_write(text);
	free(text);
}

static void start(struct d2dssh *d)
{
	/* -j, -k: no connections are forwarded. -c: each session runs this command, whatever it asks for. */
	static const char *const argv[] = {
		"d2dstart", "ssh-early", "--", D2DSSH_SERVER, "-F", "-K", "120", "-w", "-j", "-k", "-p", D2DSSH_EARLY_PORT,
		"-r", HOST, "-D", D2DSSH_EARLY, "-c", "d2dssh --unlock", NULL
	};
	unsigned i;

	fflush_all();
	if (d->root[0]) {
		for (i = 0; argv[i]; i++)
			printf("%s%c", argv[i], argv[i + 1] ? ' ' : '\n');
	} else if (spawn_and_wait((char **)argv) != 0) {
		d->code = EXIT_FAILURE;
	}
}

int d2dssh_early(struct d2dssh *d)
{
	char *dir = d2dssh_path(d, D2DSSH_EARLY), *key = NULL;

	if (bb_make_directory(dir, 0755, FILEUTILS_RECUR) < 0)
		xfunc_die();
	if (!d2dssh_collect_early(d)) {
		puts("there is no key: it is taken from d2d/authorized_keys of the medium or of a stick, or from d2d.ssh-key=");
		d->code = EXIT_FAILURE;
	} else {
		key = host_key(d);
	}
	if (key) {
		announce(d, key);
		start(d);
	}
	free(key);
	free(dir);
	return d->code;
}

void d2dssh_unlock(void)
{
	/* With a terminal the passphrase is asked for; otherwise a script sends it: ssh -T ... <FILE. sudo: d2dunlock needs root. */
	const char *how = isatty(STDIN_FILENO) ? "-N" : "-i", *discard = d2d_option("discard") ? "-D" : NULL;

	execlp("sudo", "sudo", "d2dunlock", how, discard, (char *)NULL);
	bb_simple_perror_msg_and_die("can't execute 'sudo d2dunlock'");
}
