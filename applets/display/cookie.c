/*
 * d2ddisplay: cookies of X (MIT-MAGIC-COOKIE-1), by which an X server knows its clients.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_cookie.o

#include "d2ddisplay.h"

#define PROTOCOL "MIT-MAGIC-COOKIE-1"
enum { KEY = 16 };

/* An entry of an Xauthority file: numbers have two bytes, the more significant one first, and stand before each text. The family
 * is "wild", so that the entry is valid for any host name, which differs between containers. */
static size_t entry(uint8_t *to, const uint8_t *key)
{
	static const uint8_t head[] = { 0xff, 0xff, 0, 0, 0, 1, '0', 0, sizeof(PROTOCOL) - 1 };
	uint8_t *p = mempcpy(mempcpy(to, head, sizeof(head)), PROTOCOL, sizeof(PROTOCOL) - 1);

	*p++ = 0;
	*p++ = KEY;
	return (uint8_t *)mempcpy(p, key, KEY) - to;
}

int d2ddisplay_cookie(const struct d2ddisplay *d)
{
	static const struct bb_uidgid_t user = { D2DDISPLAY_USER, D2DDISPLAY_USER };
	uint8_t key[KEY], data[64];
	char *server = concat_path_file(d->dir, "in/cookie"), *client = concat_path_file(d->dir, "cookie");
	int r = d2d_random(NULL, key, KEY);
	size_t len;

	if (r == 0) {
		len = entry(data, key);
		r = d2d_file_save_as(server, data, len, 0400, NULL);
		/* Tests aren't always run by root. */
		if (r == 0)
			r = d2d_file_save_as(client, data, len, 0400, geteuid() == 0 ? &user : NULL);
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(data, sizeof(data));
	free(server);
	free(client);
	return r;
}
