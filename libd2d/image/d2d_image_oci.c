/*
 * Finds the images in an OCI layout. They are listed in index.json, which may refer to other indexes. Images for linux/amd64 are
 * taken, as in containerd also those for linux/386 of which there is none for linux/amd64. A layout may hold other things than
 * images, such as signatures and charts; these are skipped.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image_oci.o

#include <json-c/json.h>
#include "d2d_image.h"

enum { DEPTH_MAX = 4, BLOBS_MAX = 10000, NOTES_MAX = 20, OTHERS_MAX = 200 };

static const char machines[2][6] ALIGN1 = { "amd64", "386" };
static const char by_manifest[] ALIGN1 = "the image's manifest";

struct walk {
	struct d2d_archive *a;
	struct d2d_images *images;
	const char *file;
	char **why;
	unsigned pass;		/* images for machines[pass] are taken */
	char *others;		/* platforms of other images, for messages, or NULL */
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

/* ---- what an image is for ---- */

static void add_other(struct walk *w, const char *os, const char *machine, const char *variant)
{
	char *one, *all;

	if (w->pass)
		return;
	one = xasprintf("%.20s/%.20s%s%.20s", os, machine, variant ? "/" : "", variant ?: "");
	if (!w->others || (strlen(w->others) < OTHERS_MAX && !strstr(w->others, one))) {
		all = xasprintf("%s%s%s", w->others ?: "", w->others ? ", " : "", one);
		free(w->others);
		w->others = all;
	}
	free(one);
}

/* Whether a platform, or the configuration of an image, is that of the images to be taken. */
static bool is_ours(struct walk *w, struct json_object *platform)
{
	const char *os = d2d_json_text(platform, "os"), *machine = d2d_json_text(platform, "architecture");
	const char *variant = d2d_json_text(platform, "variant");

	if (!os || !machine)
		return false;
	variant = variant && *variant ? variant : NULL;
	if (strcmp(os, "linux") == 0 && strcmp(machine, machines[w->pass]) == 0 && (!variant || strcmp(variant, "v1") == 0))
		return true;
	add_other(w, os, machine, variant);
	return false;
}

/* ---- entries ---- */

/* Returns the name that a layout gives an image, perhaps only a tag, or NULL. */
static const char *name_in_layout(struct json_object *descriptor)
{
	struct json_object *annotations;
	const char *name = NULL;

	if (json_object_object_get_ex(descriptor, "annotations", &annotations)) {
		name = d2d_json_text(annotations, "io.containerd.image.name");
		name = name ?: d2d_json_text(annotations, "org.opencontainers.image.ref.name");
	}
	return name;
}

static void note_skipped(struct walk *w, struct json_object *descriptor, struct json_object *named, const char *type)
{
	const char *digest = d2d_json_text(descriptor, "digest") ?: "", *name = name_in_layout(named);

	if (w->pass)
		return;
	if (w->images->n_notes < NOTES_MAX)
		d2d_image_note(w->images, xasprintf("skipped %.80s%s%.19s%s: not an image, but %.100s", name ?: "",
				name ? " (" : "", digest, name ? ")" : "", type));
	else if (w->images->n_notes == NOTES_MAX)
		d2d_image_note(w->images, xstrdup("skipped more entries that are not images"));
}

/* Whether a descriptor refers to an attestation of an image, made by BuildKit. As in Docker, it counts as a part of the image. */
static bool is_attestation(struct json_object *descriptor)
{
	struct json_object *annotations;

	return json_object_object_get_ex(descriptor, "annotations", &annotations)
		&& d2d_json_text(annotations, "vnd.docker.reference.type");
}

/* ---- images ---- */

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

/* Whether the configuration NAME is that of an image to be taken: 1 or 0; -EBADMSG: it can't be read. */
static int is_our_config(struct walk *w, const char *name)
{
	struct json_object *config = d2d_image_json(w->a, name, by_manifest, w->why);
	const char *machine = d2d_json_text(config, "architecture");
	int r = !config ? -EBADMSG : !machine || !*machine ? w->pass == 0 : is_ours(w, config);

	json_object_put(config);
	return r;
}

static void note_machine(struct walk *w, const struct d2d_image *image)
{
	d2d_image_note(w->images, image->n_tags
		? xasprintf("%s is for linux/%s, there is none for linux/amd64", image->tags[0], machines[w->pass])
		: xasprintf("sha256:%.12s is for linux/%s, there is none for linux/amd64", image->id, machines[w->pass]));
}

static int take_image(struct walk *w, struct json_object *manifest, const char *config, struct json_object *named)
{
	struct d2d_image *image = d2d_image_add(w->images, w->why);
	struct json_object *layers;
	char *name;
	size_t i, n;
	int r;

	if (!image)
		return -EBADMSG;
	r = d2d_image_configure(w->a, image, config, by_manifest, w->why);
	n = d2d_json_array(manifest, "layers", &layers);
	if (r == 0 && n != image->n_layers)
		r = d2d_refuse(w->why, "a manifest names %u layers, its configuration %u", (unsigned)n, image->n_layers);
	for (i = 0; r == 0 && i < n; i++) {
		name = blob_name(json_object_array_get_idx(layers, i));
		r = name ? d2d_image_set_layer(w->a, image, i, name, by_manifest, w->why)
			: d2d_refuse(w->why, "a manifest names a layer without a SHA-256 digest");
		free(name);
	}
	if (r == 0)
		r = take_name(w, image, named);
	if (r == 0 && w->pass)
		note_machine(w, image);
	return r;
}

