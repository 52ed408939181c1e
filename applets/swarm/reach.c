/*
 * d2dswarm: whether other nodes can be reached by TCP, and how large packets to them may be.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_reach.o

#include "d2dswarm.h"
#include <netdb.h>
#include <netinet/tcp.h>

enum { LIMIT_MS = 3000 };

/* Splits "HOST:PORT". Returns the host, which the caller frees. */
static char *split(const char *name, unsigned other, char port[sizeof("65535")])
{
	char *host = xstrdup(name), *colon = strrchr(host, ':');
	unsigned number = colon ? bb_strtou(colon + 1, NULL, 10) : 0;

	if (colon)
		*colon = '\0';
	if (host[0] == '[') {
		overlapping_strcpy(host, host + 1);
		host[strcspn(host, "]")] = '\0';
	}
	snprintf(port, sizeof("65535"), "%u", (other ? : number) & 0xffff);
	return host;
}

/* Returns the largest packet that the kernel would send to this address, in bytes, or 0. */
static unsigned path_mtu(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t len = sizeof(mtu);

	if (fd < 0)
		return 0;
	if (connect(fd, to->ai_addr, to->ai_addrlen) < 0
			|| getsockopt(fd, to->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP,
				to->ai_family == AF_INET6 ? IPV6_MTU : IP_MTU, &mtu, &len) < 0)
		mtu = 0;
	close(fd);
	return mtu > 0 ? mtu : 0;
}

/* Begins to connect. Returns a descriptor, or -1 and sets peer->why. */
static int begin(struct d2dswarm_peer *peer, unsigned port)
{
	struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *found = NULL;
	char number[sizeof("65535")], *host = split(peer->name, port, number);
	int fd = -1, r = getaddrinfo(host, number, &hint, &found);

	free(host);
	if (r != 0 || !found) {
		peer->why = "its name can't be resolved";
		return -1;
	}
	peer->mtu = path_mtu(found);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || (connect(fd, found->ai_addr, found->ai_addrlen) < 0 && errno != EINPROGRESS)) {
		peer->why = strerror(errno);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* Notes how a connection has ended. */
static void end(struct d2dswarm_peer *peer, int fd, unsigned long long start)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	peer->why = err ? strerror(err) : NULL;
	peer->ms = d2d_now() - start;
	close(fd);
}

unsigned d2dswarm_reach(const llist_t *names, unsigned port, struct d2dswarm_peer **peers)
{
	unsigned i, n = 0, open = 0;
	unsigned long long start, now;
	struct pollfd *fds;
	const llist_t *l;

	for (l = names; l; l = l->link)
		n++;
	*peers = xzalloc((n + 1) * sizeof(**peers));
	fds = xzalloc((n + 1) * sizeof(*fds));
	start = d2d_now();
	for (i = 0, l = names; l; l = l->link, i++) {
		(*peers)[i].name = xstrdup(l->data);
		fds[i].fd = begin(&(*peers)[i], port);
		fds[i].events = POLLOUT;
		open += fds[i].fd >= 0;
	}
	/* Names may have taken long to resolve. */
	now = start = d2d_now();
	while (open && now - start < LIMIT_MS) {
		if (poll(fds, n, LIMIT_MS - (now - start)) < 0 && errno != EINTR)
			break;
		for (i = 0; i < n; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			end(&(*peers)[i], fds[i].fd, start);
			fds[i].fd = -1;
			open--;
		}
		now = d2d_now();
	}
	for (i = 0; i < n; i++) {
		if (fds[i].fd < 0)
			continue;
		(*peers)[i].why = "no answer within 3 s";
		close(fds[i].fd);
	}
	free(fds);
	return n;
}

void d2dswarm_peers_free(struct d2dswarm_peer *peers, unsigned n)
{
	while (n)
		free(peers[--n].name);
	free(peers);
}
