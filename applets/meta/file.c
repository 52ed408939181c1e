/*
 * d2dmeta: an entry of cloud-config's write_files, on memory only.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_file.o

#include "d2dmeta_text.h"

/* Decodes base64 in place. Returns false if it isn't valid. */
static bool decode(struct d2dmeta_file *f)
{
	const char *from = f->data;
	char *end;

	/* decode_base64() skips characters that it doesn't know, and stops at the padding. */
	if (f->data[strspn(f->data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n")])
		return false;
	end = decode_base64(f->data, &from);
	if (*skip_whitespace(from))
		return false;
	f->len = end - f->data;
	return true;
}

static const char *content(struct json_object *entry, struct d2dmeta_file *f)
{
	static const char encodings[] ALIGN1 = "text/plain\0b64\0base64\0";
	const char *text = d2dmeta_get(entry, "content"), *encoding = d2dmeta_get(entry, "encoding");
	int how = encoding ? index_in_strings(encodings, encoding) : 0;

	f->data = xstrdup(text ? text : "");
	f->len = strlen(f->data);
	if (how < 0)
		return "has an encoding that is not known here: text/plain, b64";
	if (how > 0 && !decode(f))
		return "has content that is not valid base64";
	return NULL;
}

static const char *path(const char *text, struct d2dmeta_file *f)
{
	size_t len = text ? strlen(text) : 0;

	if (!text || text[0] != '/')
		return "has no path that begins with '/'";
	if (len >= PATH_MAX || !d2dmeta_is_line(text))
		return "has a path that is too long or has control characters";
	f->path = d2d_clean_name(text);
	if (!f->path)
		return "has a path that leads out of the root";
	if (text[len - 1] == '/' || is_suffixed_with(text, "/.") || is_suffixed_with(text, "/..") || strcmp(f->path, ".") == 0)
		return "has the path of a directory";
	return NULL;
}

const char *d2dmeta_file(struct json_object *entry, struct d2dmeta_file *f)
{
	const char *mode = d2dmeta_get(entry, "permissions"), *owner = d2dmeta_get(entry, "owner"), *why;

	memset(f, 0, sizeof(*f));
	f->mode = 0644;
	why = path(d2dmeta_get(entry, "path"), f);
	if (!why)
		why = content(entry, f);
	if (why)
		return why;
	if (mode) {
		f->mode = bb_strtou(mode, NULL, 8);
		if (errno || f->mode > 07777)
			return "has permissions that are no octal number up to 07777";
	}
	if (owner && (!d2dmeta_is_line(owner) || strlen(owner) > 64))
		return "has an owner that is not USER:GROUP";
	f->owner = owner ? xstrdup(owner) : NULL;
	f->append = d2dmeta_flag(entry, "append") == 1;
	return NULL;
}

void d2dmeta_file_free(struct d2dmeta_file *f)
{
	free(f->path);
	free(f->data);
	free(f->owner);
	memset(f, 0, sizeof(*f));
}
