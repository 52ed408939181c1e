/*
 * d2dsecureboot: the state of Secure Boot, for the user.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSECUREBOOT) += d2dsecureboot_show.o

#include "d2dsecureboot.h"

static void row(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void row(const char *name, const char *format, ...)
{
	va_list args;

	printf("%-10s", name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	bb_putchar('\n');
}

struct shown {
	const char *name;
	int n;
};

static void show_certificate(void *arg, const uint8_t *der, size_t len)
{
	struct shown *shown = arg;
	char *owner = d2d_efi_owner(der, len), hex[2 * 32 + 1];
	uint8_t digest[32];
	sha256_ctx_t ctx;

	sha256_begin(&ctx);
	sha256_hash(&ctx, der, len);
	sha256_end(&ctx, digest);
	d2d_hex(hex, digest, sizeof(digest));
	row(shown->name, "%s", owner ? owner : "a certificate without a name");
	row("", "SHA-256 %s", hex);
	shown->n++;
	free(owner);
}

int d2dsecureboot_certificates(const char *name, const uint8_t *value, size_t len)
{
	struct shown shown = { name, 0 };
	unsigned others = 0;
	int r = d2d_efi_list(value, len, show_certificate, &shown, &others);

	if (others)
		row(name, "%u other entr%s, such as digests of programs", others, others == 1 ? "y" : "ies");
	return r < 0 ? r : shown.n;
}

static void show_variable(const struct d2dsecureboot *d, const char *name, const char *guid)
{
	char *value;
	size_t len;
	int r = d2d_efi_read(d->root, name, guid, &value, &len);

	if (r == -ENOENT || (r == 0 && !len))
		row(name, "none");
	else if (r < 0)
		row(name, "can't be read: %s", strerror(-r));
	else if (d2dsecureboot_certificates(name, (uint8_t *)value, len) < 0)
		row(name, "has another form than a list of certificates");
	if (r == 0)
		free(value);
}

static void show_lockdown(const struct d2dsecureboot *d)
{
	char *path = xasprintf("%s/sys/kernel/security/lockdown", d->root), *text = xmalloc_open_read_close(path, NULL), *at, *end;

	at = text ? strchr(text, '[') : NULL;
	end = at ? strchr(at, ']') : NULL;
	if (!end)
		row("lockdown", "none: this kernel has no lockdown");
	else
		row("lockdown", "%.*s", (int)(end - at - 1), at + 1);
	free(text);
	free(path);
}

/* Whether the medium starts with Secure Boot on: the files that its GRUB verifies have signatures. */
static void show_medium(const struct d2dsecureboot *d)
{
	static const char *const names[] = { "boot/vmlinuz.sig", "a/vmlinuz.sig", "b/vmlinuz.sig" };
	bool is_signed = false;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		char *path = xasprintf("%s"D2D_MEDIUM"/%s", d->root, names[i]);

		is_signed |= access(path, F_OK) == 0;
		free(path);
	}
	row("medium", is_signed ? "signed" : "not signed, or not there");
}

int d2dsecureboot_show(const struct d2dsecureboot *d)
{
	static const char *const states[] = {
		[D2D_SECUREBOOT_NONE] = "none: started by BIOS, or by a firmware without Secure Boot",
		[D2D_SECUREBOOT_OFF] = "off: the firmware starts anything; its menu switches it on",
		[D2D_SECUREBOOT_SETUP] = "setup mode: there are no keys yet, 'd2d secureboot enroll' writes yours",
		[D2D_SECUREBOOT_ON] = "on",
	};
	int state = d2d_secureboot(d->root);

	row("state", "%s", states[state]);
	if (state != D2D_SECUREBOOT_NONE) {
		show_variable(d, "PK", D2D_EFI_GLOBAL);
		show_variable(d, "KEK", D2D_EFI_GLOBAL);
		show_variable(d, "db", D2D_EFI_DATABASE);
		show_variable(d, "dbx", D2D_EFI_DATABASE);
	}
	show_lockdown(d);
	show_medium(d);
	fflush_stdout_and_exit_SUCCESS();
}
