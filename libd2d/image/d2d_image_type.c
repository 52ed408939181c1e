/*
 * Tells images in an OCI layout from other things, such as signatures and charts, by the types in descriptors and manifests.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image_type.o

#include <json-c/json.h>
#include "d2d_image.h"

static bool begins_with_one_of(const char *text, const char *prefixes)
{
	for (; *prefixes; prefixes += strlen(prefixes) + 1)
		if (is_prefixed_with(text, prefixes))
			return true;
	return false;
}

const char *d2d_image_other_type(struct json_object *descriptor)
{
	static const char manifests[] ALIGN1 = "application/vnd.oci.image.manifest.v1+json\0"
		"application/vnd.oci.image.index.v1+json\0"
		"application/vnd.docker.distribution.manifest.v2+json\0"
		"application/vnd.docker.distribution.manifest.list.v2+json\0";
	const char *type = d2d_json_text(descriptor, "artifactType");

	if (type && *type && strcmp(type, "application/vnd.oci.image.config.v1+json") != 0)
		return type;
	type = d2d_json_text(descriptor, "mediaType");
	return type && *type && !begins_with_one_of(type, manifests) ? type : NULL;
}

const char *d2d_image_other_manifest_type(struct json_object *manifest)
{
	static const char configs[] ALIGN1 = "application/vnd.oci.image.config.v1+json\0"
		"application/vnd.docker.container.image.v1+json\0";
	static const char layer_types[] ALIGN1 = "application/vnd.oci.image.layer.\0" "application/vnd.docker.image.rootfs.\0";
	struct json_object *part;
	const char *artifact = d2d_json_text(manifest, "artifactType"), *type;
	size_t i, n;

	artifact = artifact && *artifact ? artifact : NULL;
	type = json_object_object_get_ex(manifest, "config", &part) ? d2d_json_text(part, "mediaType") : NULL;
	if (type && *type && !begins_with_one_of(type, configs))
		return artifact ?: type;
	/* the configuration of a signature by cosign claims to be that of an image, but its layers don't */
	n = d2d_json_array(manifest, "layers", &part);
	for (i = 0; i < n; i++) {
		type = d2d_json_text(json_object_array_get_idx(part, i), "mediaType");
		if (type && *type && !begins_with_one_of(type, layer_types))
			return artifact ?: type;
	}
	return NULL;
}
