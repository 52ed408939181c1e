/*
 * d2dnet: configures the network cards: by DHCP, DHCPv6 and router advertisements, or as the command line, d2d/network and the user
 * say. All of these end in the same place (net/apply.c), so that they can be used side by side.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DNET
//config:	bool "d2dnet"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	select FEATURE_IPV6
//config:	select IP
//config:	select FEATURE_IP_ADDRESS
//config:	select FEATURE_IP_LINK
//config:	select FEATURE_IP_ROUTE
//config:	select UDHCPC
//config:	select UDHCPC6
//config:	select FEATURE_UDHCPC6_RFC3646
//config:	select FEATURE_UDHCP_RFC3397
//config:	help
//config:	Configures network cards, also those that are plugged in later, by
//config:	DHCP, DHCPv6 and router advertisements, or as ip= on the kernel
//config:	command line and d2d/network on a volume say. Makes VLANs, bonds and
//config:	bridges.

//applet:IF_D2DNET(APPLET(d2dnet, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DNET) += d2dnet.o

//usage:#define d2dnet_trivial_usage
//usage:       "[-R ROOT] [show] [INTERFACE]... | check [FILE] | load | watch [INTERFACE]... |\n"
//usage:       "	[-a] [-t SECONDS] wait [INTERFACE]... |\n"
//usage:       "	set INTERFACE [KEY=VALUE]... | name NAME | dhcp EVENT | dhcp6 EVENT"
//usage:#define d2dnet_full_usage "\n\n"
//usage:       "Show or configure the network cards\n"
//usage:     "\n	show	Show addresses, routes and lease, who configured each card, and"
//usage:     "\n		what is wrong (default)"
//usage:     "\n	check	Look for mistakes in FILE, in the form of d2d/network; without FILE"
//usage:     "\n		in ip= on the command line and in d2d/network of the volumes"
//usage:     "\n	load	Read ip= and d2d/network, and configure the cards by them"
//usage:     "\n	watch	Configure each card, also those that are plugged in later, as 'load'"
//usage:     "\n		has read, else by DHCP, DHCPv6 and router advertisements. Runs until"
//usage:     "\n		it is killed"
//usage:     "\n	wait	Wait until a card has an address, or what d2d.wait-online= and"
//usage:     "\n		d2d/network say, and print the addresses"
//usage:     "\n	set	Set what is given, and remove what an earlier 'set' gave"
//usage:     "\n	name	Set the host name, also in /etc/hosts"
//usage:     "\n	dhcp,dhcp6	Handle an event of udhcpc or udhcpc6, which call this"
//usage:     "\n"
//usage:     "\n	-a,--all	'wait' for all cards that have a cable, whatever d2d.wait-online= says"
//usage:     "\n	-t,--timeout SECONDS	Time limit of 'wait' (default 5, or 30 if it waits"
//usage:     "\n			for more than one card)"
//usage:     "\n	-R,--root ROOT	Use ROOT instead of /, and print commands that would change"
//usage:     "\n			the kernel's settings"
//usage:     "\n"
//usage:     "\nWithout INTERFACE, all network cards are meant. KEYs, with one VALUE or more,\n"
//usage:       "separated by spaces: address (A/PREFIX), gateway, route (A/PREFIX=GATEWAY, or\n"
//usage:       "A/PREFIX=- for a network on the link), dns, search, ntp, hostname, mtu\n"
//usage:     "\nExit status: 0 done (wait: there is an address), 1 not done or something is"
//usage:     "\nwrong, 77 no card has a cable, or nothing is waited for (wait)"
//usage:#define d2dnet_example_usage
//usage:       "$ sudo d2d net set eth0 address=192.168.1.10/24 gateway=192.168.1.1 dns=9.9.9.9\n"

#include "d2dnet.h"

enum { OPT_a = 1 << 0 };

static void need_root(const struct d2dnet *d)
{
	if (!d->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d net", bb_msg_you_must_be_root);
}

static int set(const struct d2dnet *d, char **argv)
{
	const char *interface = argv[0];
	const char *up[] = { "ip", "link", "set", interface, "up", NULL };
	struct d2dnet_settings s = { 0 };
	int status;

	if (!interface || !interface[0] || interface[0] == '.' || strchr(interface, '/'))
		bb_show_usage();
	if (!d->root[0] && if_nametoindex(interface) == 0)
		bb_error_msg_and_die("there is no network interface '%s'", printable_string(interface));
	while (*++argv) {
		char *value = strchr(*argv, '=');

		if (value)
			*value++ = '\0';
		if (!value || !d2dnet_add(&s, *argv, value))
			bb_error_msg_and_die("'%s=%s' isn't valid", printable_string(*argv), value ? printable_string(value) : "");
	}
	d2dnet_run(d, up);
	status = d2dnet_apply(d, interface, "static", &s);
	d2dnet_settings_free(&s);
	d2dnet_probe(d, interface);
	return status;
}

static int name(const struct d2dnet *d, const char *text)
{
	int err = d2d_net_set_name(d->root, text);

	if (err == -EINVAL)
		bb_error_msg_and_die("'%s' is not a valid host name", printable_string(text));
	if (err < 0)
		bb_error_msg_and_die("can't set the host name '%s': %s", text, strerror(-err));
	return EXIT_SUCCESS;
}

int d2dnet_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dnet_main(int argc UNUSED_PARAM, char **argv)
{
	static const char verbs[] ALIGN1 = "show\0check\0wait\0load\0watch\0set\0name\0dhcp\0dhcp6\0";
	enum { SHOW, CHECK, WAIT, LOAD, WATCH, SET, NAME, DHCP, DHCP6 };
	struct d2dnet d = { .root = "" };
	unsigned seconds = 0;
	bool all;
	int verb;

	all = getopt32long(argv, "^" "+aR:t:+" "\0", "all\0" No_argument "a" "root\0" Required_argument "R"
		"timeout\0" Required_argument "t", &d.root, &seconds) & OPT_a;
	argv += optind;
	verb = argv[0] ? index_in_strings(verbs, argv[0]) : 0;
	if (verb < 0)
		bb_error_msg_and_die("unknown verb '%s'", printable_string(argv[0]));
	if (argv[0])
		argv++;
	if (verb == SHOW)
		return d2dnet_show(&d, argv);
	if (verb == WAIT)
		return d2dnet_wait(&d, argv, MIN(seconds, 3600), all);
	if (verb == CHECK && argv[0] && argv[1])
		bb_show_usage();
	if (verb == CHECK && argv[0])
		return d2dnet_check_verb(&d, argv[0]);
	need_root(&d);
	if (verb == CHECK)
		return d2dnet_check_verb(&d, NULL);
	if (verb == LOAD)
		return d2dnet_load_verb(&d);
	if (verb == WATCH)
		return d2dnet_watch(&d, argv);
	if (verb == SET)
		return set(&d, argv);
	if (!argv[0] || argv[1])
		bb_show_usage();
	if (verb == NAME)
		return name(&d, argv[0]);
	return d2dnet_dhcp(&d, argv[0], verb == DHCP6);
}
