/*
 * d2ddisplay: sockets in directories that the application of a display sees.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_socket.o

#include <sys/socket.h>
#include <sys/un.h>
#include "d2ddisplay.h"

int d2ddisplay_listen(const struct d2ddisplay *d, const char *dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char *path = concat_path_file(d->dir, dir);
	int fd = -1, r = 0, n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", path, name);

	if (n >= (int)sizeof(address.sun_path))
		r = -ENAMETOOLONG;
	if (r == 0 && mkdir(path, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0) {
		unlink(address.sun_path);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0
		 || chown(address.sun_path, D2DDISPLAY_USER, D2DDISPLAY_USER) < 0 || chmod(address.sun_path, 0600) < 0 || listen(fd, 5) < 0)
			r = -errno;
	}
	if (r < 0 && fd >= 0)
		close(fd);
	free(path);
	return r < 0 ? r : fd;
}
