/*
 * d2dtls show: prints the certificates, their names and dates, and what is wrong with them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_show.o

#include "d2dtls.h"
#include <mbedtls/sha256.h>

static void print_pair(const struct d2dtls_pair *p)
{
	llist_t *names;
	char *text;

	if (p->cert_err)
		return;
	names = d2dtls_cert_names(&p->cert);
	text = d2dtls_names_text(names);
	printf("%-10s until %s%s%s\n", p->name, d2dtls_day(d2dtls_time(&p->cert.valid_to)), text[0] ? ": " : "", text);
	free(text);
	llist_free(names, free);
}

/* Prints the SHA-256 of an authority's certificate, as 'openssl x509 -fingerprint -sha256' prints it. */
static void print_fingerprint(const struct d2dtls_pair *ca)
{
	unsigned char hash[32];
	unsigned i;

	if (ca->cert_err || mbedtls_sha256(ca->cert.raw.p, ca->cert.raw.len, hash, 0) != 0)
		return;
	printf("%-10s SHA-256 ", "");
	for (i = 0; i < sizeof(hash); i++)
		printf("%s%02X", i ? ":" : "", hash[i]);
	bb_putchar('\n');
}

void d2dtls_print_command(struct d2dtls *t, const struct d2dtls_set *set)
{
	llist_t *names = d2dtls_names(t);
	const char *address = d2dtls_names_address(names);
	char *host = safe_gethostname();
	bool v6;

	if (!address)
		address = host;
	v6 = strchr(address, ':');
	if (d2dtls_pair_fits(&set->client))
		printf("docker context create %s --docker \"host=tcp://%s%s%s:%u,ca=ca.pem,cert=cert.pem,key=key.pem\"\n",
			host, v6 ? "[" : "", address, v6 ? "]" : "", D2DTLS_PORT);
	free(host);
	llist_free(names, free);
}

int d2dtls_show(struct d2dtls *t)
{
	char *flags = xasprintf("%s"D2DTLS_FLAGS, t->root), *ca = d2dtls_path(t, "ca", ".pem");
	struct d2dtls_set set = { .ca.cert_err = -ENOENT };
	struct d2dtls_given given;

	d2dtls_given_read(t, &given);
	if (!given.usable || access(ca, F_OK) == 0)
		d2dtls_make(t, &set, D2DTLS_LOOK);
	if (!set.ca.cert_err) {
		printf("%-10s %s%s\n", "directory", t->dir, t->store ? "" : " (no store: new at each boot)");
		print_pair(&set.ca);
		print_fingerprint(&set.ca);
		print_pair(&set.server);
		print_pair(&set.client);
	}
	if (given.usable)
		printf("%-10s %s until %s, of docker-machine: dockerd uses it instead of the above\n", "in use", given.cert,
			d2dtls_day(given.until));
	printf("%-10s %u %s\n", "port", D2DTLS_PORT,
		access(flags, F_OK) == 0 ? "is open" : "is closed: d2d.tls=yes opens it at the next boot");
	if (access(flags, F_OK) == 0 && !given.usable)
		puts("           'sudo d2d tls export DIR' writes the files for a client");
	d2dtls_set_free(&set);
	d2dtls_given_free(&given);
	free(ca);
	free(flags);
	return t->code;
}
