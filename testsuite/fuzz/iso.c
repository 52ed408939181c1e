/*
 * Files that describe an ISO: settings of the boot menu, the list of checksums, and the archive of public keys.
 * needs: d2d_iso_menu.c d2d_iso_sums.c d2d_iso_keys.c d2d_digest.c d2d_sha256.c d2d_text.c
 * libs: -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_iso.h"

static void menu(const char *text, size_t size)
{
	struct d2d_iso_menu m, again;
	char *why = NULL, *out;

	if (d2d_iso_menu_parse(text, size, &m, &why) == 0) {
		/* Nothing that GRUB or the kernel could take for something else. */
		CHECK(!m.title || (is_printable(m.title) && !strpbrk(m.title, "\"'\\")));
		out = xasprintf(" %s ", m.words ? m.words : "");
		CHECK(is_printable(out) && !strpbrk(out, "\"'\\") && !strstr(out, " rdinit=") && !strstr(out, " d2d.hooks=any "));
		free(out);
		out = d2d_iso_menu_text(&m);
		CHECK(strlen(out) % 1024 == 0);
		CHECK(d2d_iso_menu_parse(out, strlen(out), &again, &why) == 0);
		CHECK(!m.words == !again.words && (!m.words || strcmp(m.words, again.words) == 0));
		d2d_iso_menu_free(&again);
		d2d_iso_menu_free(&m);
		free(out);
	} else {
		CHECK(why);
	}
	free(why);
}

static void sums(const char *text, size_t size)
{
	struct d2d_iso_sums list, again;
	char *why = NULL, *out;

	if (d2d_iso_sums_parse(text, size, &list, &why) == 0) {
		out = d2d_iso_sums_text(&list);
		CHECK(d2d_iso_sums_parse(out, strlen(out), &again, &why) == 0 && again.n == list.n);
		CHECK(!list.n || strcmp(d2d_iso_sums_find(&again, list.sum[0].path), list.sum[0].sha256) == 0);
		d2d_iso_sums_free(&again);
		d2d_iso_sums_free(&list);
		free(out);
	} else {
		CHECK(why);
	}
	free(why);
}

static void keys(const char *data, size_t size)
{
	llist_t *list = NULL, *again = NULL;
	char *out;
	size_t len;

	if (d2d_iso_keys_parse(data, size, &list) == 0) {
		out = d2d_iso_keys_pack(list, &len);
		CHECK(d2d_iso_keys_parse(out, len, &again) == 0);
		CHECK(llist_find_str(again, list ? list->data : "") || !list);
		free(out);
	}
	llist_free(again, free);
	llist_free(list, free);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xzalloc(size + 1);

	memcpy(text, data, size);
	menu(text, size);
	sums(text, size);
	keys(text, size);
	free(text);
	return 0;
}
