/*
 * Reads sidecars: files NAME.alias beside image files, with KEY=VALUE lines that stand for labels, for images that have no
 * labels of their own.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_sidecar.o

#include <json-c/json.h>
#include "d2d_alias.h"

#define SIDECAR_MAX (16 * 1024)
#define FILES_MAX 10000

/* Returns whether S is NAME or NAME:TAG. */
static bool is_reference(const char *s)
{
	char *tagged = xasprintf("%s:latest", s);
	bool ok = d2d_is_image(tagged) || d2d_is_image(s);

	free(tagged);
	return ok;
}

static int take_line(char *line, unsigned number, struct d2d_sidecar *sidecar, char **why)
{
	char *value, *name;

	trim(line);
	if (!line[0] || line[0] == '#')
		return 0;
	value = strchr(line, '=');
	if (!value || value == line) {
		*why = xasprintf("line %u isn't KEY=VALUE", number);
		return -EINVAL;
	}
	*value++ = '\0';
	if (strcmp(line, "image") != 0) {
		name = xasprintf(D2D_LABEL"%s", line);
		json_object_object_add(sidecar->labels, name, json_object_new_string(value));
		free(name);
		return 0;
	}
	if (sidecar->image || !is_reference(value)) {
		*why = xasprintf("line %u: 'image' must be given once, as NAME or NAME:TAG", number);
		return -EINVAL;
	}
	sidecar->image = xstrdup(value);
	return 0;
}

int d2d_sidecar_parse(const char *text, size_t len, struct d2d_sidecar *sidecar, char **why)
{
	char *copy = xstrndup(text, len), *rest = copy, *line;
	unsigned number = 0;
	int r = 0;

	*why = NULL;
	sidecar->image = NULL;
	sidecar->labels = json_object_new_object();
	if (strlen(copy) != len || len > SIDECAR_MAX) {
		*why = xstrdup("it isn't a text of at most 16 KiB");
		r = -EINVAL;
	}
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL)
		r = take_line(line, ++number, sidecar, why);
	free(copy);
	return r;
}

static int read_one(struct d2d_sidecar *sidecar, char **why)
{
	char buf[SIDECAR_MAX + 1];
	struct stat st;
	ssize_t n = -1;
	int fd = open(sidecar->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		n = full_read(fd, buf, sizeof(buf));
	if (fd >= 0)
		close(fd);
	if (n >= 0)
		return d2d_sidecar_parse(buf, n, sidecar, why);
	*why = xstrdup("it can't be read");
	return -EINVAL;
}

static void clear(struct d2d_sidecar *s)
{
	free(s->path);
	free(s->image);
	json_object_put(s->labels);
}

static int read_folder(const char *dir, struct d2d_sidecar **list, int n, llist_t **bad)
{
	char **names, *why, *shown;
	int i, count = d2d_dir_list(dir, FILES_MAX, &names);

	for (i = 0; i < count; i++) {
		struct d2d_sidecar s = { NULL };
		char *dot = strrchr(names[i], '.');

		if (names[i][0] == '.' || !dot || strcmp(dot, ".alias") != 0)
			continue;
		s.path = concat_path_file(dir, names[i]);
		if (read_one(&s, &why) == 0) {
			*list = xrealloc_vector(*list, 3, n);
			(*list)[n++] = s;
			continue;
		}
		shown = d2d_printable(s.path, strlen(s.path));
		llist_add_to_end(bad, xasprintf("%s: %s", shown, why));
		free(shown);
		free(why);
		clear(&s);
	}
	if (count >= 0)
		d2d_dir_list_free(names, count);
	return n;
}

int d2d_sidecars_read(const char *root, struct d2d_sidecar **list, llist_t **bad)
{
	char *payload = xasprintf("%s"D2D_PAYLOAD, root), *dir, **names;
	static const char *const fixed[] = { D2D_STORE, D2D_MEDIUM };
	int i, count, n = 0;

	*list = NULL;
	for (i = 0; i < (int)ARRAY_SIZE(fixed); i++) {
		dir = xasprintf("%s%s/d2d/images", root, fixed[i]);
		n = read_folder(dir, list, n, bad);
		free(dir);
	}
	count = d2d_dir_list(payload, FILES_MAX, &names);
	for (i = 0; i < count; i++) {
		dir = xasprintf("%s/%s/d2d/images", payload, names[i]);
		n = read_folder(dir, list, n, bad);
		free(dir);
	}
	if (count >= 0)
		d2d_dir_list_free(names, count);
	free(payload);
	return n;
}

void d2d_sidecars_free(struct d2d_sidecar *list, int n)
{
	while (n > 0)
		clear(&list[--n]);
	free(list);
}

/* Returns whether REFERENCE, NAME or NAME:TAG, stands for IMAGE. NAME without a tag matches all its tags. */
static bool fits(const char *reference, const char *image)
{
	const char *rest = is_prefixed_with(image, reference);

	return rest && (!*rest || (*rest == ':' && !strchr(rest, '/')));
}

const struct d2d_sidecar *d2d_sidecar_for(const struct d2d_sidecar *list, int n, const char *image)
{
	const struct d2d_sidecar *found = NULL;
	const char *slash = strrchr(image, '/');
	int i;

	for (i = 0; i < n && !found; i++) {
		char *file = xstrdup(strrchr(list[i].path, '/') + 1);

		*strrchr(file, '.') = '\0';
		if (list[i].image ? fits(list[i].image, image) : fits(file, slash ? slash + 1 : image))
			found = &list[i];
		free(file);
	}
	return found;
}

bool d2d_sidecar_is_of_store(const char *root, const struct d2d_sidecar *sidecar)
{
	char *dir = xasprintf("%s"D2D_STORE"/", root);
	bool is = is_prefixed_with(sidecar->path, dir) != NULL;

	free(dir);
	return is;
}
