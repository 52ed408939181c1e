/*
 * Checks the lines of the store's d2d/config and turns settings into their system files. Pure functions on memory, which
 * access no files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_config.o

#include "d2d_config.h"

static bool is_in(const char *names, const char *key, size_t len)
{
	for (; *names; names += strlen(names) + 1)
		if (strlen(names) == len && strncmp(names, key, len) == 0)
			return true;
	return false;
}

const char *d2d_config_line_error(const char *line)
{
	/* A store must not be able to declare itself trusted, or to keep hooks from running. */
	static const char trust[] ALIGN1 = "base\0break\0hooks\0iso\0key\0medium\0root\0skip\0slot\0store\0unlock\0";
	static const char early[] ALIGN1 = "ask\0discard\0header\0luks\0lvm\0metadata\0network\0ram\0reset\0timeout\0toram\0wait\0";
	size_t len = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	const char *p;

	if (is_prefixed_with(line, "d2d."))
		return "must not begin with 'd2d.' here";
	if (!len || !islower((unsigned char)line[0]) || (line[len] && line[len] != '='))
		return "is not KEY=VALUE";
	for (p = line + len; *p; p++)
		if (*p <= ' ' || *p > '~')
			return "has a space, a control or a non-ASCII character in its value";
	if (is_in(trust, line, len))
		return "is accepted on the kernel command line only: it decides about volumes or trust";
	if (is_in(early, line, len))
		return "is accepted on the kernel command line only: it is needed before the store is found, or without a store";
	return NULL;
}

bool d2d_hostname_ok(const char *name)
{
	size_t len = strlen(name);

	return len && len < 64 && isalnum((unsigned char)name[0])
		&& strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == len;
}

/* POSIX.1-2017, 8.3, "TZ": the rule begins with the zone's name, of letters or as <NAME> with more characters, and the offset to
 * add to local time to get UTC. Only the characters of the rest are checked here: the C library parses it and uses UTC if the
 * rule is invalid. */
bool d2d_timezone_ok(const char *rule)
{
	const char *p = rule;

	if (strlen(rule) > D2D_TIMEZONE_MAX)
		return false;
	if (*p == '<') {
		p++;
		while (isalnum((unsigned char)*p) || *p == '+' || *p == '-')
			p++;
		if (*p++ != '>')
			return false;
	} else {
		while (isalpha((unsigned char)*p))
			p++;
		if (p < rule + 3)
			return false;
	}
	if (*p == '+' || *p == '-')
		p++;
	return isdigit((unsigned char)*p)
		&& p[strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<>+-,./:")] == '\0';
}

/* Writes the header of a TZif block (RFC 8536, 3.1) with one local time type to zeroed memory. Returns its end. */
static char *put_header(char *p, unsigned transitions, unsigned chars)
{
	memcpy(p, "TZif2", 5);
	p[35] = transitions;
	p[39] = 1;
	p[43] = chars;
	return p + 44;
}

size_t d2d_timezone_file(char file[D2D_ZONEINFO_MAX], const char *rule)
{
	char *p = memset(file, 0, D2D_ZONEINFO_MAX);

	/* Version 1 readers use the first block, which says UTC without a name. A local time type takes 6 bytes. */
	p = put_header(p, 0, 1) + 6 + 1;
	/* The second block has one transition, to UTC in the year 1901: without an earlier transition glibc ignores the rule. */
	p = put_header(p, 1, 4);
	memset(p, 0xff, 4);
	p[4] = 0x80;
	p += 8 + 1 + 6;
	memcpy(p, "UTC", 4);
	p += 4;
	return p + sprintf(p, "\n%s\n", rule) - file;
}
