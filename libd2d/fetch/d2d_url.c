/*
 * URLs of files on servers that speak HTTP or TFTP. A digest at the end ("#sha256=...") says what the file must contain.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_FETCH) += d2d_url.o

#include "d2d_fetch.h"
#include "d2d_host.h"

enum { URL_MAX = 2048 };

static const char schemes[] ALIGN1 = "http://\0" "https://\0" "tftp://\0";

void d2d_url_clear(struct d2d_url *url)
{
	free(url->text);
	free(url->host);
	free(url->port);
	free(url->path);
	memset(url, 0, sizeof(*url));
}

static const char *parse_port(struct d2d_url *url, const char **at)
{
	size_t len = strspn(*at + 1, "0123456789");
	unsigned n;

	url->port = xstrndup(*at + 1, len);
	*at += 1 + len;
	n = len && len < 6 ? strtoul(url->port, NULL, 10) : 0;
	return n && n <= 65535 ? NULL : "its port is not a number from 1 to 65535";
}

/* Takes a digest off the end of the path. */
static const char *parse_digest(struct d2d_url *url)
{
	char *mark = strchr(url->path, '#');
	const char *hex = mark ? is_prefixed_with(mark, "#sha256=") : NULL;

	if (!mark)
		return NULL;
	if (!hex || !d2d_is_digest(hex))
		return "behind '#' only sha256= and 64 hexadecimal digits in lower case are possible";
	strcpy(url->sha256, hex);
	*mark = '\0';
	return NULL;
}

const char *d2d_url_parse(const char *text, struct d2d_url *url)
{
	const char *p, *wrong = NULL;
	size_t len;

	memset(url, 0, sizeof(*url));
	if (strlen(text) > URL_MAX)
		return "it is too long";
	for (p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("\"'\\?", *p))
			return "it has a blank, a quote, a '?' or a character that isn't ASCII";
	for (p = schemes; *p && !is_prefixed_with(text, p); p += strlen(p) + 1)
		url->scheme++;
	if (!*p)
		return "it doesn't begin with http://, https://, tftp:// or nfs://";
	p = text + strlen(p);
	len = d2d_host_length(p);
	if (!len)
		return "it names no host";
	url->host = xstrndup(p, len);
	p += len;
	if (*p == ':')
		wrong = parse_port(url, &p);
	else
		url->port = xstrdup("");
	if (wrong)
		return wrong;
	if (*p && *p != '/' && *p != '#')
		return "behind its host there is no '/'";
	while (*p == '/')
		p++;
	url->path = xstrdup(p);
	wrong = parse_digest(url);
	while (last_char_is(url->path, '/'))
		url->path[strlen(url->path) - 1] = '\0';
	url->text = xasprintf("%s%s%s%s%s%s", nth_string(schemes, url->scheme), url->host, url->port[0] ? ":" : "", url->port,
		url->path[0] ? "/" : "", url->path);
	return wrong;
}

static bool has_scheme(const char *text)
{
	const char *s;

	for (s = schemes; *s; s += strlen(s) + 1)
		if (is_prefixed_with(text, s))
			return true;
	return is_prefixed_with(text, "nfs://") != NULL;
}

void d2d_url_split(const char *list, llist_t **urls)
{
	const char *end;

	for (; *list; list = *end ? end + 1 : end) {
		for (end = strchrnul(list, ','); *end && !has_scheme(end + 1); end = strchrnul(end + 1, ','))
			continue;
		if (end > list)
			llist_add_to_end(urls, xstrndup(list, end - list));
	}
}
