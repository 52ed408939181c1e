/*
 * A client of the Docker Engine API on its Unix socket.
 *
 * Requests are HTTP/1.0 with "Connection: close": the engine then answers without chunked encoding and closes the connection,
 * so that the reply is everything up to the end of the stream. The engine may answer before it has read the whole body, for
 * example when it refuses an archive, so that sending and receiving are done at the same time.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_engine.o

#include <json-c/json.h>
#include <sys/un.h>
#include "d2d_engine.h"

enum {
	REPLY_MAX = 16 * 1024 * 1024,
	CHUNK = 64 * 1024,
	TIMEOUT = 60,		/* seconds without a byte in either direction */
	BODY_TIMEOUT = 600,	/* same for requests with a body: the engine sends nothing while it unpacks an archive */
};

struct exchange {
	int fd;
	int timeout;			/* seconds */
	const struct d2d_body *body;	/* sent after the head, or NULL */
	off_t done;			/* bytes of the body that were read */
	char *out;			/* data that is being sent now */
	size_t out_len, out_pos;
	char *in;			/* reply so far, with a '\0' at its end */
	size_t in_len, in_room;
};

const char *d2d_engine_socket(void)
{
	const char *where = getenv("DOCKER_HOST");
	const char *path;

	if (!where || !where[0])
		return "/var/run/docker.sock";
	path = is_prefixed_with(where, "unix://");
	return path ? path : where;
}

