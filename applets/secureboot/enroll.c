/*
 * d2dsecureboot enroll: writes the user's keys into a firmware in setup mode. PK comes last, because with it the setup mode ends;
 * if anything fails before, the firmware still starts everything.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSECUREBOOT) += d2dsecureboot_enroll.o

#include "d2dsecureboot.h"

enum { KEYS = 3, FILE_MAX = 64 * 1024 };

/* In the order in which they are written. */
static const struct {
	const char *name, *guid;
} keys[KEYS] = {
	{ "db", D2D_EFI_DATABASE },
	{ "KEK", D2D_EFI_GLOBAL },
	{ "PK", D2D_EFI_GLOBAL },
};

struct key {
	char *path;		/* of the file NAME.auth */
	char *auth;		/* its content: time, signature, value */
	size_t size;
	const uint8_t *value;	/* in it */
	size_t len;
	bool there, enrolled;	/* the variable exists; has the value already */
};

static void read_auth(struct key *key, const char *dir, const char *name)
{
	int r;

	key->path = xasprintf("%s/%s.auth", dir, name);
	r = d2d_file_read(key->path, FILE_MAX, &key->auth, &key->size);
	if (r < 0)
		bb_error_msg_and_die("'%s' %s", printable_string(key->path), d2d_file_error(r));
	key->value = d2d_efi_signed_value((uint8_t *)key->auth, key->size, &key->len);
	if (!key->value || d2dsecureboot_certificates(name, key->value, key->len) != 1)
		bb_error_msg_and_die("'%s' is not a file of 'make keys'", printable_string(key->path));
}

/* Whether the firmware has the variable, and the same list of one certificate in it. */
static void compare(const struct d2dsecureboot *d, struct key *key, int i)
{
	char *value;
	size_t len;
	int r = d2d_efi_read(d->root, keys[i].name, keys[i].guid, &value, &len);

	key->there = key->enrolled = false;
	if (r < 0)
		return;
	key->there = len != 0;
	key->enrolled = memmem(value, len, key->value, key->len) != NULL;
	free(value);
}

static void consent(const struct d2dsecureboot *d, const struct key *key)
{
	if (key[0].there)
		puts("The certificates that are in db stay there: what they have signed is started, too.");
	else
		puts("db has no other certificate: the firmware will start nothing else than what the key above has signed, no other\n"
			"system and no program on a graphics or network card.");
	d2dsecureboot_confirm(d, "write these keys into the firmware");
}

int d2dsecureboot_enroll(const struct d2dsecureboot *d, const char *dir)
{
	struct key key[KEYS] = { { NULL } };
	int i, state = d2d_secureboot(d->root);

	if (state == D2D_SECUREBOOT_NONE)
		bb_simple_error_msg_and_die("this machine was not started by a firmware with Secure Boot");
	if (state == D2D_SECUREBOOT_ON)
		bb_simple_error_msg_and_die("Secure Boot is on: only the owner of its PK changes keys, or the firmware's menu");
	if (state != D2D_SECUREBOOT_SETUP)
		bb_simple_error_msg_and_die("the firmware isn't in setup mode: delete its keys in its menu, at least PK");
	if (!dir)
		dir = xasprintf("%s"D2D_MEDIUM"/EFI/keys", d->root);
	for (i = 0; i < KEYS; i++) {
		read_auth(&key[i], dir, keys[i].name);
		compare(d, &key[i], i);
	}
	consent(d, key);
	d2dsecureboot_mount(d);
	for (i = 0; i < KEYS; i++) {
		/* What is in db and KEK stays. */
		int r = key[i].enrolled ? 0 : d2dsecureboot_write(d, keys[i].name, keys[i].guid, key[i].auth, key[i].size, key[i].there);

		if (r < 0)
			bb_error_msg_and_die("the firmware doesn't take %s (%s); it is still in setup mode, and starts everything", keys[i].name,
				strerror(-r));
		compare(d, &key[i], i);
		if (!key[i].enrolled)
			bb_error_msg_and_die("the firmware hasn't kept %s", keys[i].name);
		free(key[i].auth);
		free(key[i].path);
	}
	puts("The firmware has your keys. It starts only what they have signed from the next start on; if it doesn't, switch Secure\n"
		"Boot on in its menu.");
	fflush_stdout_and_exit_SUCCESS();
}
