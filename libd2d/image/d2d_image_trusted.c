/*
 * Which images may run by themselves, or get more of the machine than a command does, where hooks need a signature: there a name
 * isn't enough, because a stick can bring an image of any name.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_image_trusted.o

#include <json-c/json.h>
#include "d2d_image.h"

#define TRUSTED "/usr/lib/d2d/trusted-images"

char *d2d_trusted_images(const char *root)
{
	char *program = xasprintf("%s"TRUSTED, root), *hooks = d2d_option_at(root, "hooks"), *line;
	size_t size = 8 * 1024;
	int out;
	pid_t pid = d2d_fork_piped(STDOUT_FILENO, &out);

	if (pid == 0) {
		if (hooks)
			xsetenv("D2D_OPT_HOOKS", hooks);
		else
			unsetenv("D2D_OPT_HOOKS");
		execl(program, program, NULL);
		_exit(127);
	}
	line = xmalloc_read(out, &size);
	close(out);
	if (wait4pid(pid) != 0 || !line) {
		free(line);
		line = xstrdup("");
	}
	chomp(line);
	free(hooks);
	free(program);
	return line;
}

/* Whether LIST, words separated by blanks, has WORD. */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)) != NULL; p += len)
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return true;
	return false;
}

/* The IDs of all layers of an image as Docker describes it. */
static void describe(struct json_object *inspected, struct d2d_image *image)
{
	struct json_object *layers;
	size_t i, n = d2d_json_array(json_object_object_get(inspected, "RootFS"), "Layers", &layers);

	memset(image, 0, sizeof(*image));
	image->layers = xzalloc((n + 1) * sizeof(*image->layers));
	for (i = 0; i < n; i++) {
		const char *diff = d2d_digest_hex(d2d_json_text_at(layers, i) ?: "");
		struct d2d_image_layer *l = &image->layers[image->n_layers];

		if (!diff)
			continue;
		strcpy(l->diff, diff);
		if (image->n_layers == 0) {
			strcpy(l->chain, diff);
		} else {
			char *text = xasprintf("sha256:%s sha256:%s", l[-1].chain, diff);

			d2d_digest(l->chain, text, strlen(text));
			free(text);
		}
		image->n_layers++;
	}
}

char *d2d_image_untrusted(struct json_object *inspected, const char *trusted)
{
	const char *id = d2d_json_text(inspected, "Id");
	struct d2d_image image;
	char *why = NULL, *file;
	unsigned i;

	if (!id || !has_word(trusted, id))
		return xasprintf("%s has to be a line of d2d/trust/images on the encrypted store", id ? printable_string(id) : "its ID");
	/* A layer that was copied or written was compared with its digest. One that is mounted wasn't. */
	describe(inspected, &image);
	for (i = 0; i < image.n_layers && !why; i++) {
		file = d2d_squash_source(image.layers[i].chain);
		if (file)
			why = xstrdup("its layers are mounted from a medium, where nobody has checked them; d2d.images=copy copies them");
		free(file);
	}
	free(image.layers);
	return why;
}
