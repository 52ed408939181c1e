/*
 * The index of a payload on a server, and its first line as a URL and as a list of URLs.
 * needs: d2d_index.c d2d_url.c d2d_host.c d2d_digest.c d2d_sha256.c d2d_text.c
 * libs: -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_fetch.h"

static void check_index(const uint8_t *data, size_t size)
{
	struct d2d_index i, again;
	char *why, *text;
	unsigned k;

	if (d2d_index_parse((const char *)data, size, &i, &why) < 0) {
		CHECK(why && is_printable(why) && i.n == 0);
		free(why);
		return;
	}
	for (k = 0; k < i.n; k++) {
		const char *path = i.entry[k].path;

		CHECK(path[0] != '/' && path[0] != '.' && !strstr(path, "/.") && is_printable(path));
		CHECK(!strstr(path, "/../") && !strstr(path, "//") && !last_char_is(path, '/'));
		CHECK(i.entry[k].size >= 0 && i.entry[k].mode <= 0777 && d2d_is_digest(i.entry[k].sha256));
		CHECK(k == 0 || strcmp(i.entry[k - 1].path, path) < 0);
	}
	text = d2d_index_text(&i);
	CHECK(strlen(text) == size && memcmp(text, data, size) == 0);
	CHECK(d2d_index_parse(text, strlen(text), &again, &why) == 0 && again.n == i.n);
	d2d_index_free(&again);
	d2d_index_free(&i);
	free(text);
}

static void check_url(const char *text)
{
	struct d2d_url url;
	llist_t *urls = NULL, *l;
	size_t len = 0;

	if (!d2d_url_parse(text, &url)) {
		CHECK(is_printable(url.text) && !strchr(url.text, '#') && url.host[0] != '-' && url.host[0]);
		CHECK(!url.sha256[0] || d2d_is_digest(url.sha256));
		CHECK(url.path[0] != '/' && !last_char_is(url.path, '/'));
	}
	d2d_url_clear(&url);
	d2d_url_split(text, &urls);
	for (l = urls; l; l = l->link)
		len += strlen(l->data);
	CHECK(len <= strlen(text));
	llist_free(urls, free);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);

	check_index(data, size);
	text[strcspn(text, "\n")] = '\0';
	check_url(text);
	free(text);
	return 0;
}
