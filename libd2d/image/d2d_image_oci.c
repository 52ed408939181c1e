/*
 * Finds the images in an OCI layout. They are listed in index.json, which may refer to other indexes. Only images for
 * linux/amd64 are taken.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image_oci.o

#include <json-c/json.h>
#include "d2d_image.h"

enum { DEPTH_MAX = 4, BLOBS_MAX = 10000 };

struct walk {
	struct d2d_archive *a;
	struct d2d_images *images;
	const char *file;
	char **why;
	bool others;		/* there are images for other platforms */
	unsigned blobs;		/* read so far; limited, because each level of indexes may name a blob many times */
};

static char *blob_name(struct json_object *descriptor)
{
	const char *hex = d2d_digest_hex(d2d_json_text(descriptor, "digest"));

	return hex ? xasprintf("blobs/sha256/%s", hex) : NULL;
}

/* Parses a blob that contains JSON and checks its digest. Returns NULL after an error, with the reason in w->why. */
static struct json_object *blob_json(struct walk *w, struct json_object *descriptor)
{
	char *name = blob_name(descriptor), hex[D2D_DIGEST + 1];
	struct json_object *parsed = NULL;
	struct d2d_member *m;

	if (!name) {
		d2d_refuse(w->why, "index.json has an entry without a SHA-256 digest");
		return NULL;
	}
	parsed = d2d_image_json(w->a, name, "index.json", w->why);
	if (parsed) {
		m = d2d_archive_find(w->a, name);
		d2d_digest(hex, m->text, m->size);
		if (strcmp(hex, bb_basename(name)) != 0) {
			d2d_refuse(w->why, "damaged: '%s' doesn't have the digest that its name says", name);
			json_object_put(parsed);
			parsed = NULL;
		}
	}
	free(name);
	return parsed;
}

/* Whether a descriptor refers to an image for linux/amd64. A descriptor without a platform does. */
static bool is_ours(struct json_object *descriptor)
{
	struct json_object *platform, *annotations;
	const char *os, *machine, *variant;

	if (json_object_object_get_ex(descriptor, "annotations", &annotations)
	 && d2d_json_text(annotations, "vnd.docker.reference.type")
	) {
		return false;	/* an attestation of an image, not an image */
	}
	if (!json_object_object_get_ex(descriptor, "platform", &platform))
		return true;
	os = d2d_json_text(platform, "os");
	machine = d2d_json_text(platform, "architecture");
	variant = d2d_json_text(platform, "variant");
	return os && strcmp(os, "linux") == 0 && machine && strcmp(machine, "amd64") == 0
		&& (!variant || !*variant || strcmp(variant, "v1") == 0);
}

char *d2d_image_name_of_file(const char *file)
{
	char *name = xstrdup(bb_basename(file)), *p = name, *to = name;

	for (; *p && !is_prefixed_with(p, ".tar") && !is_prefixed_with(p, ".oci") && !is_prefixed_with(p, ".tgz")
			&& !is_prefixed_with(p, ".txz") && !is_prefixed_with(p, ".tzst"); p++)
		if (isalnum(*p))
			*to++ = tolower(*p);
		else if (to > name && isalnum(to[-1]))
			*to++ = strchr("._-", *p) ? *p : '-';
	while (to > name && !isalnum(to[-1]))
		to--;
	*to = '\0';
	return name;
}

/* containerd's annotation is a complete name. OCI's may be just a tag; then the repository is named after the file. */
static int take_name(struct walk *w, struct d2d_image *image, struct json_object *descriptor)
{
	struct json_object *annotations;
	const char *name, *tag;
	char *file, *both;
	int r;

	if (!json_object_object_get_ex(descriptor, "annotations", &annotations))
		return 0;
	name = d2d_json_text(annotations, "io.containerd.image.name");
	tag = d2d_json_text(annotations, "org.opencontainers.image.ref.name");
	if (!name && tag && strpbrk(tag, "/:"))
		name = tag;
	if (name)
		return d2d_image_add_tag(image, name, w->why);
	if (!tag || !*tag)
		return 0;
	file = d2d_image_name_of_file(w->file);
	both = xasprintf("%s:%s", file, tag);
	r = d2d_image_add_tag(image, both, w->why);
	free(both);
	free(file);
	return r;
}

