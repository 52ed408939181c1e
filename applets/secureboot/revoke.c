/*
 * d2dsecureboot revoke: adds digests of programs to dbx, so that the firmware doesn't start these programs any more. The list is signed
 * by KEK, and the firmware verifies that. An older signed system can then not be brought back.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSECUREBOOT) += d2dsecureboot_revoke.o

#include "d2dsecureboot.h"

enum { FILE_MAX = 64 * 1024 };

int d2dsecureboot_revoke(const struct d2dsecureboot *d, const char *path)
{
	int r, state = d2d_secureboot(d->root);
	size_t size, len, now_len = 0;
	const uint8_t *value;
	char *auth, *now = NULL;

	if (state != D2D_SECUREBOOT_ON)
		bb_simple_error_msg_and_die("Secure Boot isn't on: the firmware starts everything");
	r = d2d_file_read(path, FILE_MAX, &auth, &size);
	if (r < 0)
		bb_error_msg_and_die("'%s' %s", printable_string(path), d2d_file_error(r));
	value = d2d_efi_signed_value((uint8_t *)auth, size, &len);
	if (!value || !len || d2dsecureboot_certificates("dbx", value, len) != 0)
		bb_error_msg_and_die("'%s' is not a file of 'make revoke'", printable_string(path));
	puts("The firmware will never start these programs again. Revoke a system only when a newer one has started on this machine.");
	d2dsecureboot_confirm(d, "revoke them");
	d2dsecureboot_mount(d);
	r = d2d_efi_read(d->root, "dbx", D2D_EFI_DATABASE, &now, &now_len);
	if (r < 0 || !memmem(now, now_len, value, len)) {
		r = d2dsecureboot_write(d, "dbx", D2D_EFI_DATABASE, auth, size, true);
		if (r < 0)
			bb_error_msg_and_die("the firmware doesn't take the list: %s (is it signed by the KEK of this machine?)", strerror(-r));
	}
	puts("The firmware refuses them from the next start on.");
	free(now);
	free(auth);
	fflush_stdout_and_exit_SUCCESS();
}
