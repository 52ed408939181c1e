/*
 * own-ids: runs a program as root of a user namespace of its own, with 65536 user and group IDs.
 *
 * Only somebody with capabilities outside of the container can map more than one ID into a user namespace. newuidmap can't do it,
 * because a setuid program gets no rights in this container (no-new-privileges). So 'd2d display' does it, for the process that
 * connects to the socket /run/d2d-nested/ids: it writes the map of this process and answers with a line, "ok" or what is wrong.
 * The process keeps the capabilities that unshare() has given it, within that namespace, because it executes nothing before it is
 * root there.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET "/run/d2d-nested/ids"

static int fail(const char *what)
{
	fprintf(stderr, "own-ids: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Reads a line without its end. Returns its length. */
static size_t read_line(int fd, char *line, size_t size)
{
	size_t len = 0;
	ssize_t n = 0;

	while (len < size - 1 && (n = read(fd, line + len, 1)) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	return len;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	char answer[256];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc < 2) {
		fprintf(stderr, "usage: own-ids PROGRAM [ARG]...\n");
		return 2;
	}
	if (fd < 0)
		return fail("socket");
	if (unshare(CLONE_NEWUSER) < 0)
		return fail("a user namespace");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(SOCKET);
	if (read_line(fd, answer, sizeof(answer)) == 0 || strcmp(answer, "ok") != 0) {
		fprintf(stderr, "own-ids: no IDs: %s\n", answer[0] ? answer : "the display doesn't answer");
		return 1;
	}
	/* The groups of the process are those of the container, which have no ID here. */
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return fail("can't become root of the user namespace");
	if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0)
		return fail("namespaces");
	execvp(argv[1], argv + 1);
	return fail(argv[1]);
}
