/*
 * d2diso: recognizes text files: settings of this system, of dockerd and of images.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_text.o

#include "d2diso.h"
#include "d2d_config.h"
#include "d2d_ssh.h"

static bool is_text(const char *text, size_t len)
{
	return len && !memchr(text, '\0', len);
}

char *d2diso_config_error(const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *line, *error = NULL;
	unsigned n = 0;

	while (!error && (line = strsep(&rest, "\n")) != NULL) {
		const char *why;

		n++;
		trim(line);
		if (!*line || *line == '#')
			continue;
		why = d2d_config_line_error(line);
		if (why)
			error = xasprintf("line %u: '%s' %s", n, printable_string(line), why);
	}
	free(copy);
	return error;
}

/* Whether the first line that isn't empty or a comment is a public key of SSH. */
static bool is_ssh(const char *text, size_t len)
{
	const char *end = text + len, *why;
	struct d2d_ssh_key key = { .options = NULL };
	int r = 0;

	while (r == 0 && text < end) {
		const char *eol = memchr(text, '\n', end - text) ? : end;

		r = d2d_ssh_line(text, eol - text, &key, &why);
		if (r > 0)
			d2d_ssh_key_free(&key);
		text = eol + 1;
	}
	return r > 0;
}

/* Whether each line is an option of debian2docker, and one is there. */
static bool is_config(const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *line, *error = d2diso_config_error(text);
	bool any = false;

	while ((line = strsep(&rest, "\n")) != NULL) {
		trim(line);
		any |= *line && *line != '#' && strchr(line, '=');
	}
	free(copy);
	any &= !error;
	free(error);
	return any;
}

char *d2diso_place_of_text(const char *name, const char *text, size_t len)
{
	static const char beside[] ALIGN1 = ".alias\0" ".rootfs.conf\0" ".rootfs.json\0" ".url\0";
	const char *suffix;

	if (!is_text(text, len))
		return NULL;
	/* These are only told apart by their names, which are fixed. */
	if (index_in_strings("daemon.json\0network\0authorized_keys\0swarm.conf\0config\0", name) >= 0)
		return concat_path_file("d2d", name);
	for (suffix = beside; *suffix; suffix += strlen(suffix) + 1)
		if (is_suffixed_with(name, suffix) && strlen(name) > strlen(suffix))
			return concat_path_file("d2d/images", name);
	if (memmem(text, len, "-----BEGIN CERTIFICATE-----", 27)) {
		char *stem = xstrndup(name, strcspn(name, ".")), *path;

		path = is_suffixed_with(name, ".crt") ? concat_path_file("d2d/ca", name) : xasprintf("d2d/ca/%s.crt", stem);
		free(stem);
		return path;
	}
	if (is_ssh(text, len))
		return xstrdup("d2d/authorized_keys");
	return is_config(text) ? xstrdup(D2DISO_CONFIG) : NULL;
}
