/*
 * d2diso: public keys of minisign that the boot accepts besides those of the image.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_keys.o

#include "d2diso.h"

void d2diso_keys(struct d2diso *d)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&d->iso, D2D_ISO_KEYS);
	char *trust = d2d_iso_info(&d->iso, "trust"), *grub = d2diso_text(d, "boot/grub/grub.cfg"), *data;
	llist_t *keys = NULL, *l;
	size_t len;

	if (!d->keys)
		goto out;
	d2diso_refuse_signed(d, "further public keys");
	if (!trust || !grub || !strstr(grub, "/"D2D_ISO_KEYS))
		bb_error_msg_and_die("'%s' takes no further keys: it is older than 'd2d-host iso', or built without D2D_MENU_ENV",
			printable_string(d->iso.path));
	/* Whoever has built such an image has also chosen who may sign for it. */
	if (trust && (strcmp(trust, "signed") == 0 || strcmp(trust, "builtin") == 0))
		bb_error_msg_and_die("a further key would loosen trust: '%s' was built with the mode '%s', which accepts only the keys that it "
			"was built with (D2D_TRUST_KEYS)", printable_string(d->iso.path), trust);
	if (file) {
		if (d2d_iso_read(&d->iso, file, D2D_ISO_TEXT_MAX, &data, &len) < 0 || d2d_iso_keys_parse(data, len, &keys) < 0)
			bb_error_msg_and_die(D2D_ISO_KEYS" of '%s' is damaged", printable_string(d->iso.path));
		free(data);
	}
	for (l = d->keys; l; l = l->link)
		if (!llist_find_str(keys, l->data))
			llist_add_to_end(&keys, xstrdup(l->data));
	data = d2d_iso_keys_pack(keys, &len);
	d2diso_put(d, D2D_ISO_KEYS, data, len);
	free(data);
	llist_free(keys, free);
 out:
	free(grub);
	free(trust);
}
