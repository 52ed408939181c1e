/*
 * NFS exports of other machines, named by URLs as in RFC 2224: nfs://HOST[:PORT]/PATH, here with an optional ?vers=3 or
 * ?vers=4.x at the end.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DMOUNT_NFS) += d2d_nfs.o

#include <sys/mount.h>
#include "d2d_fetch.h"
#include "d2d_host.h"

/* When the connection is lost, a call fails after 5 seconds (timeo is in tenths of a second) and one retry, like a read
 * from a disk that was pulled out. With version 4, calls to a server that is reachable but slow keep waiting, but the
 * waiting processes can be killed. */
#define TIMEOUT_OPTIONS "soft,timeo=50,retrans=1"

/* In the order in which they are tried. 4.2 is last: reading files needs none of its features, and its READ_PLUS fails
 * with an I/O error on servers that encode it differently from Linux (nfs-ganesha 4.3). */
static const char versions[] ALIGN1 = "4.1\0""4.0\0""3\0""4.2\0";

bool d2d_nfs_is_url(const char *url)
{
	return is_prefixed_with(url, "nfs://") != NULL;
}

void d2d_nfs_clear(struct d2d_nfs *nfs)
{
	free(nfs->host);
	free(nfs->path);
	memset(nfs, 0, sizeof(*nfs));
}

/* Returns the path with its %XX escapes decoded, NULL if an escape is invalid or a control character is in it. The
 * caller frees the path. */
static char *read_path(const char *text, size_t len)
{
	char *path = xmalloc(len + 1), *to = path;
	const char *end = text + len;

	while (text < end) {
		unsigned char c = *text++;

		if (c == '%') {
			char hex[3] = { text < end ? text[0] : 0, text + 1 < end ? text[1] : 0, 0 };

			if (!isxdigit(hex[0]) || !isxdigit(hex[1]))
				break;
			c = strtoul(hex, NULL, 16);
			text += 2;
		}
		if (c < ' ' || c == 0x7f)
			break;
		*to++ = c;
		if (text == end) {
			*to = '\0';
			return path;
		}
	}
	free(path);
	return NULL;
}

const char *d2d_nfs_parse(const char *url, struct d2d_nfs *nfs)
{
	const char *p = is_prefixed_with(url, "nfs://"), *query;
	size_t len = p ? d2d_host_length(p) : 0;
	int i;

	memset(nfs, 0, sizeof(*nfs));
	if (!p)
		return "it is not of the form nfs://HOST/PATH";
	if (!len)
		return "it names no host";
	nfs->host = xstrndup(p, len);
	p += len;
	if (*p == ':') {
		nfs->port = strtoul(p + 1, (char **)&query, 10);
		if (!isdigit(p[1]) || !nfs->port || query - p > 6 || nfs->port > 65535)
			return "its port is not a number from 1 to 65535";
		p = query;
	}
	if (*p != '/')
		return "it names no directory";
	query = strchrnul(p, '?');
	nfs->path = read_path(p, query - p);
	if (!nfs->path || strlen(nfs->path) > 1024)
		return "its path is invalid or too long";
	if (!*query)
		return NULL;
	query = is_prefixed_with(query, "?vers=");
	i = query ? index_in_strings(versions, strcmp(query, "4") == 0 ? "4.1" : query) : -1;
	if (i < 0)
		return "only vers=3, 4, 4.0, 4.1 or 4.2 may follow the '?'";
	nfs->version = nth_string(versions, i);
	return NULL;
}

static int mount_version(const struct d2d_nfs *nfs, const char *version, const char *address, const char *target)
{
	bool v6 = strchr(address, ':') != NULL, old = version[0] == '3';
	char *source = xasprintf("%s:%s", nfs->host, nfs->path);
	char *port = nfs->port ? xasprintf(",port=%u", nfs->port) : xstrdup("");
	char *data = xasprintf("vers=%s,addr=%s,proto=%s,"TIMEOUT_OPTIONS"%s%s", version, address, v6 ? "tcp6" : "tcp", port,
		/* Locks of version 3 need rpc.statd, which this system does not have; local locks suffice, because no
		 * other machine takes locks there. */
		old ? (v6 ? ",nolock,mountproto=tcp6" : ",nolock,mountproto=tcp") : "");
	int r = mount(source, target, "nfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_SILENT, data) == 0 ? 0 : -errno;

	free(data);
	free(port);
	free(source);
	return r;
}

int d2d_nfs_mount(const struct d2d_nfs *nfs, const char *address, const char *target)
{
	const char *version;
	int r = -EPROTONOSUPPORT;

	if (nfs->version)
		return mount_version(nfs, nfs->version, address, target);
	for (version = versions; *version && (r == -EPROTONOSUPPORT || r == -EINVAL); version += strlen(version) + 1)
		r = mount_version(nfs, version, address, target);
	return r;
}
