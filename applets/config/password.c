/*
 * d2dconfig -p: the console password of docker and root. The store keeps its hash in d2d/password, which only root can read.
 *
 * Who has this password can open the rescue shell, so it isn't taken from a store that somebody may have plugged in beside an
 * encrypted volume: the same rule as for settings of the engine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_PASSWORD) += d2dconfig_password.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2dconfig.h"
#include "d2d_trust.h"

enum {
	PASSWORD_MAX = 256,	/* bytes, with the '\0' */
	HASH_MAX = 256,		/* bytes of d2d/password */
};

/* crypt(5): "$6$SALT$HASH" with the characters of base64 and '.', '$' and '='. A ':' would begin another field of /etc/shadow. */
static bool hash_ok(const char *hash)
{
	return hash[0] == '$' && strlen(hash) > 20
		&& hash[strspn(hash, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./$=,-_")] == '\0';
}

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

/* Asks for the password on the terminal, twice, or reads it from a line of stdin. Returns a reason why there is none, or NULL. */
static const char *ask(char *password)
{
	char *again = password + PASSWORD_MAX;

	if (!isatty(STDIN_FILENO)) {
		ssize_t len = full_read(STDIN_FILENO, password, PASSWORD_MAX - 1);

		if (len == PASSWORD_MAX - 1)
			return "the password is too long";
		password[MAX(len, 0)] = '\0';
		password[strcspn(password, "\n")] = '\0';
		return password[0] ? NULL : "there is no password on standard input";
	}
	if (d2d_ask("New password of docker and root: ", password, PASSWORD_MAX, 0) < 0
	 || d2d_ask("The same again: ", again, PASSWORD_MAX, 0) < 0)
		return "no password was given";
	return strcmp(password, again) == 0 ? NULL : "the passwords differ";
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
	char salt[MAX_PW_SALT_LEN], *password, *hash;
	const char *why;
	int bad;

	if (!c->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d config -p", bb_msg_you_must_be_root);
	prctl(PR_SET_DUMPABLE, 0);
	password = xzalloc(2 * PASSWORD_MAX);
	mlock(password, 2 * PASSWORD_MAX);
	why = ask(password);
	if (why) {
		explicit_bzero(password, 2 * PASSWORD_MAX);
		bb_error_msg_and_die("%s: nothing has changed", why);
	}
	crypt_make_pw_salt(salt, "sha512");
	hash = pw_encrypt(password, salt, 1);
	explicit_bzero(password, 2 * PASSWORD_MAX);
	if (!hash_ok(hash))
		bb_simple_error_msg_and_die("can't hash the password: nothing has changed");
	if (d2dconfig_has_store(c)) {
		bad = save(c, hash);
	} else {
		puts("no store: the password lasts until the machine is switched off");
		bad = 0;
	}
	return bad || set_hash(c, hash) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int d2dconfig_password_apply(const struct d2dconfig *c)
{
	char *path = d2dconfig_stored(c, "password"), *text, *hooks = d2d_option_at(c->root, "hooks"),
		*spec = d2d_option_at(c->root, "store");
	struct d2d_trust trust = { .root = NULL };
	const char *why;
	size_t len;
	int err = d2d_file_read(path, HASH_MAX, &text, &len), bad = 0;

	if (err < 0) {
		bad = err != -ENOENT;
		if (bad)
			bb_error_msg("'%s' %s", path, d2d_file_error(err));
		goto out;
	}
	text[strcspn(text, "\n")] = '\0';
	d2d_trust_begin(&trust, c->root, hooks, spec);
	trust.kind = D2D_KIND_SETTINGS;
	why = trust.store ? NULL : d2d_trust_required(&trust, "40-mount");
	if (why)
		bb_error_msg("'%s' is not used: %s", path, why);
	else if (!hash_ok(text))
		bb_error_msg("'%s' is not the hash of a password; 'sudo d2d config -p' makes a new one", path);
	bad = why || !hash_ok(text) || set_hash(c, text);
	d2d_trust_free(&trust);
 out:
	free(text);
	free(spec);
	free(hooks);
	free(path);
	return bad;
}
