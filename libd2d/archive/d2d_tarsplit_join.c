/*
 * Reads a tar-split.json.gz (d2d_tarsplit.c writes it) and reproduces the layer's archive from it and from the layer's files,
 * byte for byte.
 *
 * A piece of the archive in a line is decoded and written while the line is read, because it may have any size in a layer
 * with sparse files. All other lines are short, and are parsed as JSON.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_tarsplit_join.o

#include <json-c/json.h>
#include "d2d_tarsplit.h"

enum {
	CHUNK = 64 * 1024,
	LINE = 32 * 1024,	/* a name of 4095 bytes, each escaped with six characters, and the rest of the line */
};

static const char raw_begin[] ALIGN1 = "{\"type\":2,\"payload\":\"";

struct join {
	struct d2d_stream *in;
	int dir;		/* the layer's directory; -1: compute only the length of the archive */
	int (*write)(void *arg, const void *buf, size_t len);
	void *arg;
	off_t length;
	unsigned position;
	bool raw;		/* the current line holds a piece of the archive */
	char **why;
	size_t at, n_text;	/* bytes of text that are consumed, and that are there */
	uint64_t crc;
	char line[LINE], text[CHUNK], buf[CHUNK + 1];
};

/* Returns the next byte, -ENODATA at the end, or another negative errno. */
static int next_byte(struct join *j)
{
	ssize_t n;

	if (j->at == j->n_text) {
		n = d2d_stream_read(j->in, j->text, CHUNK);
		if (n < 0 && n != -ENODATA)
			return n;
		if (n <= 0)
			return -ENODATA;
		j->n_text = n;
		j->at = 0;
	}
	return (unsigned char)j->text[j->at++];
}

static int add_length(struct join *j, off_t n)
{
	if (n > INT64_MAX - j->length)
		return d2d_refuse(j->why, "the archive is too long");
	j->length += n;
	return 0;
}

static int put(struct join *j, const void *buf, size_t len)
{
	int r = add_length(j, len);

	return r == 0 && j->write ? j->write(j->arg, buf, len) : r;
}

/* Decodes base64 in place. Returns the number of bytes, or -1 if the text isn't valid base64. */
static ssize_t decode(char *text, size_t len)
{
	const char *src = text;
	size_t want = len / 4 * 3;

	if (len % 4 || strlen(text) != len)
		return -1;
	if (len)
		want -= text[len - 1] == '=' ? 1 + (text[len - 2] == '=') : 0;
	/* decode_base64() skips characters that aren't in its alphabet; the result is too short then */
	return (size_t)(decode_base64(text, &src) - text) == want ? (ssize_t)want : -1;
}

/* Decodes and writes the piece of the archive in the current line, up to the quote after it. */
static int take_raw(struct join *j)
{
	size_t n = 0;
	ssize_t len;
	int c, r = 0;
	bool last = false;

	j->raw = true;
	do {
		c = next_byte(j);
		if (c < 0)
			return c;
		if (c != '"')
			j->buf[n++] = c;
		if (c != '"' && n < CHUNK)
			continue;
		/* only the last part of a piece may have padding */
		j->buf[n] = '\0';
		len = last ? -1 : decode(j->buf, n);
		if (n && len < 0)
			return d2d_refuse(j->why, "entry %u: the payload is not base64", j->position);
		last = len != CHUNK / 4 * 3;
		r = n ? put(j, j->buf, len) : 0;
		n = 0;
	} while (r == 0 && c != '"');
	return r;
}

/* Reads the next line into j->line, without the piece of the archive in it. Returns its length, or 0 at the end. */
static ssize_t next_line(struct join *j)
{
	size_t n = 0;
	int c, r;

	j->raw = false;
	while ((c = next_byte(j)) >= 0 && c != '\n') {
		if (n >= LINE - 1)
			return d2d_refuse(j->why, "entry %u is too long", j->position);
		j->line[n++] = c;
		if (!j->raw && n == sizeof(raw_begin) - 1 && memcmp(j->line, raw_begin, n) == 0) {
			r = take_raw(j);
			if (r < 0)
				return r == -ENODATA ? d2d_refuse(j->why, "it ends within entry %u", j->position) : r;
			n = strchr(raw_begin, ',') - raw_begin;
		}
	}
	if (c < 0 && c != -ENODATA)
		return c;
	j->line[n] = '\0';
	if (n == 0 && c == -ENODATA)
		return 0;
	return n && strlen(j->line) == n ? (ssize_t)n : d2d_refuse(j->why, "entry %u isn't JSON", j->position);
}

/* ---- files ---- */

static int copy(struct join *j, int fd, const char *name, off_t size)
{
	ssize_t n;
	int r = 0;

	j->crc = 0;
	for (; r == 0 && size; size -= n) {
		n = safe_read(fd, j->buf, MIN(size, CHUNK));
		if (n <= 0) {
			r = n < 0 ? -errno : -EBADMSG;
			d2d_refuse(j->why, "can't read '%s': %s", name, n < 0 ? strerror(-r) : "the file has become shorter");
			return r;
		}
		j->crc = d2d_crc64(j->crc, j->buf, n);
		r = put(j, j->buf, n);
	}
	return r;
}

