/*
 * Asks for the console password and hashes it. The password itself is in locked memory, which is wiped, and nowhere else.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_PASSWORD) += d2d_password.o
//kbuild:lib-$(CONFIG_D2DISO) += d2d_password.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2d_config.h"

enum { PASSWORD_MAX = 256 };	/* bytes, with the '\0' */

/* crypt(5): "$6$SALT$HASH" with the characters of base64 and '.', '$' and '='. A ':' would begin another field of /etc/shadow. */
bool d2d_password_ok(const char *hash)
{
	return hash[0] == '$' && strlen(hash) > 20
		&& hash[strspn(hash, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./$=,-_")] == '\0';
}

/* Asks for the password on the terminal, twice, or reads it from a line of stdin. Returns a reason why there is none, or NULL. */
static const char *ask(const char *prompt, char *password)
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
	if (d2d_ask(prompt, password, PASSWORD_MAX, 0) < 0 || d2d_ask("The same again: ", again, PASSWORD_MAX, 0) < 0)
		return "no password was given";
	return strcmp(password, again) == 0 ? NULL : "the passwords differ";
}

const char *d2d_password_ask(const char *prompt, char **hash)
{
	char salt[MAX_PW_SALT_LEN], *password;
	const char *why;

	prctl(PR_SET_DUMPABLE, 0);
	password = xzalloc(2 * PASSWORD_MAX);
	mlock(password, 2 * PASSWORD_MAX);
	why = ask(prompt, password);
	if (!why) {
		crypt_make_pw_salt(salt, "sha512");
		*hash = pw_encrypt(password, salt, 1);
		if (!d2d_password_ok(*hash))
			why = "can't hash the password";
	}
	explicit_bzero(password, 2 * PASSWORD_MAX);
	free(password);
	return why;
}
