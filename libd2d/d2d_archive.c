/*
 * What a docker-save archive holds: the digests and names of its images, and whether it is whole.
 *
 * Both forms have a manifest.json (v1.2: HEX.json and HEX/layer.tar; since Docker 25: blobs/sha256/HEX), which comes
 * last, after the configurations that it names. So one pass keeps every small member that looks like JSON.
 *
 * The archive is read by busybox's tar reader, which unpacks gzip, xz and bzip2 on its way, and which exits at the
 * first fault. It therefore runs in a child, whose standard error is a memory file: the last line there is the
 * verdict, either a fault or the result as JSON.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_archive.o

#include <json-c/json.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include "libd2d.h"
#include "bb_archive.h"

enum {
	MEMBER_MAX = 4 * 1024 * 1024,	/* a configuration or manifest */
	KEPT_MAX = 32 * 1024 * 1024,	/* all of them, and all names */
	MEMBERS_MAX = 100000,
	VERDICT_MAX = 1024 * 1024,
};

#define SIZE_LIMIT ((off_t)1 << 60)	/* sums of two don't overflow */

struct scan {
	archive_handle_t ah;		/* first: libbb's callbacks get a pointer to it */
	struct json_object *members;	/* name: its text, or true when the text was not kept */
	size_t kept;
	char where[sizeof("damaged at byte ") + sizeof(off_t) * 3];
};

static void fail(const char *format, ...) NORETURN __attribute__((format(printf, 1, 2)));
static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(STDERR_FILENO, format, args);
	va_end(args);
	_exit(EXIT_FAILURE);
}

static void fail_truncated(off_t at) NORETURN;
static void fail_truncated(off_t at)
{
	fail("truncated at byte %llu", (unsigned long long)at);
}

/* Of a file that is not compressed the end is known, and skipping by lseek() would run past it in silence. */
static void check_room(archive_handle_t *ah, off_t wanted)
{
	struct stat st;

	if (fstat(ah->src_fd, &st) == 0 && S_ISREG(st.st_mode) && wanted > st.st_size)
		fail_truncated(st.st_size);
}

static char FAST_FUNC check_member(archive_handle_t *ah)
{
	/* base-256 numbers may be anything */
	if (ah->file_header->size < 0 || ah->file_header->size > SIZE_LIMIT)
		fail("damaged at byte %llu: a size out of range", (unsigned long long)ah->offset);
	check_room(ah, ah->offset + ah->file_header->size);
	return EXIT_SUCCESS;
}

static const char *member_name(const char *name)
{
	while (is_prefixed_with(name, "./"))
		name += 2;
	return name;
}

static void FAST_FUNC take_member(archive_handle_t *ah)
{
	struct scan *s = (struct scan *)ah;
	const file_header_t *member = ah->file_header;
	struct json_object *text = NULL;
	off_t left = S_ISREG(member->mode) ? member->size : 0;
	char first;

	if (left && left <= MEMBER_MAX) {
		xread(ah->src_fd, &first, 1);
		left--;
		if (first == '{' || first == '[') {
			char *buf = xmalloc(left + 1);

			s->kept += left;
			if (s->kept > KEPT_MAX)
				fail("not a docker-save archive: too much JSON");
			buf[0] = first;
			xread(ah->src_fd, buf + 1, left);
			text = json_object_new_string_len(buf, left + 1);
			free(buf);
			left = 0;
		}
	}
	ah->seek(ah->src_fd, left);

	s->kept += strlen(member->name);
	if (s->kept > KEPT_MAX || json_object_object_length(s->members) >= MEMBERS_MAX)
		fail("not a docker-save archive: too many files");
	json_object_object_add(s->members, member_name(member->name), text ? text : json_object_new_boolean(1));
	snprintf(s->where, sizeof(s->where), "damaged at byte %llu", (unsigned long long)ah->offset + member->size);
	applet_name = s->where;
}

static struct json_object *parse_member(struct scan *s, const char *name)
{
	struct json_object *text, *parsed;

	if (!json_object_object_get_ex(s->members, name, &text)) {
		if (!s->ah.tar__end)
			fail_truncated(s->ah.offset);
		if (strcmp(name, "manifest.json") != 0)
			fail("manifest.json names '%s', which isn't there", name);
		if (json_object_object_get_ex(s->members, "oci-layout", NULL))
			fail("an OCI layout without manifest.json: this form isn't supported yet, use 'docker save'");
		fail("not a docker-save archive: no manifest.json");
	}
	parsed = json_object_is_type(text, json_type_string) ? json_tokener_parse(json_object_get_string(text)) : NULL;
	if (!parsed)
		fail("'%s' isn't JSON, or is too large", name);
	return parsed;
}

/* The image's ID is the digest of its configuration, after which the file is named by most who write archives. */
static struct json_object *image_id(struct scan *s, const char *config)
{
	char id[sizeof("sha256:") + 64] = "sha256:";
	const char *name = strrchr(config, '/') ? strrchr(config, '/') + 1 : config;
	size_t hex = strspn(name, "0123456789abcdef");
	struct json_object *text;
	sha256_ctx_t ctx;
	uint8_t digest[32];

	json_object_put(parse_member(s, config));
	text = json_object_object_get(s->members, config);
	sha256_begin(&ctx);
	sha256_hash(&ctx, json_object_get_string(text), json_object_get_string_len(text));
	sha256_end(&ctx, digest);
	*bin2hex(id + 7, (void *)digest, sizeof(digest)) = '\0';
	if (hex == 64 && (!name[hex] || strcmp(name + hex, ".json") == 0) && strncmp(name, id + 7, 64) != 0)
		fail("damaged: '%s' doesn't have the digest that its name says", config);
	return json_object_new_string(id);
}

