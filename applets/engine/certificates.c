/*
 * d2dengine: certificates. Those in d2d/ca are added to the certificates of authorities that all programs trust; those in
 * d2d/certs.d are for one registry each, as Docker's documentation describes.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DENGINE) += d2dengine_certificates.o

#include "d2dengine.h"

enum {
	CERTIFICATE_MAX = 1024 * 1024,
	BUNDLE_MAX = 16 * 1024 * 1024,
};

/* Reads a file. Returns its text, which the caller frees, or NULL after a message. */
static char *read_text(struct d2dengine *e, const char *path, size_t max, size_t *len)
{
	char *text;
	int err = d2d_file_read(path, max, &text, len);

	if (err < 0) {
		bb_error_msg("'%s' %s", printable_string(path), d2d_file_error(err));
		e->code = EXIT_FAILURE;
	}
	return text;
}

/* Appends a certificate to the bundle of certificates. Returns whether it was one. */
static bool add_authority(struct d2dengine *e, const struct d2d_hook *file, char **bundle)
{
	size_t len;
	char *text = read_text(e, file->path, CERTIFICATE_MAX, &len), *longer;
	bool ok = text && strlen(text) == len && strstr(text, "-----BEGIN CERTIFICATE-----")
		&& strstr(text, "-----END CERTIFICATE-----");

	if (ok) {
		longer = xasprintf("%s\n%s\n", *bundle, text);
		free(*bundle);
		*bundle = longer;
	} else if (text) {
		bb_error_msg("'%s' is not a certificate in PEM form: convert it with 'openssl x509 -inform der'",
			printable_string(file->file));
		e->code = EXIT_FAILURE;
	}
	free(text);
	return ok;
}

static unsigned add_authorities(struct d2dengine *e)
{
	char *path = xasprintf("%s"D2DENGINE_CA, e->root), *bundle = NULL, *result;
	unsigned i, n = 0;
	size_t len;

	for (i = 0; i < e->files.n; i++) {
		const struct d2d_hook *file = e->files.hook[i];

		if (file->state != D2D_HOOK_RUNS || !is_prefixed_with(file->name, "ca/"))
			continue;
		if (!bundle)
			bundle = read_text(e, path, BUNDLE_MAX, &len);
		if (!bundle)
			break;
		n += add_authority(e, file, &bundle);
	}
	if (n) {
		result = d2dengine_write(e, bb_basename(D2DENGINE_CA), bundle, strlen(bundle), 0644);
		if (result)
			d2dengine_mount(e, result, D2DENGINE_CA);
		free(result);
	}
	free(bundle);
	free(path);
	return n;
}

/* Returns the name of a registry as Docker writes it. FAT doesn't allow ':' in names, so a port may also follow '_', which no host
 * name contains. The caller frees it. */
static char *registry(const char *name)
{
	const char *slash = strchr(name, '/');
	char *host = xstrndup(name, slash - name), *port = strrchr(host, '_');

	if (port && !strchr(host, ':') && port[1] && !port[1 + strspn(port + 1, "0123456789")])
		*port = ':';
	return host;
}

static unsigned add_registries(struct d2dengine *e)
{
	unsigned i, n = 0;

	for (i = 0; i < e->files.n; i++) {
		const struct d2d_hook *file = e->files.hook[i];
		const char *name = is_prefixed_with(file->name, "certs.d/");
		char *host, *dir, *target, *result, *text;
		size_t len;

		if (file->state != D2D_HOOK_RUNS || !name)
			continue;
		text = read_text(e, file->path, CERTIFICATE_MAX, &len);
		if (!text)
			continue;
		host = registry(name);
		dir = xasprintf("certs.d/%s", host);
		target = xasprintf(D2DENGINE_CERTS"/%s", host);
		name = xasprintf("%s/%s", dir, strchr(name, '/') + 1);
		/* It may be a secret key. */
		result = d2dengine_write(e, name, text, len, 0600);
		if (result) {
			d2dengine_link(e, dir, target);
			n++;
		}
		explicit_bzero(text, len);
		free(text);
		free(result);
		free((char *)name);
		free(target);
		free(dir);
		free(host);
	}
	return n;
}

unsigned d2dengine_certificates(struct d2dengine *e)
{
	return add_authorities(e) + add_registries(e);
}