static int take_file(struct join *j, const char *name, off_t size, uint64_t crc)
{
	char *clean = d2d_clean_name(name);
	struct stat st;
	int r, fd = clean ? d2d_open_in_root(j->dir, clean, O_RDONLY | O_NONBLOCK | O_NOCTTY) : -EXDEV;

	free(clean);
	if (fd == -EXDEV)
		return d2d_refuse(j->why, "'%s' leads out of the layer", name);
	if (fd < 0)
		return d2d_refuse(j->why, "'%s': %s", name, strerror(-fd));
	if (fstat(fd, &st) < 0) {
		r = -errno;
	} else if (!S_ISREG(st.st_mode)) {
		r = d2d_refuse(j->why, "'%s' is not a regular file", name);
	} else if (st.st_size != size) {
		r = d2d_refuse(j->why, "'%s' has %llu bytes, not %llu", name, (unsigned long long)st.st_size,
				(unsigned long long)size);
	} else {
		r = copy(j, fd, name, size);
		if (r == 0 && j->crc != crc)
			r = d2d_refuse(j->why, "the content of '%s' has another checksum", name);
	}
	close(fd);
	return r;
}

/* ---- entries ---- */

/* Returns the file's name as it was in the archive; the caller frees it. A name that isn't UTF-8 is stored in base64. NULL if
 * there is no name, or if it contains a null byte. */
static char *name_of(struct json_object *entry)
{
	const char *packed = d2d_json_text(entry, "name_raw"), *text = packed ?: d2d_json_text(entry, "name");
	char *name;
	ssize_t n;

	if (!text)
		return NULL;
	name = xstrdup(text);
	n = packed ? decode(name, strlen(name)) : json_object_get_string_len(json_object_object_get(entry, "name"));
	if (n > 0 && packed)
		name[n] = '\0';
	if (n > 0 && strlen(name) == (size_t)n)
		return name;
	free(name);
	return NULL;
}

static int take_content(struct join *j, struct json_object *entry, off_t size)
{
	const char *payload = d2d_json_text(entry, "payload");
	char sum[sizeof("AAAAAAAAAAA=")], *name;
	uint64_t crc;
	int r;

	if (j->dir < 0)
		return add_length(j, size);
	name = name_of(entry);
	if (!name || !payload || strlen(payload) != sizeof(sum) - 1
	 || decode(strcpy(sum, payload), sizeof(sum) - 1) != sizeof(crc)) {
		r = d2d_refuse(j->why, "entry %u has no name or no checksum", j->position);
	} else {
		move_from_unaligned_long(crc, sum);
		r = take_file(j, name, size, SWAP_BE64(crc));
	}
	free(name);
	return r;
}

static int64_t number_of(struct json_object *entry, const char *key)
{
	struct json_object *number;

	if (!json_object_object_get_ex(entry, key, &number) || !json_object_is_type(number, json_type_int))
		return -1;
	return json_object_get_int64(number);
}

static int take_entry(struct join *j)
{
	struct json_object *entry = json_tokener_parse(j->line), *size;
	off_t n = 0;
	int r = 0;

	if (number_of(entry, "type") != (j->raw ? 2 : 1) || number_of(entry, "position") != j->position)
		r = d2d_refuse(j->why, "entry %u is malformed or out of order", j->position);
	else if (json_object_object_get_ex(entry, "size", &size)) {
		n = number_of(entry, "size");
		if (j->raw || n < 0)
			r = d2d_refuse(j->why, "entry %u has an invalid size", j->position);
	}
	if (r == 0 && n)
		r = take_content(j, entry, n);
	json_object_put(entry);
	j->position++;
	return r;
}

int d2d_tarsplit_read(struct d2d_stream *split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg,
		off_t *length, char **why)
{
	struct join *j = xzalloc(sizeof(*j));
	int r;

	*why = NULL;
	j->in = split;
	j->dir = dir;
	j->write = write;
	j->arg = arg;
	j->why = why;
	r = d2d_stream_unpack(&j->in);
	while (r >= 0 && (r = next_line(j)) > 0)
		r = take_entry(j);
	if (r == -EBADMSG)
		d2d_refuse(why, "damaged");
	*length = j->length;
	d2d_stream_close(j->in);
	free(j);
	return r;
}

static int read_file(int split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg, off_t *length, char **why)
{
	struct stat st;

	*why = NULL;
	*length = 0;
	if (fstat(split, &st) < 0)
		return -errno;
	return d2d_tarsplit_read(d2d_stream_file(split, 0, st.st_size, NULL), dir, write, arg, length, why);
}

int d2d_tarsplit_join(int split, int dir, int (*write)(void *arg, const void *buf, size_t len), void *arg, char **why)
{
	off_t length;

	return read_file(split, dir, write, arg, &length, why);
}

int d2d_tarsplit_length(int split, off_t *length, char **why)
{
	return read_file(split, -1, NULL, NULL, length, why);
}
