/*
 * web PORT TEXT: a web server that answers each request with the same page, for measurements in a machine without a network.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	char request[4096];
	int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client;

	if (argc != 3)
		return 2;
	address.sin_port = htons(atoi(argv[1]));
	if (bind(listening, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(listening, 9) < 0 || daemon(0, 0) < 0) {
		perror("web");
		return 1;
	}
	while ((client = accept(listening, NULL, NULL)) >= 0) {
		if (read(client, request, sizeof(request)) > 0)
			dprintf(client, "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n%s", strlen(argv[2]), argv[2]);
		close(client);
	}
	return 1;
}
