/*
 * d2dtls: the certificate authority of this machine. Clients trust it, so it is made once: with another one, all of them would
 * have to get new certificates. That is only done when the user asks for it.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_authority.o

#include "d2dtls.h"

#define BOOT2DOCKER "/var/lib/boot2docker/tls"	/* on its disk */
#define ANEW "'sudo d2d tls renew -c' makes a new authority, and then all clients need new certificates"

enum { LIFETIME = 10 * 365 * D2DTLS_DAY };

static bool make(struct d2dtls *t, struct d2dtls_pair *ca)
{
	struct d2dtls_request r = {
		.kind = D2DTLS_CA, .key = &ca->key, .from = t->now - D2DTLS_DAY, .until = t->now + LIFETIME,
	};
	char *key, *cert = NULL;
	bool ok;

	mbedtls_pk_free(&ca->key);
	mbedtls_x509_crt_free(&ca->cert);
	if (d2dtls_key_make(&ca->key, t->rsa) < 0) {
		d2dtls_error(t, "can't make a key: no memory, or no random numbers");
		return false;
	}
	key = d2dtls_key_text(&ca->key);
	cert = d2dtls_cert_make(&r);
	/* The certificate is written last: a key alone means that this was interrupted. */
	ok = d2dtls_save(t, ca->name, "-key.pem", key) && d2dtls_save(t, ca->name, ".pem", cert);
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
	free(cert);
	if (!ok)
		return false;
	d2dtls_pair_free(ca);
	d2dtls_pair_read(t, ca, ca->name);
	puts("made a certificate authority");
	return true;
}

/* Copies a file of boot2docker, whose content was checked. */
static bool copy(struct d2dtls *t, const char *from, const char *name, const char *suffix)
{
	enum { MAX = 1024 * 1024 };
	size_t len;
	char *text;
	bool ok = d2d_file_read(from, MAX, &text, &len) == 0 && d2dtls_save(t, name, suffix, text);

	if (text)
		explicit_bzero(text, len);
	free(text);
	return ok;
}

/* Reads a pair of boot2docker. Returns whether it is still of use: with CA, a client's that it has signed, else an authority. Its
 * start doesn't matter, because the clock may be wrong. */
static bool read_old(const struct d2dtls *t, struct d2dtls_pair *p, const char *cert, const char *key, struct d2dtls_pair *ca)
{
	p->cert_err = d2dtls_cert_read(&p->cert, cert);
	p->key_err = d2dtls_key_read(&p->key, key);
	return d2dtls_pair_fits(p) && d2dtls_time(&p->cert.valid_to) > t->now + D2DTLS_EARLY
		&& (ca ? d2dtls_cert_is_of(&p->cert, &ca->cert, false) : mbedtls_x509_crt_get_ca_istrue(&p->cert) == 1);
}

/* Takes over the authority of a boot2docker disk, with the client's certificate, so that its clients go on working. Returns
 * false if there is none. */
static bool take_over(struct d2dtls *t, struct d2dtls_pair *ca)
{
	struct d2dtls_pair client = { 0 };
	char *old = xasprintf("%s"BOOT2DOCKER, t->store ? : "/nonexistent"), *cert = xasprintf("%s/ca.pem", old),
		*key = xasprintf("%s/cakey.pem", old);
	bool taken = false;

	if (t->store && access(cert, F_OK) == 0) {
		taken = read_old(t, ca, cert, key, NULL);
		if (!taken)
			printf("the certificates in '%s' are damaged or out of date, and not taken over\n", old);
		else
			taken = copy(t, key, "ca", "-key.pem") && copy(t, cert, "ca", ".pem");
	}
	free(key);
	free(cert);
	if (taken) {
		puts("took over the certificate authority of boot2docker");
		cert = xasprintf("%s/client.pem", old);
		key = xasprintf("%s/clientkey.pem", old);
		if (read_old(t, &client, cert, key, ca) && copy(t, key, "client", "-key.pem") && copy(t, cert, "client", ".pem"))
			puts("took over the client's certificate of boot2docker");
		d2dtls_pair_free(&client);
		free(key);
		free(cert);
	}
	free(old);
	return taken;
}

/* Prints what is wrong with a file of the authority. Returns whether something is. */
static bool is_wrong(struct d2dtls *t, const struct d2dtls_pair *ca)
{
	const char *why = NULL, *suffix = ca->cert_err ? ".pem" : "-key.pem";
	int err = ca->cert_err ? : ca->key_err;
	char *path;

	if (err)
		why = err == -EBADMSG ? "is damaged" : d2d_file_error(err);
	else if (!d2dtls_pair_fits(ca))
		why = "doesn't belong to ca.pem";
	else if (mbedtls_x509_crt_get_ca_istrue(&ca->cert) != 1) {
		why = "is not the certificate of an authority";
		suffix = ".pem";
	}
	if (!why)
		return false;
	path = d2dtls_path(t, ca->name, suffix);
	d2dtls_error(t, "'%s' %s: put back a copy, or "ANEW, path, why);
	free(path);
	return true;
}

static bool is_of_this_time(struct d2dtls *t, const struct d2dtls_pair *ca)
{
	time_t from = d2dtls_time(&ca->cert.valid_from), until = d2dtls_time(&ca->cert.valid_to);

	if (t->now < from) {
		d2dtls_error(t, "the clock says %s, but the certificate authority began on %s: nothing is made until the clock "
			"is right; if the clock is right, "ANEW, d2dtls_day(t->now), d2dtls_day(from));
		return false;
	}
	if (t->now > until) {
		d2dtls_error(t, "the certificate authority has ended on %s: "ANEW, d2dtls_day(until));
		return false;
	}
	if (t->now > until - D2DTLS_EARLY)
		d2dtls_error(t, "the certificate authority ends on %s: "ANEW, d2dtls_day(until));
	return true;
}

bool d2dtls_authority(struct d2dtls *t, struct d2dtls_pair *ca, enum d2dtls_how how)
{
	d2dtls_pair_read(t, ca, "ca");
	if (how == D2DTLS_ANEW)
		return make(t, ca);
	if (ca->cert_err == -ENOENT && how == D2DTLS_LOOK) {
		d2dtls_error(t, "there are no certificates: d2d.tls=yes or 'sudo d2d tls renew' makes them");
		return false;
	}
	if (ca->cert_err == -ENOENT && !take_over(t, ca))
		return make(t, ca);
	return !is_wrong(t, ca) && is_of_this_time(t, ca);
}