static int engine_connect(int timeout)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = timeout };
	const char *path = d2d_engine_socket();
	int fd, r;

	if (path[0] != '/')
		return -EPROTONOSUPPORT;
	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	strcpy(sun.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* also limits connect(), which blocks while the engine's backlog is full */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

/* Reads the next part of the body if all data before was sent. Returns 1 if there is data to send, 0 at the end, or a negative
 * errno: -ENODATA if the body is shorter than its size. */
static int next_chunk(struct exchange *x)
{
	const struct d2d_body *body = x->body;
	size_t len;
	ssize_t n;

	if (x->out_pos < x->out_len)
		return 1;
	if (!body || x->done == body->size)
		return 0;
	len = MIN((off_t)CHUNK, body->size - x->done);
	n = body->read ? body->read(body->from, x->out, len) : safe_read(body->fd, x->out, len);
	if (n < 0)
		return body->read ? n : -errno;
	if (n == 0)	/* the file was truncated meanwhile */
		return -ENODATA;
	x->out_len = n;
	x->out_pos = 0;
	x->done += n;
	if (body->sent)
		body->sent(body->arg, x->done, body->size);
	return 1;
}

/* Sends some data. If the engine has closed its end, this is no error: receive() may find a reply with the reason. */
static int send_some(struct exchange *x)
{
	ssize_t n = send(x->fd, x->out + x->out_pos, x->out_len - x->out_pos, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n >= 0)
		x->out_pos += n;
	else if (errno == EPIPE || errno == ECONNRESET) {
		x->out_pos = x->out_len;
		x->body = NULL;
	} else if (errno != EAGAIN && errno != EINTR)
		return -errno;
	return 0;
}

/* Receives some data. Returns 1 while more may come, 0 at the end, or a negative errno. */
static int receive(struct exchange *x)
{
	ssize_t n;

	if (x->in_room - x->in_len <= CHUNK) {
		if (x->in_room >= REPLY_MAX)
			return -EFBIG;
		x->in_room = x->in_room ? x->in_room * 2 : 2 * CHUNK;
		x->in = xrealloc(x->in, x->in_room);
	}
	n = recv(x->fd, x->in + x->in_len, CHUNK, MSG_DONTWAIT);
	if (n < 0 && errno == ECONNRESET && x->in_len)
		n = 0;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	x->in_len += n;
	x->in[x->in_len] = '\0';
	return n > 0;
}

static int converse(struct exchange *x)
{
	struct pollfd p = { .fd = x->fd };
	int r, sending;

	do {
		sending = next_chunk(x);
		if (sending < 0)
			return sending;
		p.events = sending ? POLLIN | POLLOUT : POLLIN;
		r = poll(&p, 1, x->timeout * 1000);
		if (r == 0)
			return -ETIMEDOUT;
		if (r < 0) {
			if (errno != EINTR)
				return -errno;
			r = 1;
			continue;
		}
		if (sending && (p.revents & (POLLOUT | POLLERR))) {
			r = send_some(x);
			if (r < 0)
				return r;
		}
		r = 1;
		if (p.revents & (POLLIN | POLLHUP | POLLERR))
			r = receive(x);
	} while (r > 0);
	return r == 0 && !x->in_len ? -ECONNRESET : r;
}

/* Copies the body of a reply to *body, which the caller frees. Returns the HTTP status, or -EPROTO. */
static int split_reply(char *in, size_t len, char **body)
{
	unsigned status;
	char *end;

	if (!in || strlen(in) != len || sscanf(in, "HTTP/1.%*1[01] %3u", &status) != 1)
		return -EPROTO;
	end = strstr(in, "\r\n\r\n");
	if (!end)
		return -EPROTO;
	*end = '\0';
	if (strcasestr(in, "\r\nTransfer-Encoding:"))
		return -EPROTO;
	*body = xstrdup(end + 4);
	return status;
}

int d2d_engine_request(const char *request, const struct d2d_body *body, char **reply)
{
	struct exchange x = { .body = body, .timeout = body ? BODY_TIMEOUT : TIMEOUT };
	int r;

	*reply = NULL;
	x.fd = engine_connect(x.timeout);
	if (x.fd < 0)
		return x.fd;

	x.out = xmalloc(CHUNK);
	x.out_len = snprintf(x.out, CHUNK, "%s HTTP/1.0\r\nHost: docker\r\nConnection: close\r\n", request);
	if (body && x.out_len < CHUNK)
		x.out_len += snprintf(x.out + x.out_len, CHUNK - x.out_len,
				"Content-Type: %s\r\nContent-Length: %llu\r\n", body->type ? : "application/x-tar",
				(unsigned long long)body->size);
	if (x.out_len < CHUNK)
		x.out_len += snprintf(x.out + x.out_len, CHUNK - x.out_len, "\r\n");
	r = x.out_len < CHUNK ? converse(&x) : -E2BIG;
	if (r == 0)
		r = split_reply(x.in, x.in_len, reply);

	close(x.fd);
	/* The body may have been a secret. */
	explicit_bzero(x.out, CHUNK);
	free(x.out);
	free(x.in);
	return r;
}

struct text {
	const char *text;
	size_t len;
};

static ssize_t read_text(void *from, void *buf, size_t len)
{
	struct text *t = from;
	size_t n = MIN(len, t->len);

	memcpy(buf, t->text, n);
	t->text += n;
	t->len -= n;
	return n;
}

int d2d_engine_post(const char *request, const char *json, char **reply)
{
	struct text text = { json, json ? strlen(json) : 0 };
	struct d2d_body body = { .fd = -1, .read = read_text, .from = &text, .size = text.len, .type = "application/json" };

	return d2d_engine_request(request, json ? &body : NULL, reply);
}

int d2d_engine_get(const char *path, struct json_object **reply)
{
	char *request = xasprintf("GET %s", path);
	char *text;
	int r = d2d_engine_request(request, NULL, &text);

	*reply = text ? json_tokener_parse(text) : NULL;
	if (r == 200 && !*reply)
		r = -EPROTO;
	free(text);
	free(request);
	return r;
}

/* Reads the head of a reply byte by byte, so that the data after the head stays in the socket for the caller. Returns 0 for
 * status 200, else a negative errno. */
static int read_head(int fd)
{
	char head[8 * 1024];
	unsigned status;
	size_t len = 0;
	ssize_t n;

	do {
		n = safe_read(fd, head + len, 1);
		if (n <= 0)
			return n < 0 ? -errno : -ECONNRESET;
		head[++len] = '\0';
	} while (len < sizeof(head) - 1 && !is_suffixed_with(head, "\r\n\r\n"));
	return sscanf(head, "HTTP/1.%*1[01] %3u", &status) == 1 && status == 200
		&& !strcasestr(head, "\r\nTransfer-Encoding:") ? 0 : -EPROTO;
}

int d2d_engine_stream(const char *request)
{
	struct timeval limit = { .tv_sec = TIMEOUT }, none = { 0 };
	char *head = xasprintf("%s HTTP/1.0\r\nHost: docker\r\nConnection: close\r\n\r\n", request);
	ssize_t len = strlen(head);
	int r, fd = engine_connect(TIMEOUT);

	if (fd < 0) {
		free(head);
		return fd;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	r = send(fd, head, len, MSG_NOSIGNAL) == len ? read_head(fd) : -EPIPE;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
	free(head);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}
