/*
 * d2dunlock: makes and erases LUKS volumes, and saves and restores their headers. Before anything is lost, the device
 * is shown with its model, size and content, and the user has to type its name.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_MANAGE) += d2dunlock_format.o

#include "d2dunlock.h"

/* Dies unless the device is unused and writable, and the user agrees to WHAT will happen. */
static void consent(const struct unlock *u, const char *what)
{
	char *text, line[256] = "";
	int r = d2d_device_idle(u->dev);

	if (r < 0)
		bb_error_msg_and_die("can't write to '%s': %s", u->dev, r == -EBUSY ? "it is in use" : strerror(-r));
	text = d2d_device_text(u->dev);
	printf("%s\n%s\n", text, what);
	free(text);
	if (u->opt & OPT_YES)
		return;
	if (!isatty(STDIN_FILENO))
		bb_simple_error_msg_and_die("no terminal to ask on; -y goes on without asking");
	printf("Type the device's name to go on: ");
	fflush_all();
	if (fgets(line, sizeof(line), stdin))
		chomp(line);
	if (strcmp(line, u->dev) != 0 && strcmp(line, bb_basename(u->dev)) != 0)
		bb_simple_error_msg_and_die("nothing was changed");
}

int d2dunlock_format(struct unlock *u)
{
	struct crypt_pbkdf_type kdf;
	struct secret key;
	int r;

	consent(u, "It becomes an encrypted volume. Everything on it will be lost.");
	d2dunlock_new_key(u, &key);
	d2dunlock_measure(u, &kdf);
	r = d2d_luks_format(u->dev, u->label, &kdf, key.key, key.len);
	crypt_safe_free(key.key);
	if (r == -ENOSPC)
		bb_error_msg_and_die("'%s' is too small: a header takes 16 MiB", u->dev);
	if (r < 0)
		bb_error_msg_and_die("can't format '%s': %s", u->dev, strerror(-r));
	printf("%s: LUKS2, label %s\n", u->dev, printable_string(u->label));
	return EXIT_SUCCESS;
}

int d2dunlock_erase(struct unlock *u)
{
	int r;

	consent(u, "All its keys will be erased. Its content is lost for good, except for those who have a backup of its header.");
	r = d2d_luks_erase(u->dev);
	if (r < 0)
		bb_error_msg_and_die("can't erase the keys of '%s': %s", u->dev, strerror(-r));
	printf("%s: erased\n", u->dev);
	return EXIT_SUCCESS;
}

int d2dunlock_backup(struct unlock *u)
{
	int r;

	d2dunlock_refuse_damaged(u);
	r = d2d_luks_backup(u->dev, u->file);
	if (r < 0)
		bb_error_msg_and_die("can't write '%s': %s", u->file, strerror(-r));
	printf("%s: its header is in %s; anybody with this file and a key that is valid now can open the volume, "
		"even after the key was changed\n",
		u->dev, u->file);
	return EXIT_SUCCESS;
}

/* Returns the UUID of a LUKS volume, "" for anything else. The caller frees it. */
static char *uuid_of(const char *path)
{
	struct d2d_volume v = { 0 };
	char *uuid;

	uuid = xstrdup(d2d_volume_probe(path, &v) == 0 && strcmp(v.fstype, "crypto_LUKS") == 0 ? printable_string(v.uuid) : "");
	d2d_volume_clear(&v);
	return uuid;
}

int d2dunlock_restore(struct unlock *u)
{
	char *here = uuid_of(u->dev), *kept = uuid_of(u->file);
	int r = d2d_luks_copies(u->file);

	if (r < 0)
		bb_error_msg_and_die("can't open '%s': %s", u->file, strerror(-r));
	if (r != (D2D_LUKS_FIRST | D2D_LUKS_SECOND) || !kept[0])
		bb_error_msg_and_die("'%s' is not a backup of a LUKS header, or damaged", u->file);
	if (strcasecmp(here, kept) != 0 && !(u->opt & OPT_FORCE))
		bb_error_msg_and_die("'%s' is the header of the volume with UUID %s, but '%s' %s%s (-f restores it anyway)",
			u->file, kept, u->dev, here[0] ? "has UUID " : "is not a LUKS volume", here);
	consent(u, "Its header will be replaced by the backup. The keys of that time will be valid again.");
	r = d2d_luks_restore(u->dev, u->file);
	if (r < 0)
		bb_error_msg_and_die("can't restore the header of '%s': %s", u->dev, strerror(-r));
	printf("%s: has the header of %s\n", u->dev, u->file);
	free(here);
	free(kept);
	return EXIT_SUCCESS;
}
