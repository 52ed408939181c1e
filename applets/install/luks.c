/*
 * d2dinstall, d2dreset: makes an encrypted store, an ext4 in a LUKS2 volume; both are labelled as the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DINSTALL_LUKS) += d2dinstall_luks.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2dinstall.h"
#include "d2d_luks.h"

#define MAPPING "d2d-install"

struct install_key {
	char text[1024], again[1024];
	size_t len;
	const char *backup;
};

struct install_key *d2dinstall_key(const char *backup)
{
	struct install_key *key = xzalloc(sizeof(*key));

	if (backup && access(backup, F_OK) == 0)
		bb_error_msg_and_die("'%s' already exists", backup);
	if (access("/dev/mapper/"MAPPING, F_OK) == 0)
		bb_simple_error_msg_and_die("/dev/mapper/"MAPPING" is still open from a killed d2dinstall or d2dreset: "
			"close it by sudo d2d unlock -c -n "MAPPING);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	d2dinstall_key_lock(key);
	key->backup = backup;
	return key;
}

void d2dinstall_key_lock(struct install_key *key)
{
	if (mlock(key, sizeof(*key)) != 0)
		bb_simple_perror_msg_and_die("can't lock the memory of the passphrase");
}

void d2dinstall_key_wipe(struct install_key *key)
{
	if (!key)
		return;
	explicit_bzero(key, sizeof(*key));
	munlock(key, sizeof(*key));
	free(key);
}

/* Reads byte by byte, so that no copy of the passphrase stays in a stdio buffer and the following lines remain unread. */
static int read_line(char *line, size_t size)
{
	size_t n = 0;

	while (n < size && safe_read(STDIN_FILENO, line + n, 1) == 1) {
		if (line[n] == '\n') {
			line[n] = '\0';
			return n;
		}
		n++;
	}
	return n < size ? -EIO : -E2BIG;
}

static int ask_twice(struct install_key *key, int seconds)
{
	int r = d2d_ask("Passphrase for the store: ", key->text, sizeof(key->text), seconds), again;

	if (r < 0)
		return r;
	again = d2d_ask("Repeat the passphrase: ", key->again, sizeof(key->again), seconds);
	if (again < 0)
		return again;
	return again == r && memcmp(key->text, key->again, r) == 0 ? r : -EINVAL;
}

int d2dinstall_key_ask(struct install_key *key, bool console, int seconds)
{
	int r = console || isatty(STDIN_FILENO) ? ask_twice(key, seconds) : read_line(key->text, sizeof(key->text));

	if (r == 0)
		r = -ENODATA;
	if (r > 0)
		key->len = r;
	return MIN(r, 0);
}

const char *d2dinstall_key_error(int r)
{
	return r == -EINVAL ? "the two passphrases differ" : r == -ENODATA || r == -EIO ? "no passphrase was given" : strerror(-r);
}

int d2dinstall_make_luks(const char *part, const struct install_key *key)
{
	int r;

	printf("%s: measuring the cost of the key derivation, and encrypting\n", part);
	fflush_all();
	r = d2d_luks_format(part, D2D_STORE_LABEL, NULL, key->text, key->len);
	if (r == 0 && key->backup) {
		r = d2d_luks_backup(part, key->backup);
		if (r < 0)
			bb_error_msg("can't write '%s': %s", key->backup, strerror(-r));
	}
	if (r == 0 && bb_got_signal)
		r = -EINTR;
	if (r == 0)
		r = d2d_luks_open(part, MAPPING, key->text, key->len);
	if (r < 0) {
		bb_error_msg("can't encrypt '%s': %s", part, strerror(-r));
		return r;
	}
	r = d2dinstall_make_ext4("/dev/mapper/"MAPPING, 0, 0);
	sync();
	if (d2d_luks_close(MAPPING) < 0 && r == 0)
		r = -EBUSY;
	if (r == 0 && !key->backup)
		printf("Keep a backup of its header elsewhere: sudo d2d unlock backup %s FILE\n", part);
	return r;
}