static const char *string_of(struct json_object *o)
{
	if (!json_object_is_type(o, json_type_string))
		fail("manifest.json has something else where a name should be");
	return json_object_get_string(o);
}

static struct json_object *describe_image(struct scan *s, struct json_object *entry)
{
	struct json_object *config, *layers, *tags, *image;
	size_t i;

	if (!json_object_object_get_ex(entry, "Config", &config)
	 || !json_object_object_get_ex(entry, "Layers", &layers)
	 || !json_object_is_type(layers, json_type_array)
	) {
		fail("manifest.json has an entry without Config or Layers");
	}
	image = json_object_new_object();
	json_object_object_add(image, "id", image_id(s, member_name(string_of(config))));

	for (i = 0; i < json_object_array_length(layers); i++) {
		const char *layer = member_name(string_of(json_object_array_get_idx(layers, i)));

		if (!json_object_object_get_ex(s->members, layer, NULL))
			json_object_put(parse_member(s, layer));
	}

	if (!json_object_object_get_ex(entry, "RepoTags", &tags) || !json_object_is_type(tags, json_type_array))
		tags = NULL;
	for (i = 0; tags && i < json_object_array_length(tags); i++)
		string_of(json_object_array_get_idx(tags, i));
	json_object_object_add(image, "tags", tags ? json_object_get(tags) : json_object_new_array());
	return image;
}

static void judge(struct scan *s)
{
	struct json_object *manifest, *verdict = json_object_new_object(), *images = json_object_new_array();
	size_t i;

	manifest = parse_member(s, "manifest.json");
	if (!json_object_is_type(manifest, json_type_array) || json_object_array_length(manifest) == 0)
		fail("manifest.json names no image");
	for (i = 0; i < json_object_array_length(manifest); i++)
		json_object_array_add(images, describe_image(s, json_object_array_get_idx(manifest, i)));
	json_object_object_add(verdict, "images", images);
	json_object_object_add(verdict, "size", json_object_new_int64(s->ah.offset));
	dprintf(STDERR_FILENO, "%s", json_object_to_json_string_ext(verdict, JSON_C_TO_STRING_PLAIN));
	_exit(EXIT_SUCCESS);
}

/* What libbb says of a compressed archive that ends early is about the tar in it. One that unpacks well but is no
 * tar ends its unpacker by SIGPIPE. */
static void blame_unpacker(void)
{
	int status;

	close(STDIN_FILENO);
	while (wait(&status) > 0)
		if (WIFEXITED(status) && WEXITSTATUS(status))
			fail("damaged or truncated: it can't be unpacked to its end");
}

static void scan_archive(int fd)
{
	struct rlimit limit = { VERDICT_MAX, VERDICT_MAX };
	archive_handle_t *ah = init_handle();
	struct scan *s = xzalloc(sizeof(*s));

	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGPIPE, SIG_DFL);
	xmove_fd(fd, STDIN_FILENO);
	die_func = blame_unpacker;
	if (d2d_is_zstd(STDIN_FILENO))
		fork_transformer_with_sig(STDIN_FILENO, d2d_unpack_zstd, "unzstd");
	applet_name = "not a docker-save archive";
	s->ah = *ah;
	s->ah.src_fd = STDIN_FILENO;
	s->ah.filter = check_member;
	s->ah.action_data = take_member;
	s->members = json_object_new_object();

	while (get_header_tar(&s->ah) == EXIT_SUCCESS) {
		off_t next = (s->ah.offset + 511) & ~(off_t)511;
		struct stat st;

		/* the reader takes a piece of a header for something else than a tar */
		check_room(&s->ah, fstat(s->ah.src_fd, &st) == 0 && st.st_size > next ? next + 512 : next);
	}
	blame_unpacker();
	if (s->ah.offset == 0)
		fail("not a docker-save archive: empty");
	judge(s);
}

/* The last line of the child's standard error. */
static char *read_verdict(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = xzalloc(len + 1), *line;

	if (len <= 0 || pread(fd, text, len, 0) != len) {
		free(text);
		return xstrdup("can't be read");
	}
	chomp(text);
	line = strrchr(text, '\n');
	line = xstrdup(line ? line + 1 : text);
	free(text);
	return line;
}

int d2d_archive_images(int fd, struct json_object **images, off_t *size, char **why)
{
	struct json_object *result = NULL;
	int verdict, status, r;
	pid_t pid;
	char *text;

	*images = NULL;
	*why = NULL;
	verdict = memfd_create("verdict", MFD_CLOEXEC);
	if (verdict < 0 || lseek(fd, 0, SEEK_SET) != 0 || (pid = fork()) < 0) {
		r = -errno;
		goto out;
	}
	if (pid == 0) {
		dup2(verdict, STDERR_FILENO);
		scan_archive(fd);
	}
	/* the child shares the file's position */
	r = safe_waitpid(pid, &status, 0) < 0 ? -errno : 0;
	if (r == 0) {
		text = read_verdict(verdict);
		if (status == 0)
			result = json_tokener_parse(text);
		if (json_object_object_get_ex(result, "images", images)) {
			json_object_get(*images);
			*size = json_object_get_int64(json_object_object_get(result, "size"));
			free(text);
		} else {
			r = -EBADMSG;
			*why = text;
		}
		json_object_put(result);
	}
 out:
	close(verdict);
	return r;
}
