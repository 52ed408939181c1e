/*
 * Declarations shared by the parts of d2dtls, which makes the certificates for Docker's port 2376.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DTLS_H
#define D2DTLS_H 1

#include "d2d_util.h"
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#define D2DTLS_RUN D2D_RUN"/tls"
#define D2DTLS_FLAGS D2DTLS_RUN"/dockerd"	/* the arguments that boot-scripts/start-dockerd adds, one on each line */
#define D2DTLS_STATE D2DTLS_RUN"/state"		/* what `d2d` shows: a line, and a line "! TEXT" for each problem */
#define D2DTLS_PORT 2376U

enum {
	D2DTLS_DAY = 24 * 60 * 60,		/* seconds */
	D2DTLS_EARLY = 30 * D2DTLS_DAY,		/* a certificate is made anew that long before its end */
	D2DTLS_NAMES_MAX = 100,			/* in a certificate */
};

struct d2dtls {
	const char *root;	/* "" for / */
	char *dir;		/* of certificates and keys */
	char *store;		/* where the store is mounted, NULL if there is none: then DIR is in memory */
	bool rsa;		/* the kind of new keys, else ECDSA */
	time_t now;
	llist_t *problems;	/* the texts of d2dtls_error() */
	int code;		/* exit status if nothing else fails */
};

enum d2dtls_how {
	D2DTLS_LOOK,		/* nothing is made */
	D2DTLS_AS_NEEDED,	/* what is missing, damaged, without one of the names, or near its end */
	D2DTLS_AGAIN,		/* all certificates, with the names of now alone */
	D2DTLS_ANEW,		/* all certificates and keys, with a new authority */
};

/* A certificate and its key, NAME.pem and NAME-key.pem. */
struct d2dtls_pair {
	const char *name;	/* "ca", "server" or "client" */
	mbedtls_x509_crt cert;
	mbedtls_pk_context key;
	int cert_err, key_err;	/* 0 if it could be read, else a negative errno; -EBADMSG: damaged */
};

/* ---- tls/key.c ---- */

/* Makes a key; or reads one from a file. KEY is initialised by the caller, who frees it. */
int d2dtls_key_make(mbedtls_pk_context *key, bool rsa);
int d2dtls_key_read(mbedtls_pk_context *key, const char *path);

/* Returns the key as PEM text, which the caller wipes and frees, or NULL. */
char *d2dtls_key_text(const mbedtls_pk_context *key);

/* ---- tls/certificate.c ---- */

struct d2dtls_request {
	enum { D2DTLS_CA, D2DTLS_SERVER, D2DTLS_CLIENT } kind;
	mbedtls_pk_context *key;
	const struct d2dtls_pair *ca;	/* who signs it; NULL for a certificate that is signed with its own key */
	time_t from, until;
	llist_t *names;			/* of a server: addresses and DNS names */
};

/* Makes a certificate. Returns it as PEM text, which the caller frees, or NULL. */
char *d2dtls_cert_make(const struct d2dtls_request *r);

/* Reads the first certificate of a file. */
int d2dtls_cert_read(mbedtls_x509_crt *cert, const char *path);

time_t d2dtls_time(const mbedtls_x509_time *t);

/* Returns a date as "2026-01-31", which libbb frees later (auto_string). */
char *d2dtls_day(time_t when);

/* Whether CERT is signed by CA and may be used by a server, or by a client. */
bool d2dtls_cert_is_of(mbedtls_x509_crt *cert, mbedtls_x509_crt *ca, bool server);

/* Returns the names of a certificate as text, which the caller frees with llist_free(names, free). */
llist_t *d2dtls_cert_names(const mbedtls_x509_crt *cert);

/* ---- tls/names.c ---- */

/* Returns the names that the server has now: this machine's addresses and host name, those of d2d.tls-san=, and those of the
 * machine for itself. Names that aren't valid are reported and left out. The caller frees the list. */
llist_t *d2dtls_names(struct d2dtls *t);

bool d2dtls_names_has(const llist_t *names, const char *name);

