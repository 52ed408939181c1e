/*
 * d2dconfig -p: the console password of docker and root. The store keeps its hash in d2d/password, which only root can read.
 *
 * An ISO can bring one, too (d2d-host iso -p), for a store that has none.
 *
 * Who has this password can open the rescue shell, so it isn't taken from a volume that somebody may have plugged in beside an
 * encrypted one: the same rule as for settings of the engine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_PASSWORD) += d2dconfig_password.o

#include <sys/mman.h>
#include "d2dconfig.h"
#include "d2d_trust.h"

enum { HASH_MAX = 256 };		/* bytes of d2d/password */

/* Writes the hash to /etc/shadow, for both users. Returns whether that failed. */
static int set_hash(const struct d2dconfig *c, const char *hash)
{
	char *argv[] = { (char *)"chpasswd", (char *)"-e", (char *)"-R", (char *)c->root, NULL };
	char *lines = xasprintf("root:%s\ndocker:%s\n", hash, hash);
	int in = memfd_create("shadow", MFD_CLOEXEC);
	bool bad = in < 0 || full_write(in, lines, strlen(lines)) < 0 || lseek(in, 0, SEEK_SET) != 0;

	if (!c->root[0])
		argv[2] = NULL;
	fflush_all();
	if (!bad) {
		/* Nothing reads standard input after this. chpasswd reports what it has changed, which nobody needs to know. */
		xmove_fd(in, STDIN_FILENO);
		close(STDOUT_FILENO);
		xopen(bb_dev_null, O_WRONLY);
		bad = spawn_and_wait(argv) != 0;
	}
	explicit_bzero(lines, strlen(lines));
	free(lines);
	if (bad)
		bb_simple_error_msg("can't set the password");
	return bad;
}

static int save(const struct d2dconfig *c, const char *hash)
{
	char *path = d2dconfig_stored(c, "password"), *line = xasprintf("%s\n", hash);
	int err = d2d_make_parent_dirs(path);

	umask(077);
	if (!err)
		err = d2d_file_write(path, line);
	if (err < 0)
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
	free(line);
	free(path);
	return err < 0;
}

int d2dconfig_password(const struct d2dconfig *c)
{
	const char *why;
	char *hash;
	int bad;

	if (!c->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d config -p", bb_msg_you_must_be_root);
	why = d2d_password_ask("New password of docker and root: ", &hash);
	if (why)
		bb_error_msg_and_die("%s: nothing has changed", why);
	if (d2dconfig_has_store(c)) {
		bad = save(c, hash);
	} else {
		puts("no store: the password lasts until the machine is switched off");
		bad = 0;
	}
	return bad || set_hash(c, hash) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Uses the hash in the file PATH, unless its volume isn't trusted. Returns 0, 1 if that failed, or -1 if there is no such file. */
static int apply_file(const struct d2dconfig *c, const char *path, bool is_store)
{
	char *text, *hooks = d2d_option_at(c->root, "hooks"), *spec = d2d_option_at(c->root, "store");
	struct d2d_trust trust = { .root = NULL };
	const char *why;
	size_t len;
	int err = d2d_file_read(path, HASH_MAX, &text, &len), bad = -1;

	if (err < 0) {
		if (err != -ENOENT) {
			bb_error_msg("'%s' %s", path, d2d_file_error(err));
			bad = 1;
		}
		goto out;
	}
	text[strcspn(text, "\n")] = '\0';
	d2d_trust_begin(&trust, c->root, hooks, spec);
	trust.kind = D2D_KIND_SETTINGS;
	why = is_store && trust.store ? NULL : d2d_trust_required(&trust, "40-mount");
	if (why)
		bb_error_msg("'%s' is not used: %s", path, why);
	else if (!d2d_password_ok(text))
		bb_error_msg("'%s' is not the hash of a password; 'sudo d2d config -p' makes a new one", path);
	/* That an ISO isn't trusted on this machine is not a failure, as with its hooks. */
	bad = why ? is_store : !d2d_password_ok(text) || set_hash(c, text);
	d2d_trust_free(&trust);
 out:
	free(text);
	free(spec);
	free(hooks);
	return bad;
}

int d2dconfig_password_apply(const struct d2dconfig *c)
{
	char *stored = d2dconfig_stored(c, "password"), *medium = d2dconfig_path(c, D2DCONFIG_MEDIUM"/password");
	int bad = apply_file(c, stored, true);

	if (bad < 0)
		bad = apply_file(c, medium, false);
	free(medium);
	free(stored);
	return bad > 0;
}
