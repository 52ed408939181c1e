/*
 * d2dtls: makes the certificates that are missing, damaged, near their end, or without a name of the server.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_make.o

#include "d2dtls.h"

enum { LIFETIME = 825 * D2DTLS_DAY };	/* the longest that Apple's systems accept of a server */

/* Returns the first of the names that the certificate lacks, or NULL. It belongs to the list. */
static const char *lacking(const mbedtls_x509_crt *cert, const llist_t *names)
{
	llist_t *has = d2dtls_cert_names(cert);
	const char *name = NULL;

	for (; names && !name; names = names->link)
		if (!d2dtls_names_has(has, names->data))
			name = names->data;
	llist_free(has, free);
	return name;
}

/* Returns why a certificate has to be made, which the caller frees, or NULL. */
static char *reason(const struct d2dtls *t, struct d2dtls_set *set, struct d2dtls_pair *p, const llist_t *names)
{
	time_t until, last;
	const char *name;

	if (p->cert_err)
		return xasprintf("it %s", p->cert_err == -EBADMSG ? "is damaged" : d2d_file_error(p->cert_err));
	if (p->key_err)
		return xasprintf("its key %s", p->key_err == -EBADMSG ? "is damaged" : d2d_file_error(p->key_err));
	if (!d2dtls_pair_fits(p))
		return xstrdup("its key belongs to another one");
	if (!d2dtls_cert_is_of(&p->cert, &set->ca.cert, p == &set->server))
		return xstrdup("it isn't signed by the authority");
	until = d2dtls_time(&p->cert.valid_to);
	last = d2dtls_time(&set->ca.cert.valid_to);
	if (t->now < d2dtls_time(&p->cert.valid_from))
		return xasprintf("it begins on %s", d2dtls_day(d2dtls_time(&p->cert.valid_from)));
	if (until < t->now + D2DTLS_EARLY && until < last)
		return xasprintf("it ends on %s", d2dtls_day(until));
	name = lacking(&p->cert, names);
	return name ? xasprintf("it lacks %s", name) : NULL;
}

/* Makes a key, unless there is one that can be used. */
static bool make_key(struct d2dtls *t, struct d2dtls_pair *p, bool anew)
{
	char *text;
	bool ok;

	if (!p->key_err && !anew)
		return true;
	mbedtls_pk_free(&p->key);
	if (d2dtls_key_make(&p->key, t->rsa) < 0) {
		d2dtls_error(t, "can't make a key: no memory, or no random numbers");
		return false;
	}
	text = d2dtls_key_text(&p->key);
	ok = d2dtls_save(t, p->name, "-key.pem", text);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return ok;
}

static bool sign(struct d2dtls *t, struct d2dtls_set *set, struct d2dtls_pair *p, llist_t *names, enum d2dtls_how how)
{
	time_t from = d2dtls_time(&set->ca.cert.valid_from), until = d2dtls_time(&set->ca.cert.valid_to);
	struct d2dtls_request r = {
		.kind = p == &set->server ? D2DTLS_SERVER : D2DTLS_CLIENT, .key = &p->key, .ca = &set->ca, .names = names,
		/* A day earlier, because the clocks of clients may be late. */
		.from = MAX(from, t->now - D2DTLS_DAY), .until = MIN(until, t->now + LIFETIME),
	};
	const char *name = p->name;
	char *cert;
	bool ok;

	if (!make_key(t, p, how == D2DTLS_ANEW))
		return false;
	cert = d2dtls_cert_make(&r);
	ok = d2dtls_save(t, name, ".pem", cert);
	free(cert);
	d2dtls_pair_free(p);
	d2dtls_pair_read(t, p, name);
	return ok;
}

/* Adds the names that the certificate has and that the machine had before: an address may come back, with the next lease, and then
 * dockerd needn't be restarted. */
static void keep_names(const struct d2dtls_pair *server, llist_t **names)
{
	llist_t *old = server->cert_err ? NULL : d2dtls_cert_names(&server->cert), *l;
	unsigned n = 0;

	for (l = *names; l; l = l->link)
		n++;
	for (l = old; l && n < D2DTLS_NAMES_MAX; l = l->link) {
		if (!d2dtls_names_has(*names, l->data)) {
			llist_add_to_end(names, xstrdup(l->data));
			n++;
		}
	}
	llist_free(old, free);
}

/* Makes one of the certificates, if it has to be made. Returns whether that was done. */
static bool renew(struct d2dtls *t, struct d2dtls_set *set, struct d2dtls_pair *p, llist_t **names, enum d2dtls_how how)
{
	char *why = reason(t, set, p, *names);
	bool made = false;

	if (how == D2DTLS_LOOK && why) {
		d2dtls_error(t, "the certificate of the %s has to be made anew: %s", p->name, why);
	} else if (how >= D2DTLS_AGAIN || why) {
		if (how == D2DTLS_AS_NEEDED)
			keep_names(p, names);
		made = sign(t, set, p, p == &set->server ? *names : NULL, how);
		if (made)
			printf("made the certificate of the %s%s%s\n", p->name, why && how == D2DTLS_AS_NEEDED ? ": " : "",
				why && how == D2DTLS_AS_NEEDED ? why : "");
	}
	free(why);
	return made;
}

void d2dtls_make(struct d2dtls *t, struct d2dtls_set *set, enum d2dtls_how how)
{
	int lock = how == D2DTLS_LOOK ? -1 : d2dtls_lock(t);
	llist_t *names, *none = NULL;
	bool signs;

	memset(set, 0, sizeof(*set));
	if (lock < 0 && how != D2DTLS_LOOK)
		return;
	names = d2dtls_names(t);
	signs = d2dtls_authority(t, &set->ca, how);
	d2dtls_pair_read(t, &set->server, "server");
	d2dtls_pair_read(t, &set->client, "client");
	if (signs) {
		set->made_server = renew(t, set, &set->server, &names, how);
		set->made_client = renew(t, set, &set->client, &none, how);
	}
	set->usable = !set->ca.cert_err && d2dtls_pair_fits(&set->server)
		&& d2dtls_cert_is_of(&set->server.cert, &set->ca.cert, true);
	llist_free(none, free);
	llist_free(names, free);
	if (lock >= 0)
		close(lock);
}

void d2dtls_set_free(struct d2dtls_set *set)
{
	d2dtls_pair_free(&set->ca);
	d2dtls_pair_free(&set->server);
	d2dtls_pair_free(&set->client);
}
