/*
 * d2dpayload index: writes the index of a payload, in which a machine finds the files that it can't list on a server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DPAYLOAD) += d2dpayload_index.o

#include "d2dpayload.h"

enum { FILES_MAX = 10000, CHUNK = 64 * 1024 };

struct list {
	struct d2d_index index;
	const char *top;	/* DIR/d2d */
	off_t bytes;
};

static void digest_file(const char *path, struct d2d_index_entry *e)
{
	char *buf = xmalloc(CHUNK);
	struct stat st;
	sha256_ctx_t ctx;
	uint8_t digest[32];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0)
		bb_perror_msg_and_die("can't read '%s'", printable_string(path));
	if (!S_ISREG(st.st_mode))
		bb_error_msg_and_die("'%s' is neither a file nor a directory", printable_string(path));
	sha256_begin(&ctx);
	e->size = 0;
	while ((n = safe_read(fd, buf, CHUNK)) > 0) {
		sha256_hash(&ctx, buf, n);
		e->size += n;
	}
	if (n < 0)
		bb_perror_msg_and_die("can't read '%s'", printable_string(path));
	sha256_end(&ctx, digest);
	d2d_hex(e->sha256, digest, sizeof(digest));
	e->mode = st.st_mode & 0777;
	e->mtime = MAX(st.st_mtime, 0);
	close(fd);
	free(buf);
}

static void add_file(struct list *l, const char *name, const char *path)
{
	struct d2d_index_entry *e;

	/* Also what would be ignored or refused at boot is an error here, where it can be corrected. */
	if (!d2d_index_path_ok(name))
		bb_error_msg_and_die("'%s' needs another name, as it is part of a URL: letters, digits and . _ - + @ ~ : only",
			printable_string(path));
	if (l->index.n >= FILES_MAX)
		bb_error_msg_and_die("more than %u files", FILES_MAX);
	l->index.entry = xrealloc_vector(l->index.entry, 6, l->index.n);
	e = &l->index.entry[l->index.n++];
	e->path = xstrdup(name);
	digest_file(path, e);
	l->bytes += e->size;
}

/* Adds all files of the directory DIR/d2d/SUB. Links to directories aren't followed, as they could lead in a circle. */
static void add_dir(struct list *l, const char *sub)
{
	char *dir = sub[0] ? concat_path_file(l->top, sub) : xstrdup(l->top), **names;
	int i, n = d2d_dir_list(dir, FILES_MAX, &names);

	if (n < 0)
		bb_error_msg_and_die("can't read '%s': %s", printable_string(dir), strerror(-n));
	for (i = 0; i < n; i++) {
		char *name = sub[0] ? concat_path_file(sub, names[i]) : xstrdup(names[i]), *path = concat_path_file(dir, names[i]);
		struct stat st;

		if (names[i][0] == '.' || (!sub[0] && strcmp(name, "index") == 0))
			goto next;
		if (!sub[0] && (strcmp(name, "keys") == 0 || strcmp(name, "early.img") == 0)) {
			bb_error_msg("'%s' is left out: %s", printable_string(path), name[0] == 'k'
				? "everybody in the network could read the keys" : "the boot loader has to load it");
			goto next;
		}
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			add_dir(l, name);
		else
			add_file(l, name, path);
 next:
		free(path);
		free(name);
	}
	d2d_dir_list_free(names, n);
	free(dir);
}

int d2dpayload_index(const char *dir)
{
	char *top = concat_path_file(dir, "d2d"), *path = concat_path_file(top, "index"), *text, hex[D2D_DIGEST + 1];
	struct list l = { .top = top };
	size_t len;
	int err;

	add_dir(&l, "");
	d2d_index_sort(&l.index);
	text = d2d_index_text(&l.index);
	len = strlen(text);
	if (len > D2D_INDEX_MAX)
		bb_error_msg_and_die("the index would be longer than %u bytes: too many files", (unsigned)D2D_INDEX_MAX);
	/* Servers run as another user. */
	err = d2d_file_save_as(path, text, len, 0644, NULL);
	if (err < 0)
		bb_error_msg_and_die("can't write '%s': %s", printable_string(path), strerror(-err));
	d2d_digest(hex, text, len);
	printf("%s: %u files, %llu kB\n", printable_string(path), l.index.n, (unsigned long long)l.bytes / 1000);
	printf("d2d.payload=http://SERVER/PATH#sha256=%s\n", hex);
	d2d_index_free(&l.index);
	free(text);
	free(path);
	free(top);
	return EXIT_SUCCESS;
}
