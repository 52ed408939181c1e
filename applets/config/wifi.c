/*
 * d2dconfig wifi=NAME: keeps a wireless network with its passphrase, in a file of iwd, the daemon that connects, in the layer wifi. On the
 * store this is d2d/wifi, which only root can read; without one, a directory in memory. The hook 60-services/05-wifi makes it
 * the directory of iwd, which notices files that are added.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_WIFI) += d2dconfig_wifi.o

#include "d2dconfig.h"

enum {
	SSID_MAX = 32,					/* bytes */
	PASSPHRASE_MIN = 8, PASSPHRASE_MAX = 63,	/* characters */
	KEY_DIGITS = 64,				/* of a key that is given instead of a passphrase */
	FILE_MAX = 64 + 2 * D2D_PASSWORD_MAX,
};

/* Returns the name of the file of a network, as iwd.network(5) has it: the SSID, or "=" and its bytes in hexadecimal. The caller frees it. */
static char *file_name(const char *ssid)
{
	const char *p;
	char *name, *to;

	for (p = ssid; isalnum((unsigned char)*p) || (*p && strchr("-_ ", *p)); p++)
		continue;
	if (!*p)
		return xasprintf("%s.psk", ssid);
	name = xzalloc(1 + 2 * SSID_MAX + sizeof(".psk"));
	name[0] = '=';
	to = bin2hex(name + 1, ssid, strlen(ssid));
	strcpy(to, ".psk");
	return name;
}

/* Writes the text of the file of a network to TEXT, of FILE_MAX bytes. Returns why the passphrase is not valid, or NULL. */
static const char *file_text(char *text, const char *passphrase)
{
	size_t len = strlen(passphrase);
	const char *p;
	char *to;

	if (len == KEY_DIGITS && strspn(passphrase, "0123456789abcdefABCDEF") == len) {
		sprintf(text, "[Security]\nPreSharedKey=%s\n", passphrase);
		return NULL;
	}
	if (len < PASSPHRASE_MIN || len > PASSPHRASE_MAX)
		return "a passphrase has 8 to 63 characters, or it is a key of 64 hexadecimal digits";
	to = stpcpy(text, "[Security]\nPassphrase=");
	for (p = passphrase; *p; p++) {
		if (*p < ' ' || *p > '~')
			return "a passphrase has only ASCII characters";
		/* iwd drops blanks at the beginning and at the end, and reads '\' as the start of an escape sequence. */
		if (*p == '\\' || *p == ' ')
			*to++ = '\\';
		*to++ = *p == ' ' ? 's' : *p;
	}
	strcpy(to, "\n");
	return NULL;
}

/* Asks for the passphrase, and writes the file. Returns why that failed, or NULL. */
static const char *save(const char *path, const char *ssid)
{
	char *prompt = xasprintf("Passphrase of '%s': ", printable_string(ssid));
	char *secret = d2d_password_memory(), *text = d2d_password_memory();
	const char *why = d2d_password_read(prompt, false, secret) ? : file_text(text, secret);
	int err = why ? 0 : d2d_file_write(path, text);

	if (err < 0)
		why = strerror(-err);
	d2d_password_wipe(text);
	d2d_password_wipe(secret);
	free(prompt);
	return why;
}

int d2dconfig_wifi(const struct d2dconfig *c, const char *ssid, bool delete)
{
	bool store = d2dconfig_has_store(c);
	char *dir = store ? d2dconfig_stored(c, "wifi") : d2dconfig_path(c, D2D_RUN"/wifi"), *name, *path;
	const char *why = NULL;
	int err = 0;

	if (!ssid[0] || strlen(ssid) > SSID_MAX)
		bb_simple_error_msg_and_die("the name of a wireless network has 1 to 32 bytes");
	if (!c->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d config wifi=%s", bb_msg_you_must_be_root, printable_string(ssid));
	if (!store && !c->temporary && !delete)
		bb_simple_error_msg_and_die("no store: the passphrase would be lost at the next boot (-t: keep it until then)");
	name = file_name(ssid);
	path = concat_path_file(dir, name);
	if (delete) {
		if (unlink(path) < 0)
			err = -errno;
	} else {
		err = d2d_make_parent_dirs(dir);
		umask(077);
		if (!err && mkdir(dir, 0700) < 0 && errno != EEXIST)
			err = -errno;
		why = err ? NULL : save(path, ssid);
	}
	if (err == -ENOENT && delete)
		why = "no such network is known";
	else if (err < 0)
		why = strerror(-err);
	if (why)
		bb_error_msg("wireless network '%s': %s: nothing has changed", printable_string(ssid), why);
	else if (!store && !delete)
		puts("no store: this lasts until the machine is switched off");
	free(path);
	free(name);
	free(dir);
	return why ? EXIT_FAILURE : EXIT_SUCCESS;
}
