/*
 * d2dtls: makes the certificates with which Docker can be used over the network, on port 2376: an authority, a server's and a
 * client's certificate.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DTLS
//config:	bool "d2dtls"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Docker over the network, with TLS and certificates of clients:
//config:	d2d.tls=yes. Makes the certificates, and keeps them up to date.
//config:	Built from the source of Mbed TLS.

//applet:IF_D2DTLS(APPLET(d2dtls, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls.o

//usage:#define d2dtls_trivial_usage
//usage:       "[-R ROOT] [show] | renew [-c] | export DIR | boot | watch"
//usage:#define d2dtls_full_usage "\n\n"
//usage:       "Show or make the certificates of Docker's port 2376, which d2d.tls=yes opens\n"
//usage:     "\n	show	Show dates and names, and what is wrong (default)"
//usage:     "\n	renew	Make the certificates of server and client anew, for the addresses"
//usage:     "\n		and names of now"
//usage:     "\n	export	Write ca.pem, cert.pem and key.pem for a client to DIR, and print the"
//usage:     "\n		command for the client's machine"
//usage:     "\n	boot	Make what is missing, as a hook does at boot before dockerd starts"
//usage:     "\n	watch	Make what is missing whenever an address or a name is new, or a"
//usage:     "\n		certificate is within 30 days of its end. Runs until it is killed"
//usage:     "\n"
//usage:     "\n	-c,--ca	Make a new authority, too: clients then need new certificates, and the"
//usage:     "\n			old ones count no longer"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, and restart nothing"
//usage:     "\n"
//usage:     "\nThe certificates are on the store, in d2d/tls. d2d.tls-san=NAME,... are further"
//usage:     "\nnames and addresses of this machine, d2d.tls-key=rsa makes RSA keys instead of ECDSA."
//usage:     "\nExit status: 0 done, 1 something is wrong, 77 nothing to do (boot)"
//usage:#define d2dtls_example_usage
//usage:       "$ sudo d2d tls export certs\n"
//usage:       "exported to 'certs': ca.pem cert.pem key.pem; where a copy of them is:\n"
//usage:       "docker context create docker --docker \"host=tcp://192.168.1.10:2376,ca=ca.pem,cert=cert.pem,key=key.pem\"\n"

#include "d2dtls.h"
#include <sys/prctl.h>
#include <sys/resource.h>

enum { OPT_c = 1 << 0 };

/* Secret keys must not get into a core file. */
static void hide_memory(void)
{
	static const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int renew(struct d2dtls *t, bool anew)
{
	struct d2dtls_given given;
	struct d2dtls_set set;

	d2dtls_given_read(t, &given);
	d2dtls_make(t, &set, anew ? D2DTLS_ANEW : D2DTLS_AGAIN);
	d2dtls_write_state(t, &set, &given);
	fflush_all();
	if (given.usable)
		d2dtls_error(t, "dockerd doesn't use these, but docker-machine's, which the profile names: "
			"'docker-machine regenerate-certs' makes those anew");
	else if (set.made_server && set.usable && !d2dtls_restart(t))
		d2dtls_error(t, "can't restart dockerd; see "D2D_RUN"/log/dockerd.log");
	d2dtls_set_free(&set);
	d2dtls_given_free(&given);
	return t->code;
}

int d2dtls_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dtls_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "show\0renew\0export\0boot\0watch\0";
	enum { SHOW, RENEW, EXPORT, BOOT, WATCH };
	const char *root = "";
	unsigned opts = getopt32long(argv, "cR:", "ca\0" No_argument "c" "root\0" Required_argument "R", &root);
	struct d2dtls t;
	int verb;

	argv += optind;
	verb = argv[0] ? index_in_strings(verbs, argv[0]) : SHOW;
	if (verb < 0)
		bb_error_msg_and_die("unknown verb '%s'", printable_string(argv[0]));
	if ((opts & OPT_c && verb != RENEW) || (argv[0] && !!argv[1] != (verb == EXPORT)) || (argv[0] && argv[1] && argv[2]))
		bb_show_usage();
	if (!root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d tls", bb_msg_you_must_be_root);
	hide_memory();
	umask(077);
	d2dtls_begin(&t, root);
	if (verb == RENEW)
		return renew(&t, opts & OPT_c);
	if (verb == EXPORT)
		return d2dtls_export(&t, argv[1]);
	if (verb == BOOT)
		return d2dtls_boot(&t);
	if (verb == WATCH)
		return d2dtls_watch(&t);
	return d2dtls_show(&t);
}
