/*
 * d2dautostart: which images may be started without somebody having asked for it. Where hooks need no signature, all: a stick could
 * bring a hook that starts them. Beside an encrypted volume, those whose IDs the administrator has written into the store.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_trust.o

#include <json-c/json.h>
#include "d2dautostart.h"
#include "d2d_image.h"

#define LIST D2D_STORE"/d2d/trust/images"

enum { LIST_MAX = 4096 };	/* bytes of which boot-scripts/trusted-images takes notice */

char *d2dautostart_untrusted(const char *root, struct json_object *image)
{
	char *trusted = d2d_trusted_images(root), *why = NULL;

	if (strcmp(trusted, "any") != 0)
		why = d2d_image_untrusted(image, trusted);
	free(trusted);
	return why;
}

/* Appends ID to the list. Returns 0, 1 if it is there already, or a negative errno. */
static int append(const char *root, const char *id)
{
	char *path = xasprintf("%s"LIST, root), *text, *longer, *p;
	size_t len = 0, size = strlen(id);
	int r = d2d_file_read(path, LIST_MAX, &text, &len);

	if (r == -ENOENT) {
		text = xstrdup("");
		r = 0;
	}
	if (r == 0) {
		p = strstr(text, id);
		if (p && (p == text || p[-1] == '\n') && (!p[size] || p[size] == '\n')) {
			r = 1;
		} else if (len + size + 2 > LIST_MAX) {
			r = -EFBIG;
		} else {
			longer = xasprintf("%s%s%s\n", text, len && text[len - 1] != '\n' ? "\n" : "", id);
			r = d2d_make_parent_dirs(path);
			if (r >= 0)
				r = d2d_file_write(path, longer);
			free(longer);
		}
		free(text);
	}
	free(path);
	return r;
}

int d2dautostart_allow(const char *root, const char *what)
{
	struct json_object *o;
	char *why, *image = d2d_reference(what), *trusted;
	const char *id;
	int r;

	if (!image)
		bb_error_msg_and_die("'%s' is not a valid image name", printable_string(what));
	o = d2d_engine_image(image, &why);
	if (!o)
		bb_error_msg_and_die("%s", why);
	id = d2d_json_text(o, "Id");
	trusted = d2d_trusted_images(root);
	if (strcmp(trusted, "any") == 0) {
		printf("%s: needs no leave, as there is no encrypted volume\n", image);
		return EXIT_SUCCESS;
	}
	free(trusted);
	if (!d2dautostart_store_is_encrypted(root))
		bb_error_msg_and_die("there is no encrypted store that is open, and only there such a list can be trusted");
	r = append(root, id);
	if (r < 0)
		bb_error_msg_and_die("'"LIST"': %s", r == -EFBIG ? "is full: remove the lines of old images" : d2d_file_error(r));
	printf(r ? "%s: has leave already\n" : "%s: may start by itself, as long as it is %s\n", image, id);
	why = d2dautostart_untrusted(root, o);
	if (why)
		bb_error_msg("%s: %s", image, why);
	r = why ? EXIT_FAILURE : EXIT_SUCCESS;
	free(why);
	free(image);
	json_object_put(o);
	return r;
}
