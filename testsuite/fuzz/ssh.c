/*
 * A file with public keys of SSH, words in base64, and a host key of dropbear.
 * needs: d2d_ssh_blob.c d2d_ssh_line.c d2d_ssh_host.c d2d_sha256.c d2d_text.c
 * libs: -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_ssh.h"

/* Each key is read again from the line that is written for it, with the same content. */
static void found(void *arg, const struct d2d_ssh_key *key)
{
	char *line = d2d_ssh_key_line(key), *print = d2d_ssh_fingerprint(&key->blob);
	size_t len = strlen(line);
	struct d2d_ssh_key again;
	const char *why;

	++*(unsigned *)arg;
	CHECK(is_printable(key->comment) && !strpbrk(key->options, "\n"));
	CHECK(strlen(print) == 7 + 43 && is_printable(print));
	CHECK(line[len - 1] == '\n' && memchr(line, '\n', len) == line + len - 1);
	/* Blanks between the words are written as one, so the line can only have become shorter. */
	CHECK(d2d_ssh_line(line, len - 1, &again, &why) == 1);
	CHECK(again.blob.len == key->blob.len && memcmp(again.blob.data, key->blob.data, key->blob.len) == 0);
	CHECK(strcmp(again.options, key->options) == 0 && strcmp(again.comment, key->comment) == 0);
	d2d_ssh_key_free(&again);
	free(print);
	free(line);
}

static void wrong(void *arg, unsigned line, const char *why)
{
	CHECK(is_printable(why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned n = 0;
	const struct d2d_ssh_reader reader = { found, wrong, &n };
	struct d2d_ssh_blob blob;
	char *text = xstrndup((const char *)data, size);

	CHECK(d2d_ssh_file((const char *)data, size, &reader) == n);
	if (!d2d_ssh_blob_decode(&blob, text, strlen(text))) {
		char *base64 = d2d_ssh_base64(&blob);

		CHECK(!d2d_ssh_blob_decode(&blob, base64, strlen(base64)));
		free(base64);
	}
	if (d2d_ssh_host_key(data, size, &blob))
		CHECK(blob.len <= size && !d2d_ssh_blob_error(&blob));
	free(text);
	return 0;
}