static int take_image(struct walk *w, struct json_object *manifest, struct json_object *descriptor, struct json_object *named)
{
	struct d2d_image *image = d2d_image_add(w->images, w->why);
	struct json_object *config, *layers;
	char *name;
	size_t i, n;
	int r;

	if (!image)
		return -EBADMSG;
	name = json_object_object_get_ex(manifest, "config", &config) ? blob_name(config) : NULL;
	if (!name)
		return d2d_refuse(w->why, "'%s' names no configuration", d2d_json_text(descriptor, "digest"));
	r = d2d_image_configure(w->a, image, name, "the image's manifest", w->why);
	free(name);
	n = d2d_json_array(manifest, "layers", &layers);
	if (r == 0 && n != image->n_layers)
		r = d2d_refuse(w->why, "a manifest names %u layers, its configuration %u", (unsigned)n, image->n_layers);
	for (i = 0; r == 0 && i < n; i++) {
		name = blob_name(json_object_array_get_idx(layers, i));
		r = name ? d2d_image_set_layer(w->a, image, i, name, "the image's manifest", w->why)
			: d2d_refuse(w->why, "a manifest names a layer without a SHA-256 digest");
		free(name);
	}
	if (r == 0)
		r = take_name(w, image, named);
	return r;
}

static int walk_index(struct walk *w, struct json_object *index, struct json_object *named, unsigned depth);

/* Reads the index or manifest that DESCRIPTOR refers to. NAMED is the entry of index.json that led here; it holds the image's
 * name. */
static int walk_descriptor(struct walk *w, struct json_object *descriptor, struct json_object *named, unsigned depth)
{
	struct json_object *blob;
	int r;

	if (!is_ours(descriptor)) {
		w->others = true;
		return 0;
	}
	blob = ++w->blobs <= BLOBS_MAX ? blob_json(w, descriptor) : NULL;
	if (w->blobs > BLOBS_MAX)
		d2d_refuse(w->why, "index.json leads to too many indexes and manifests");
	if (!blob)
		return -EBADMSG;
	if (json_object_object_get_ex(blob, "manifests", NULL))
		r = depth < DEPTH_MAX ? walk_index(w, blob, named, depth + 1)
			: d2d_refuse(w->why, "index.json leads to indexes that are nested too deeply");
	else
		r = take_image(w, blob, descriptor, named);
	json_object_put(blob);
	return r;
}

static int walk_index(struct walk *w, struct json_object *index, struct json_object *named, unsigned depth)
{
	struct json_object *list, *entry;
	size_t i, n = d2d_json_array(index, "manifests", &list);
	unsigned before = w->images->n;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		entry = json_object_array_get_idx(list, i);
		if (!json_object_is_type(entry, json_type_object))
			return d2d_refuse(w->why, "index.json has an entry that is not an object");
		r = walk_descriptor(w, entry, named ? named : entry, depth);
		/* a nested index lists variants of one image, so take only the first that fits */
		if (named && w->images->n > before)
			break;
	}
	return r;
}

int d2d_image_index(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why)
{
	struct walk w = { .a = a, .images = images, .file = file, .why = why };
	struct json_object *index = d2d_image_json(a, "index.json", "the archive", why);
	int r;

	if (!index)
		return -EBADMSG;
	r = walk_index(&w, index, NULL, 0);
	json_object_put(index);
	if (r == 0 && images->n == 0)
		r = d2d_refuse(why, w.others ? "it holds no image for linux/amd64" : "index.json names no image");
	return r;
}
