/*
 * d2dunlock: makes and erases LUKS volumes, and saves, restores and repairs their headers. Before anything is lost, the device
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

/* libcryptsetup itself rewrites the damaged copy when it reads the header. It does so only for this verb: see d2dunlock.c. */
int d2dunlock_repair(struct unlock *u)
{
	struct d2d_volume v = { 0 };
	bool is_luks = d2d_volume_probe(u->dev, &v) == 0 && strcmp(v.fstype, "crypto_LUKS") == 0;
	int r, copies = d2d_luks_copies(u->dev);

	if (copies < 0)
		bb_error_msg_and_die("can't read '%s': %s", u->dev, strerror(-copies));
	if (!copies)
		bb_error_msg_and_die("'%s' has no intact copy of a LUKS header: 'd2dunlock restore' restores a backup", u->dev);
	if (copies == (D2D_LUKS_FIRST | D2D_LUKS_SECOND)) {
		printf("%s: its header is not damaged\n", u->dev);
		return EXIT_SUCCESS;
	}
	if (!is_luks && !(u->opt & OPT_FORCE))
		bb_error_msg_and_die("'%s' begins with %s, which would be overwritten: it may have been formatted since (-f repairs it anyway)",
			u->dev, v.fstype[0] ? v.fstype : "a boot sector");
	consent(u, copies & D2D_LUKS_FIRST ? "The second copy of its LUKS header will be rewritten from the first one."
		: "The first copy of its LUKS header, at the beginning, will be rewritten from the second one.");
	r = crypt_init(&u->cd, u->dev);
	if (r == 0)
		r = crypt_load(u->cd, CRYPT_LUKS2, NULL);
	if (r < 0)
		bb_error_msg_and_die("can't repair the header of '%s': %s", u->dev, d2dunlock_reason(u, r));
	if (d2d_luks_flush(u->dev) < 0 || d2d_luks_copies(u->dev) != (D2D_LUKS_FIRST | D2D_LUKS_SECOND))
		bb_error_msg_and_die("can't write the header of '%s'", u->dev);
	printf("%s: both copies of its header are intact\n", u->dev);
	d2d_volume_clear(&v);
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
