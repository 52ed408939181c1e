/*
 * d2diso: the checksums of the old and the new ISO, and the UUID of the new one.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_sums.o

#include "d2diso.h"

/* The files that name the UUID, except for .disk/UUID.uuid and the FAT for UEFI. */
static const char named[] ALIGN1 = "boot/grub/grub.cfg\0" "EFI/BOOT/grub.cfg\0" "boot/isolinux.cfg\0";

static void read_sums(struct d2diso *d)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&d->iso, D2D_ISO_SUMS);
	char *text = NULL, *why = NULL;
	size_t len;

	if (!file) {
		bb_error_msg("'%s' has no "D2D_ISO_SUMS": it is used without being checked", printable_string(d->iso.path));
		return;
	}
	if (d2d_iso_read(&d->iso, file, D2D_ISO_TEXT_MAX * 16, &text, &len) < 0)
		bb_error_msg_and_die("can't read "D2D_ISO_SUMS" of '%s'", printable_string(d->iso.path));
	if (d2d_iso_sums_parse(text, len, &d->sums, &why) < 0)
		bb_error_msg_and_die(D2D_ISO_SUMS" of '%s': %s", printable_string(d->iso.path), why);
	free(text);
}

/* Verifies the files of the ISO. If it has no checksums, they are computed. */
static void verify(struct d2diso *d, struct d2diso_bar *bar)
{
	const struct d2d_iso_file *last = NULL;
	char hex[D2D_DIGEST + 1];
	bool has_sums = d->sums.n;
	unsigned i;

	for (i = 0; i < d->iso.n; i++) {
		const struct d2d_iso_file *file = &d->iso.file[i];
		const char *sum = d2d_iso_sums_find(&d->sums, file->path);
		int r = 0;

		if (!S_ISREG(file->mode) || d2d_iso_sums_exempt(file->path))
			continue;
		/* Two names of the same bytes are neighbours: boot/initramfs.img and boot/initrd.img. */
		if (!last || last->at != file->at || last->size != file->size)
			r = d2d_iso_digest(&d->iso, file, hex, &bar->progress);
		if (r < 0)
			bb_error_msg_and_die("can't read '%s' in '%s': %s", printable_string(file->path), d->iso.path, strerror(-r));
		bar->before += file->size;
		last = file;
		if (has_sums && !sum)
			bb_error_msg("'%s' of the ISO has no checksum", printable_string(file->path));
		if (sum && strcmp(sum, hex) != 0)
			bb_error_msg_and_die("'%s' is damaged: the checksum of '%s' in it is wrong", printable_string(d->iso.path),
				printable_string(file->path));
		d2d_iso_sums_set(&d->sums, file->path, hex);
	}
}

static void digest_file(struct d2diso_add *add, const struct d2d_progress *progress)
{
	enum { PIECE = 1024 * 1024 };
	struct stat st;
	int fd = open(add->from, O_RDONLY | O_CLOEXEC);
	struct d2d_stream *in;
	sha256_ctx_t ctx;
	uint8_t digest[32];
	char *piece;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		bb_perror_msg_and_die("can't read '%s'", printable_string(add->from));
	if (st.st_size != add->size)
		bb_error_msg_and_die("'%s' has just changed", printable_string(add->from));
	piece = xmalloc(PIECE);
	in = d2d_stream_file(fd, 0, add->size, progress);
	d2d_stream_close_fd(in);
	sha256_begin(&ctx);
	while ((n = d2d_stream_read(in, piece, PIECE)) > 0)
		sha256_hash(&ctx, piece, n);
	if (n < 0)
		bb_error_msg_and_die("can't read '%s': %s", printable_string(add->from), strerror(-n));
	sha256_end(&ctx, digest);
	d2d_hex(add->sha256, digest, sizeof(digest));
	d2d_stream_close(in);
	free(piece);
}

void d2diso_sums(struct d2diso *d)
{
	struct d2diso_bar bar;
	off_t size = 0;
	unsigned i;

	for (i = 0; i < d->iso.n; i++)
		size += d->iso.file[i].size;
	for (i = 0; i < d->n; i++)
		size += d->add[i].size;
	read_sums(d);
	d2diso_bar_begin(&bar, d, "checking", size);
	verify(d, &bar);
	for (i = 0; i < d->n; i++) {
		digest_file(&d->add[i], &bar.progress);
		bar.before += d->add[i].size;
		d2d_iso_sums_set(&d->sums, d->add[i].path, d->add[i].sha256);
	}
	d2diso_bar_end(&bar);
}

/* Sets the UUID of the new ISO: the day of the old one, and as the time of day a hash of all files but those that name the
 * UUID. So ISOs with different content have different UUIDs, as iso/image has it, and the same content always has the
 * same. */
static void set_uuid(struct d2diso *d)
{
	struct d2d_iso_sums sums = { .n = 0 };
	char hex[D2D_DIGEST + 1], *text;
	unsigned long n;
	unsigned i;

	for (i = 0; i < d->sums.n; i++)
		if (index_in_strings(named, d->sums.sum[i].path) < 0 && !is_prefixed_with(d->sums.sum[i].path, ".disk/"))
			d2d_iso_sums_set(&sums, d->sums.sum[i].path, d->sums.sum[i].sha256);
	text = d2d_iso_sums_text(&sums);
	d2d_digest(hex, text, strlen(text));
	hex[8] = '\0';
	n = strtoul(hex, NULL, 16) % (24 * 60 * 60 * 100);
	sprintf(d->uuid, "%.10s-%02lu-%02lu-%02lu-%02lu", d->iso.uuid, n / 360000, n / 6000 % 60, n / 100 % 60, n % 100);
	d2d_iso_sums_free(&sums);
	free(text);
}

static void put_summed(struct d2diso *d, const char *path, const char *text)
{
	char hex[D2D_DIGEST + 1];

	d2diso_put(d, path, text, strlen(text));
	d2d_digest(hex, text, strlen(text));
	d2d_iso_sums_set(&d->sums, path, hex);
}

void d2diso_finish(struct d2diso *d)
{
	char *old = xasprintf(".disk/%s.uuid", d->iso.uuid), *new, *text, *kept = d2d_iso_info(&d->iso, D2D_ISO_SECUREBOOT), *version = xasprintf("debian2docker %s\n", d->iso.version);
	const char *path;

	set_uuid(d);
	for (path = named; *path; path += strlen(path) + 1) {
		char *p;

		text = d2diso_text(d, path);
		if (!text)
			continue;
		/* Both UUIDs have the same length. */
		for (p = text; (p = strstr(p, d->iso.uuid)) != NULL; p += D2D_ISO_UUID)
			memcpy(p, d->uuid, D2D_ISO_UUID);
		put_summed(d, path, text);
		free(text);
	}
	new = xasprintf(".disk/%s.uuid", d->uuid);
	/* See d2diso_commands(). */
	if (!(kept && strcmp(kept, d->iso.uuid) == 0))
		d2d_iso_sums_set(&d->sums, old, NULL);
	put_summed(d, new, version);
	if (d2d_iso_regular(&d->iso, D2D_ISO_SIGNATURE))
		bb_simple_error_msg("the signature "D2D_ISO_SIGNATURE" doesn't fit the new ISO and is left out");
	text = d2d_iso_sums_text(&d->sums);
	d2diso_put(d, D2D_ISO_SUMS, text, strlen(text));
	free(text);
	free(version);
	free(kept);
	free(new);
	free(old);
}
