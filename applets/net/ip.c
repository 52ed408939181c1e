/*
 * d2dnet: parses ip=, in the form of the kernel's own option (Documentation/admin-guide/nfs/nfsroot.rst), with these
 * additions: the address may have its prefix behind it, IPv6 addresses are in brackets, and a card may be named by its MAC
 * address, written with '-', or as BOOTIF. Pure functions on memory.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_ip.o

#include "d2dnet_plan.h"

enum { CLIENT, SERVER, GATEWAY, NETMASK, HOSTNAME, DEVICE, METHOD, DNS0, DNS1, NTP0, FIELDS };

enum method { NO_METHOD, METHOD_OFF, METHOD_DHCP, METHOD_RA, METHOD_BAD };

static enum method method_of(const char *word)
{
	static const char off[] ALIGN1 = "off\0none\0static\0", dhcp[] ALIGN1 = "on\0any\0dhcp\0bootp\0both\0";

	if (!word[0])
		return NO_METHOD;
	if (index_in_strings(off, word) >= 0)
		return METHOD_OFF;
	if (index_in_strings(dhcp, word) >= 0)
		return METHOD_DHCP;
	return index_in_strings("auto6\0dhcp6\0", word) >= 0 ? METHOD_RA : METHOD_BAD;
}

/* Splits a value at colons, except in brackets, which are removed. Returns false if there are too many fields. */
static bool split(char *value, char *field[FIELDS], unsigned *n)
{
	char *to = value, *p;
	bool inside = false;
	unsigned i;

	for (i = 0; i < FIELDS; i++)
		field[i] = (char *)"";
	field[0] = value;
	*n = 1;
	for (p = value; *p; p++) {
		if (*p == '[' || *p == ']') {
			inside = *p == '[';
		} else if (*p == ':' && !inside) {
			*to++ = '\0';
			if (*n == FIELDS)
				return false;
			field[(*n)++] = to;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	return !inside;
}

/* Returns the name of the section for a device, or NULL if the field isn't valid. The caller frees it. */
static char *device_name(const char *device, const char *bootif, const char *without)
{
	char mac[D2DNET_MAC];

	if (!device[0] || strcmp(device, "BOOTIF") == 0) {
		if (!bootif)
			return device[0] ? NULL : xstrdup(without);
		/* PXELINUX puts the number of the hardware type in front of the address: "01-52-54-00-12-34-56". */
		if (strlen(bootif) == D2DNET_MAC - 1 + 3)
			bootif += 3;
		return d2dnet_mac(bootif, mac) ? xstrdup(mac) : NULL;
	}
	if (d2dnet_mac(device, mac))
		return xstrdup(mac);
	return d2dnet_name_ok(device) ? xstrdup(device) : NULL;
}

/* Adds the address of the field CLIENT. Returns whether it is valid. */
static bool add_client(struct d2dnet_section *section, char *field[FIELDS])
{
	char *address = strchr(field[CLIENT], '/') ? xstrdup(field[CLIENT]) : NULL;
	bool valid;

	if (!address && field[NETMASK][0])
		address = xasprintf("%s/%d", field[CLIENT], d2dnet_prefix(field[NETMASK]));
	if (!address && strchr(field[CLIENT], ':'))
		address = xasprintf("%s/64", field[CLIENT]);
	if (!address)
		address = xasprintf("%s/%u", field[CLIENT], d2dnet_class_prefix(field[CLIENT]));
	valid = d2dnet_add(&section->s, "address", address);
	free(address);
	return valid;
}

/* Fills the section with the fields. Returns the field that isn't valid, or NULL. */
static const char *fill(struct d2dnet_section *section, char *field[FIELDS])
{
	static const struct {
		unsigned char field;
		char key[9];
	} more[] = {
		{ GATEWAY, "gateway" }, { HOSTNAME, "hostname" }, { DNS0, "dns" }, { DNS1, "dns" }, { NTP0, "ntp" },
	};
	struct d2dnet_settings unused = { 0 };
	enum method method = method_of(field[METHOD]);
	unsigned i;

	if (method == METHOD_BAD)
		return field[METHOD];
	if (field[NETMASK][0] && d2dnet_prefix(field[NETMASK]) < 0)
		return field[NETMASK];
	if (field[CLIENT][0] && !add_client(section, field))
		return field[CLIENT];
	for (i = 0; i < ARRAY_SIZE(more); i++)
		if (field[more[i].field][0] && !d2dnet_add(&section->s, more[i].key, field[more[i].field]))
			return field[more[i].field];
	/* The kernel's root file system comes from the server; here it means nothing. */
	if (field[SERVER][0] && !d2dnet_add(&unused, "dns", field[SERVER]))
		return field[SERVER];
	d2dnet_settings_free(&unused);
	if (method == METHOD_DHCP)
		section->dhcp = 1;
	if (method == METHOD_RA || method == METHOD_OFF)
		section->dhcp = 0;
	if (method == METHOD_OFF && !field[CLIENT][0])
		section->ra = 0;
	if (method == METHOD_RA)
		section->ra = 1;
	return NULL;
}

void d2dnet_plan_ip(struct d2dnet_plan *p, unsigned since, const char *option, const char *value, const char *bootif)
{
	char *copy = xstrdup(value), *field[FIELDS], *name = NULL;
	struct d2dnet_section *section;
	const char *bad = NULL;
	unsigned n;

	if (strpbrk(value, " \t\n") || !split(copy, field, &n)) {
		d2dnet_plan_wrong(p, "%s=%s: has more than ten fields, a blank, or no ']'", option, value);
		free(copy);
		return;
	}
	/* "dhcp" alone, and "eth0:dhcp", which other systems know. */
	if (n == 1 && method_of(field[0]) != METHOD_BAD) {
		field[METHOD] = field[0];
		field[CLIENT] = (char *)"";
	} else if (n == 2 && !strchr(field[0], '.') && field[1][0] && method_of(field[1]) != METHOD_BAD) {
		field[DEVICE] = field[0];
		field[METHOD] = field[1];
		field[CLIENT] = field[SERVER] = (char *)"";
	}
	name = device_name(field[DEVICE], bootif, field[CLIENT][0] || field[GATEWAY][0] ? D2DNET_FIRST : D2DNET_ALL);
	if (name) {
		section = d2dnet_plan_add(p, D2DNET_CARD, name, since, true);
		section->from = d2d_printable(auto_string(xasprintf("%s=%s", option, value)), strlen(option) + 1 + strlen(value));
		bad = fill(section, field);
		if (bad)
			d2dnet_plan_drop(p, p->n - 1);
	} else {
		bad = field[DEVICE];
	}
	if (bad && (strcmp(bad, "BOOTIF") == 0 || (!bad[0] && bootif)))
		d2dnet_plan_wrong(p, "%s=%s: BOOTIF= is missing or no MAC address like 01-52-54-00-12-34-56", option, value);
	else if (bad && strcmp(bad, "rarp") == 0)
		d2dnet_plan_wrong(p, "%s=%s: RARP isn't supported: use dhcp", option, value);
	else if (bad)
		d2dnet_plan_wrong(p, "%s=%s: '%s' isn't valid", option, value, bad);
	free(copy);
}
