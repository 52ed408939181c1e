/*
 * d2dimport: image files on servers. A file NAME.url, which d2dpayload writes, stands for the file NAME: its content goes from the
 * network straight into Docker's store, without a copy of the archive.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config FEATURE_D2DIMPORT_URL
//config:	bool "Import image files from servers (NAME.url)"
//config:	default y
//config:	depends on D2DIMPORT
//config:	select D2D_LIBD2D_FETCH
//config:	help
//config:	Image files of a payload on an HTTP or TFTP server
//config:	(d2d.payload=http://...) are unpacked into Docker's store while
//config:	they are downloaded.

//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_remote.o

#include "d2dimport.h"

char *d2dimport_remote_stem(const char *name)
{
	const char *suffix = ENABLE_FEATURE_D2DIMPORT_URL ? is_suffixed_with(name, D2D_REMOTE_SUFFIX) : NULL;

	return suffix && suffix > name ? xstrndup(name, suffix - name) : NULL;
}

int d2dimport_remote_begin(struct d2dimport *d, struct d2d_remote *remote, struct d2d_origin *origin, const char *path, char **name)
{
	int r = ENABLE_FEATURE_D2DIMPORT_URL ? d2d_remote_read(remote, path) : -EPROTONOSUPPORT;

	if (r < 0)
		return r;
	if (ENABLE_FEATURE_D2DIMPORT_URL)
		d2d_fetch_origin(origin, remote);
	d->remote = remote;
	free(*name);
	*name = xstrdup(remote->url.text);
	free(d->path);
	d->path = xstrdup(remote->url.text);
	return 0;
}

void d2dimport_remote_end(struct d2dimport *d)
{
	if (ENABLE_FEATURE_D2DIMPORT_URL && d->remote)
		d2d_remote_clear(d->remote);
	d->remote = NULL;
}

const char *d2dimport_remote_why(const struct d2dimport *d)
{
	return d->remote && d->remote->note->why[0] ? d->remote->note->why : NULL;
}

bool d2dimport_remote_again(const struct d2dimport *d)
{
	return d2dimport_remote_why(d) && !d->remote->note->final;
}
