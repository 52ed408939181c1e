/*
 * Public keys that GRUB loads behind the initramfs: a cpio archive (newc, cpio(5)) with nothing but files in /etc/d2d/keys,
 * where the keys of the image are. Works on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_ISO) += d2d_iso_keys.o

#include "d2d_iso.h"

#define DIR "etc/d2d/keys/"
#define END "TRAILER!!!"

enum {
	HEADER = 110,		/* "070701" and 13 numbers of 8 hexadecimal digits */
	SIZE = 6 + 6 * 8,	/* places of two of these numbers */
	NAME_SIZE = 6 + 11 * 8,
	KEY_MAX = 4096,		/* bytes of a key */
};

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static bool number(const char *digits, size_t *n)
{
	char copy[9];

	memcpy(copy, digits, 8);
	copy[8] = '\0';
	*n = strtoul(copy, NULL, 16);
	return strspn(copy, "0123456789ABCDEFabcdef") == 8;
}

int d2d_iso_keys_parse(const char *data, size_t len, llist_t **keys)
{
	size_t at = 0, size, name_size, body;

	while (len - at >= HEADER) {
		const char *header = data + at, *name = header + HEADER;

		if (memcmp(header, "070701", 6) != 0 || !number(header + SIZE, &size) || !number(header + NAME_SIZE, &name_size)
		 || !name_size || name_size > 256 || size > KEY_MAX)
			return -EBADMSG;
		body = at + padded(HEADER + name_size);
		if (body + padded(size) > len || name[name_size - 1])
			return -EBADMSG;
		if (strcmp(name, END) == 0)
			return 0;
		if (!is_prefixed_with(name, DIR) || strchr(name + sizeof(DIR) - 1, '/'))
			return -EBADMSG;
		llist_add_to_end(keys, xstrndup(data + body, size));
		at = body + padded(size);
	}
	return -EBADMSG;
}

/* Appends a member to the archive of *LEN bytes. */
static char *append(char *data, size_t *len, const char *name, unsigned mode, const char *text)
{
	size_t size = strlen(text), head = padded(HEADER + strlen(name) + 1);

	data = xrealloc(data, *len + head + padded(size));
	memset(data + *len, 0, head + padded(size));
	/* ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check */
	sprintf(data + *len, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s",
		0, mode, 0, 0, 1, 0, (unsigned)size, 0, 0, 0, 0, (unsigned)strlen(name) + 1, 0, name);
	memcpy(data + *len + head, text, size);
	*len += head + padded(size);
	return data;
}

char *d2d_iso_keys_pack(const llist_t *keys, size_t *len)
{
	char *data = NULL, name[sizeof(DIR) + 32];
	unsigned n = 0;

	*len = 0;
	for (; keys; keys = keys->link) {
		sprintf(name, DIR"iso-%u.pub", ++n);
		data = append(data, len, name, 0100644, keys->data);
	}
	return append(data, len, END, 0, "");
}
