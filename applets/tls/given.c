/*
 * d2dtls: certificates that docker-machine has brought. boot2docker's profile names them: dockerd uses them instead of those
 * that are made here, because docker-machine's clients know only the authority of docker-machine. They are never changed here.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_given.o

#include <json-c/json.h>
#include "d2dtls.h"
#include "d2d_engine.h"

#define PROFILE D2D_BOOT2DOCKER"/profile"

/* d2dengine reports what doesn't count. */
static void say_nothing(void *arg UNUSED_PARAM, unsigned line UNUSED_PARAM, const char *what UNUSED_PARAM, const char *why UNUSED_PARAM)
{
}

/* Reads the three files. Returns why dockerd can't use them, or NULL; sets *FILE to the one that is wrong. */
static const char *read_files(const struct d2dtls *t, struct d2dtls_given *g, const char **file)
{
	struct d2dtls_pair server = { 0 }, ca = { 0 };
	char *ca_path = xasprintf("%s%s", t->root, g->ca), *cert_path = xasprintf("%s%s", t->root, g->cert);
	char *key_path = xasprintf("%s%s", t->root, g->key);
	int err;
	const char *why = NULL;

	ca.cert_err = d2dtls_cert_read(&ca.cert, ca_path);
	server.cert_err = d2dtls_cert_read(&server.cert, cert_path);
	server.key_err = d2dtls_key_read(&server.key, key_path);
	err = ca.cert_err ? : server.cert_err ? : server.key_err;
	*file = ca.cert_err ? g->ca : server.cert_err || !server.key_err ? g->cert : g->key;
	if (err)
		why = err == -EBADMSG ? "is damaged" : d2d_file_error(err);
	else if (!d2dtls_pair_fits(&server))
		why = "doesn't belong to its key";
	else if (!d2dtls_cert_is_of(&server.cert, &ca.cert, true))
		why = "is not a server's certificate of the authority";
	else
		g->until = d2dtls_time(&server.cert.valid_to);
	d2dtls_pair_free(&server);
	d2dtls_pair_free(&ca);
	free(key_path);
	free(cert_path);
	free(ca_path);
	return why;
}

void d2dtls_given_read(struct d2dtls *t, struct d2dtls_given *g)
{
	char *path = xasprintf("%s"PROFILE, t->root), *text;
	const char *file, *why;
	struct d2d_profile p;
	size_t len;

	memset(g, 0, sizeof(*g));
	if (d2d_file_read(path, D2D_PROFILE_MAX, &text, &len) == 0) {
		if (d2d_profile_parse(text, len, &p, say_nothing, NULL) == 0) {
			g->port = p.port;
			if (p.ca && p.cert && p.key) {
				g->ca = xstrdup(p.ca);
				g->cert = xstrdup(p.cert);
				g->key = xstrdup(p.key);
			}
		}
		d2d_profile_free(&p);
		free(text);
	}
	free(path);
	if (!g->ca)
		return;
	why = read_files(t, g, &file);
	g->usable = !why;
	/* An old one is used, too: the client's message then says what is wrong. */
	if (why)
		d2dtls_error(t, "'%s', which the profile names, %s: 'docker-machine regenerate-certs' makes it anew; until then this "
			"machine's own certificates are used", file, why);
	else if (g->until < t->now)
		d2dtls_error(t, "'%s', which the profile names, has ended on %s: 'docker-machine regenerate-certs' makes it anew", g->cert,
			d2dtls_day(g->until));
}

void d2dtls_given_free(struct d2dtls_given *g)
{
	free(g->ca);
	free(g->cert);
	free(g->key);
}