/* Takes what a manifest describes, if it is an image for the architecture. */
static int take_manifest(struct walk *w, struct json_object *manifest, struct json_object *descriptor, struct json_object *named)
{
	const char *type = d2d_image_other_manifest_type(manifest);
	struct json_object *config;
	char *name;
	int r = 1;

	if (type) {
		note_skipped(w, descriptor, named, type);
		return 0;
	}
	name = json_object_object_get_ex(manifest, "config", &config) ? blob_name(config) : NULL;
	if (!name)
		return d2d_refuse(w->why, "'%s' names no configuration", d2d_json_text(descriptor, "digest"));
	/* as in containerd, the configuration counts if the index doesn't say for what the image is */
	if (!json_object_object_get_ex(descriptor, "platform", NULL))
		r = is_our_config(w, name);
	if (r > 0)
		r = take_image(w, manifest, name, named);
	free(name);
	return r;
}

/* Whether the archive has the blob that a descriptor refers to. Layouts often lack images for other platforms than amd64. */
static bool is_there(struct walk *w, struct json_object *descriptor)
{
	char *name = blob_name(descriptor);
	bool there = name && d2d_archive_find(w->a, name);

	free(name);
	return there;
}

static int walk_index(struct walk *w, struct json_object *index, struct json_object *named, unsigned depth);

/* Reads the index or manifest that DESCRIPTOR refers to. NAMED is the entry of index.json that led here; it holds the image's
 * name. */
static int walk_descriptor(struct walk *w, struct json_object *descriptor, struct json_object *named, unsigned depth)
{
	struct json_object *blob, *platform;
	const char *type = d2d_image_other_type(descriptor);
	int r;

	if (!json_object_is_type(descriptor, json_type_object))
		return d2d_refuse(w->why, "index.json has an entry that is not an object");
	if (is_attestation(descriptor))
		return 0;
	if (type) {
		note_skipped(w, descriptor, named, type);
		return 0;
	}
	if (json_object_object_get_ex(descriptor, "platform", &platform) && !is_ours(w, platform))
		return 0;
	if (w->pass && !is_there(w, descriptor))
		return 0;
	blob = ++w->blobs <= BLOBS_MAX ? blob_json(w, descriptor) : NULL;
	if (w->blobs > BLOBS_MAX)
		d2d_refuse(w->why, "index.json leads to too many indexes and manifests");
	if (!blob)
		return -EBADMSG;
	if (json_object_object_get_ex(blob, "manifests", NULL))
		r = depth < DEPTH_MAX ? walk_index(w, blob, named, depth + 1)
			: d2d_refuse(w->why, "index.json leads to indexes that are nested too deeply");
	else
		r = take_manifest(w, blob, descriptor, named);
	json_object_put(blob);
	return r;
}

static int walk_index(struct walk *w, struct json_object *index, struct json_object *named, unsigned depth)
{
	struct json_object *list;
	size_t i, n = d2d_json_array(index, "manifests", &list);
	unsigned before = w->images->n;
	int r = 0;

	/* a nested index lists variants of one image, so take only the first that fits */
	for (i = 0; r == 0 && i < n && w->images->n == before; i++)
		r = walk_descriptor(w, json_object_array_get_idx(list, i), named, depth);
	return r;
}

/* Whether one of the entries that have led to an image has the name of this entry, or neither has a name. */
static bool has_image(struct json_object *list, const bool *found, size_t n, size_t entry)
{
	const char *name = name_in_layout(json_object_array_get_idx(list, entry)), *other;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!found[i])
			continue;
		other = name_in_layout(json_object_array_get_idx(list, i));
		if (name && other ? strcmp(name, other) == 0 : name == other)
			return true;
	}
	return false;
}

/* Goes through index.json once for each architecture. */
static int walk_layout(struct walk *w, struct json_object *index)
{
	struct json_object *list, *entry;
	size_t i, n = d2d_json_array(index, "manifests", &list);
	bool *found = xzalloc(n + 1);
	unsigned before;
	int r = 0;

	for (w->pass = 0; r == 0 && w->pass < ARRAY_SIZE(machines); w->pass++) {
		for (i = 0; r == 0 && i < n; i++) {
			entry = json_object_array_get_idx(list, i);
			before = w->images->n;
			if (!w->pass || !has_image(list, found, n, i))
				r = walk_descriptor(w, entry, entry, 0);
			found[i] |= w->images->n > before;
		}
	}
	free(found);
	return r;
}

int d2d_image_index(struct d2d_archive *a, const char *file, struct d2d_images *images, char **why)
{
	struct walk w = { .a = a, .images = images, .file = file, .why = why };
	struct json_object *index = d2d_image_json(a, "index.json", "the archive", why);
	int r;

	if (!index)
		return -EBADMSG;
	r = walk_layout(&w, index);
	json_object_put(index);
	if (r == 0 && images->n == 0 && w.others)
		r = d2d_refuse(why, "it holds no image for linux/amd64, only for %s", w.others);
	else if (r == 0 && images->n == 0)
		r = d2d_refuse(why, "index.json names no image%s%s", images->n_notes ? ": " : "",
				images->n_notes ? images->notes[0] : "");
	free(w.others);
	return r;
}
