/*
 * Asks for passwords, and hashes that of the console. The password itself is in locked memory, which is wiped, and nowhere else.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_PASSWORD) += d2d_password.o
//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_WIFI) += d2d_password.o
//kbuild:lib-$(CONFIG_D2DISO) += d2d_password.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2d_config.h"

/* crypt(5): "$6$SALT$HASH" with the characters of base64 and '.', '$' and '='. A ':' would begin another field of /etc/shadow. */
bool d2d_password_ok(const char *hash)
{
	return hash[0] == '$' && strlen(hash) > 20
		&& hash[strspn(hash, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./$=,-_")] == '\0';
}

char *d2d_password_memory(void)
{
	char *memory = xzalloc(2 * D2D_PASSWORD_MAX);

	prctl(PR_SET_DUMPABLE, 0);
	mlock(memory, 2 * D2D_PASSWORD_MAX);
	return memory;
}

void d2d_password_wipe(char *memory)
{
	explicit_bzero(memory, 2 * D2D_PASSWORD_MAX);
	free(memory);
}

const char *d2d_password_read(const char *prompt, bool twice, char *password)
{
	char *again = password + D2D_PASSWORD_MAX;

	if (!isatty(STDIN_FILENO)) {
		ssize_t len = full_read(STDIN_FILENO, password, D2D_PASSWORD_MAX - 1);

		if (len == D2D_PASSWORD_MAX - 1)
			return "the password is too long";
		password[MAX(len, 0)] = '\0';
		password[strcspn(password, "\n")] = '\0';
		return password[0] ? NULL : "there is no password on standard input";
	}
	if (d2d_ask(prompt, password, D2D_PASSWORD_MAX, 0) < 0 || (twice && d2d_ask("The same again: ", again, D2D_PASSWORD_MAX, 0) < 0))
		return "no password was given";
	return !twice || strcmp(password, again) == 0 ? NULL : "the passwords differ";
}

const char *d2d_password_ask(const char *prompt, char **hash)
{
	char salt[MAX_PW_SALT_LEN], *password = d2d_password_memory();
	const char *why = d2d_password_read(prompt, true, password);

	if (!why) {
		crypt_make_pw_salt(salt, "sha512");
		*hash = pw_encrypt(password, salt, 1);
		if (!d2d_password_ok(*hash))
			why = "can't hash the password";
	}
	d2d_password_wipe(password);
	return why;
}