/* Returns the names in one text, separated by blanks, which the caller frees. */
char *d2dtls_names_text(const llist_t *names);

/* Returns the address under which others reach this machine, or NULL. It belongs to the list. */
const char *d2dtls_names_address(const llist_t *names);

/* ---- tls/place.c ---- */

/* Sets the paths and options; frees them. */
void d2dtls_begin(struct d2dtls *t, const char *root);
void d2dtls_end(struct d2dtls *t);

/* Remembers an error for the exit status, and prints it. */
void d2dtls_error(struct d2dtls *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes the lock under which certificates are made, and makes their directory. Returns the descriptor of the lock, or -1 after a
 * message. */
int d2dtls_lock(struct d2dtls *t);

/* Writes the file NAME with the suffix of its kind. Returns false after a message. */
bool d2dtls_save(struct d2dtls *t, const char *name, const char *suffix, const char *text);

/* Returns the path of a file in DIR, which the caller frees. */
char *d2dtls_path(const struct d2dtls *t, const char *name, const char *suffix);

/* ---- tls/pair.c ---- */

/* Reads a pair from DIR. d2dtls_pair_free() also frees one that is only zeroed. */
void d2dtls_pair_read(const struct d2dtls *t, struct d2dtls_pair *p, const char *name);
void d2dtls_pair_free(struct d2dtls_pair *p);

/* Whether both files could be read, and the key belongs to the certificate. */
bool d2dtls_pair_fits(const struct d2dtls_pair *p);

/* ---- tls/authority.c ---- */

/* Reads the certificate authority; makes it if there is none, or takes over boot2docker's. Returns whether certificates can be
 * signed with it; if not, the reason has been printed. */
bool d2dtls_authority(struct d2dtls *t, struct d2dtls_pair *ca, enum d2dtls_how how);

/* ---- tls/make.c ---- */

struct d2dtls_set {
	struct d2dtls_pair ca, server, client;
	bool made_server, made_client;	/* anew, by this call */
	bool usable;			/* dockerd can serve with what is there */
};

/* Reads the certificates and makes what has to be made. Problems are printed and set the exit status. */
void d2dtls_make(struct d2dtls *t, struct d2dtls_set *set, enum d2dtls_how how);

void d2dtls_set_free(struct d2dtls_set *set);

/* ---- tls/given.c ---- */

struct d2dtls_given {
	bool port;		/* boot2docker's profile asks for the port */
	char *ca, *cert, *key;	/* paths of the certificates that it names, or NULL */
	bool usable;		/* dockerd uses them instead of those that are made here */
	time_t until;		/* the end of the server's certificate */
};

/* Reads boot2docker's profile and the certificates that it names. Problems are reported. The caller calls d2dtls_given_free(). */
void d2dtls_given_read(struct d2dtls *t, struct d2dtls_given *g);
void d2dtls_given_free(struct d2dtls_given *g);

/* ---- tls/boot.c ---- */

/* Makes the certificates at boot, and the arguments of dockerd. Returns the exit status. */
int d2dtls_boot(struct d2dtls *t);

/* Writes what `d2d` shows. SET is not read if the certificates of GIVEN are used. */
void d2dtls_write_state(const struct d2dtls *t, const struct d2dtls_set *set, const struct d2dtls_given *given);

/* ---- tls/settle.c ---- */

/* Returns a socket on which the kernel reports addresses. */
int d2dtls_addresses(void);

/* Waits until each network card that has a cable has an address, and no further one comes; with time limits. */
void d2dtls_settle(void);

/* ---- tls/watch.c ---- */

/* Makes certificates anew when that is needed. Does not return. */
int d2dtls_watch(struct d2dtls *t);

/* Restarts dockerd, if it uses these certificates. Returns false after a message. */
bool d2dtls_restart(const struct d2dtls *t);

/* ---- tls/show.c, tls/export.c ---- */

int d2dtls_show(struct d2dtls *t);
int d2dtls_export(struct d2dtls *t, const char *dir);

/* Prints the command with which a client uses this machine. */
void d2dtls_print_command(struct d2dtls *t, const struct d2dtls_set *set);

#endif
