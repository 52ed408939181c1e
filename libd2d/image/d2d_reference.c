/*
 * Parses image names according to the rules of Docker's package 'reference'.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_reference.o

#include "d2d_image.h"

enum { NAME_LONGEST = 255, TAG_LONGEST = 128 };

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || isdigit(c);
}

/* Returns the length of the path component at S: [a-z0-9]+, joined by '.', '_', '__' or dashes; 0 if there is none. */
static size_t component(const char *s)
{
	const char *p = s, *mark;

	while (is_lower(*p)) {
		while (is_lower(*p))
			p++;
		mark = p;
		if (*p == '-')
			p += strspn(p, "-");
		else if (p[0] == '_' && p[1] == '_')
			p += 2;
		else if (*p == '_' || *p == '.')
			p++;
		if (p == mark)
			return p - s;
		if (!is_lower(*p))
			return 0;
	}
	return p - s;
}

/* Whether S, up to the first slash, is a host with an optional port. Unlike the first component of a path it contains a dot,
 * a colon or a capital letter, or is "localhost". */
static bool is_domain(const char *s, size_t len)
{
	size_t i, host = len;
	bool marked = len == 9 && memcmp(s, "localhost", 9) == 0;

	for (i = 0; i < len; i++) {
		if (s[i] == ':' && host == len) {
			host = i;
			marked = true;
		} else if (i > host ? !isdigit(s[i]) : !isalnum(s[i]) && s[i] != '.' && s[i] != '-') {
			return false;
		} else if (s[i] == '.' || isupper(s[i])) {
			marked = true;
		}
	}
	return marked && host && isalnum(s[0]) && isalnum(s[host - 1]) && (host == len || host + 1 < len);
}

static bool is_tag(const char *s)
{
	const char *p;

	for (p = s; isalnum(*p) || *p == '_' || (p > s && (*p == '.' || *p == '-')); p++)
		continue;
	return p > s && !*p && p - s <= TAG_LONGEST;
}

/* Removes Docker's own registry from a name, as Docker does when it shows a name. */
static const char *familiar(const char *name)
{
	const char *rest = is_prefixed_with(name, "docker.io/");

	if (!rest)
		rest = is_prefixed_with(name, "index.docker.io/");
	if (!rest)
		return name;
	name = is_prefixed_with(rest, "library/");
	return name && !strchr(name, '/') ? name : rest;
}

char *d2d_reference(const char *text)
{
	const char *name = familiar(text), *p = name, *slash = strchr(name, '/'), *tag;
	size_t len;

	/* "library/NAME" without a registry is NAME on Docker's own registry, too */
	if (slash && is_prefixed_with(name, "library/") && !strchr(slash + 1, '/'))
		p = name = slash + 1;
	else if (slash && is_domain(name, slash - name))
		p = slash + 1;
	for (;;) {
		len = component(p);
		if (!len)
			return NULL;
		p += len;
		if (*p != '/')
			break;
		p++;
	}
	if (*p && (*p != ':' || !is_tag(p + 1)))
		return NULL;
	len = p - name;
	tag = *p ? p + 1 : "latest";
	/* Docker would take "sha256:..." or 64 hexadecimal digits for an ID */
	if (len > NAME_LONGEST || (len == 6 && memcmp(name, "sha256", 6) == 0)
	 || (len == 64 && strspn(name, "0123456789abcdef") == 64)
	) {
		return NULL;
	}
	return xasprintf("%.*s:%s", (int)len, name, tag);
}
