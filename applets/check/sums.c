/*
 * d2dcheck: verifies the checksums of all files, and the signature of their list.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck_sums.o

#include "d2dcheck.h"
#include "d2d_trust.h"

struct bar {
	bb_progress_t bar;
	off_t before, all;
	bool shown;
};

static void on_progress(void *arg, off_t done, off_t size UNUSED_PARAM)
{
	struct bar *bar = arg;

	if (bar->shown)
		bb_progress_update(&bar->bar, 0, MIN(bar->before + done, bar->all), bar->all);
}

/* Verifies the signature of the list by the known keys. */
static void check_signature(struct d2dcheck *c, const char *text, size_t len)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&c->iso, D2D_ISO_SIGNATURE);
	char *minisig = NULL, id[2 * D2D_MINISIGN_ID + 1];
	struct d2d_minisign_sig sig;
	const llist_t *l;
	size_t sig_len;
	int r = -ENOKEY;

	if (!file || !ENABLE_FEATURE_D2DHOOK_SIGNED)
		return;
	if (d2d_iso_read(&c->iso, file, D2D_MINISIGN_MAX, &minisig, &sig_len) < 0 || d2d_minisign_sig_parse(minisig, sig_len, &sig) < 0) {
		d2dcheck_wrong(c, D2D_ISO_SIGNATURE" is not a signature of minisign");
		free(minisig);
		return;
	}
	d2d_minisign_id(id, sig.id);
	for (l = c->keys; l && r < 0; l = l->link) {
		struct d2d_minisign_key key;

		if (d2d_minisign_key_parse(l->data, strlen(l->data), &key) == 0) {
			int tried = d2d_minisign_verify(&sig, &key, text, len);

			r = tried == -ENOKEY ? r : tried;
		}
	}
	if (r == 0)
		d2dcheck_row("signature", "of the key %s, valid", id);
	else if (r == -ENOKEY)
		d2dcheck_row("signature", "of the key %s, not verified: -k names the key", id);
	else
		d2dcheck_wrong(c, D2D_ISO_SUMS" doesn't match its signature");
	free(minisig);
}

static void check_file(struct d2dcheck *c, const struct d2d_iso_file *file, const struct d2d_iso_sums *sums,
		const struct d2d_progress *progress, unsigned *right)
{
	const char *sum = d2d_iso_sums_find(sums, file->path);
	char hex[D2D_DIGEST + 1];
	int r;

	if (!sum) {
		d2dcheck_wrong(c, "'%s' has no checksum in "D2D_ISO_SUMS, file->path);
		return;
	}
	r = d2d_iso_digest(&c->iso, file, hex, progress);
	if (r < 0)
		d2dcheck_wrong(c, "can't read '%s': %s", file->path, strerror(-r));
	else if (strcmp(sum, hex) != 0)
		d2dcheck_wrong(c, "'%s' is damaged: its checksum is wrong", file->path);
	else
		++*right;
}

static void check_all(struct d2dcheck *c, const struct d2d_iso_sums *sums)
{
	struct bar bar = { .shown = !(c->opt & OPT_q) && isatty(STDERR_FILENO) };
	struct d2d_progress progress = { .on_progress = on_progress, .arg = &bar };
	unsigned i, right = 0;

	for (i = 0; i < c->iso.n; i++)
		bar.all += c->iso.file[i].size;
	if (bar.shown)
		bb_progress_init(&bar.bar, "verifying");
	for (i = 0; i < c->iso.n; i++) {
		const struct d2d_iso_file *file = &c->iso.file[i];

		if (!S_ISREG(file->mode) || d2d_iso_sums_exempt(file->path))
			continue;
		check_file(c, file, sums, &progress, &right);
		bar.before += file->size;
	}
	if (bar.shown) {
		bb_progress_free(&bar.bar);
		fputs("\r\033[K", stderr);
	}
	for (i = 0; i < sums->n; i++)
		if (!d2d_iso_regular(&c->iso, sums->sum[i].path))
			d2dcheck_wrong(c, "'%s' is missing: "D2D_ISO_SUMS" names it", sums->sum[i].path);
	d2dcheck_row("checksums", "%u of %u files are right", right, sums->n);
}

void d2dcheck_sums(struct d2dcheck *c)
{
	const struct d2d_iso_file *file = d2d_iso_regular(&c->iso, D2D_ISO_SUMS);
	struct d2d_iso_sums sums;
	char *text = NULL, *why = NULL;
	size_t len;

	if (!file) {
		d2dcheck_row("checksums", "none: the ISO has no "D2D_ISO_SUMS);
		return;
	}
	if (d2d_iso_read(&c->iso, file, 16 * D2D_ISO_TEXT_MAX, &text, &len) < 0) {
		d2dcheck_wrong(c, "can't read "D2D_ISO_SUMS);
	} else if (d2d_iso_sums_parse(text, len, &sums, &why) < 0) {
		d2dcheck_wrong(c, D2D_ISO_SUMS": %s", why);
		free(why);
	} else {
		check_signature(c, text, len);
		check_all(c, &sums);
		d2d_iso_sums_free(&sums);
	}
	free(text);
}
