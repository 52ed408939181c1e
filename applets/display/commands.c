/*
 * d2ddisplay: the commands of images (aliases), called from within a display ("commands"). A container sees nothing of the
 * machine's commands, so a child of the supervisor listens on a socket that is mounted into it, /run/d2d-commands/socket. Each
 * connection is one request, and has a process of its own, so that a client that is slow or hostile keeps nobody else waiting.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_commands.o

#include <json-c/json.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include "d2ddisplay_commands.h"
#include "d2d_alias.h"

/*
 * A request is a line, and for "open" LENGTH bytes behind it: the name of the command and its arguments, each with a NUL at its
 * end.
 *
 *	list
 *	open LENGTH ROWS COLUMNS	the size of the client's terminal, or 0 0 if its input or output isn't one
 *
 * The answers are lines of printable text:
 *
 *	command NAME window|terminal	for "list", then
 *	end
 *	terminal	with the controlling end of a new terminal as a descriptor (SCM_RIGHTS): input and output of the command
 *	pipes		with three descriptors: the ends of pipes to its standard input, from its standard output and its standard error
 *	said TEXT	a message of a command with a window
 *	status NUMBER	its exit status: it has ended
 *	error TEXT	why there is nothing more
 *
 * A client that ends, or sends more, ends its command. The descriptors are all that a client gets of the machine. They are
 * passed on instead of the bytes because so nothing here has to wait for a client that doesn't read.
 */

enum {
	CLIENTS = 16,		/* connections at a time */
	OPEN = 8,		/* commands at a time */
	LINE_LEN = 40,	/* characters of a request's line */
	WORDS_LEN = 64 * 1024,	/* bytes of a command with its arguments */
	WORDS = 256,
	COMMANDS = 1000,	/* in a list */
	PATIENCE = 10 * 1000,	/* ms that a client has for its request, and then for each line that it is to read */
};

struct server {
	const struct d2ddisplay *d;
	pid_t pid;
	int socket;
	pid_t client[CLIENTS];		/* the processes of the connections, 0: none */
	volatile char *opens;		/* shared by all processes: for each of them, whether it has a command open */
};

/* ---- what a command is ---- */

/* Returns how the command of an image with these labels is opened: "window", "terminal", or NULL if it isn't for a display, because
 * it gets one of its own at boot or is the X server. */
static const char *way_of(struct json_object *labels)
{
	const char *words = json_object_is_type(labels, json_type_object) ? d2d_json_text(labels, D2DDISPLAY_LABEL) : NULL;

	return !words ? "terminal" : is_prefixed_with(words, "window") ? "window" : NULL;
}

/* Returns the labels of an image in the engine's list, and whether it is there. */
static bool find_labels(struct json_object *images, const char *image, struct json_object **labels)
{
	size_t i, k, n;
	struct json_object *tags;

	for (i = 0; i < d2d_json_length(images); i++) {
		struct json_object *o = json_object_array_get_idx(images, i);

		n = d2d_json_array(o, "RepoTags", &tags);
		for (k = 0; k < n; k++)
			if (strcmp(d2d_json_text_at(tags, k) ?: "", image) == 0) {
				*labels = json_object_object_get(o, "Labels");
				return true;
			}
	}
	return false;
}

static char *alias_path(const struct d2ddisplay *d, const char *name)
{
	return xasprintf("%s"D2D_ALIAS_DIR"/%s", d->root, name);
}

static void list(const struct d2ddisplay *d, int client)
{
	char *dir = alias_path(d, ""), **names, *why;
	struct json_object *images = NULL, *labels;
	int i, n, sent = 0;

	if (d2d_engine_ask("GET /images/json", NULL, &images, &why) != 200) {
		d2ddisplay_tell(client, "error %s", why);
		return;
	}
	n = d2d_dir_list(dir, INT_MAX - 1, &names);
	for (i = 0; i < n && sent < COMMANDS; i++) {
		char *path = alias_path(d, names[i]), *image = d2d_is_command(names[i]) ? d2d_alias_read(path) : NULL;
		const char *way = image && image[0] && find_labels(images, image, &labels) ? way_of(labels) : NULL;

		if (way && !d2ddisplay_tell(client, "command %s %s", names[i], way))
			return;
		sent += way != NULL;
		free(image);
		free(path);
	}
	d2ddisplay_tell(client, "end");
}

/* ---- requests ---- */

/* Reads LEN bytes until END, in ms of d2d_now(). Returns false if they don't come. */
static bool receive(int client, char *data, size_t len, unsigned long long end)
{
	while (len) {
		struct pollfd p = { client, POLLIN, 0 };
		unsigned long long now = d2d_now();
		ssize_t n;

		if (now >= end || safe_poll(&p, 1, end - now) <= 0)
			return false;
		/* Descriptors that a client sends along are closed by the kernel. */
		n = recv(client, data, len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n > 0) {
			data += n;
			len -= n;
		}
	}
	return true;
}

/* Reads the line of a request into LINE, without its end. */
static bool receive_line(int client, char line[LINE_LEN + 1], unsigned long long end)
{
	unsigned i;

	for (i = 0; i <= LINE_LEN && receive(client, line + i, 1, end); i++)
		if (line[i] == '\n') {
			line[i] = '\0';
			return true;
		}
	return false;
}

/* Splits LEN bytes into words that end with NUL. Returns false if the last one doesn't, or if there are none or too many. */
static bool split(char *data, size_t len, char *words[WORDS + 1])
{
	char *p = data;
	unsigned n = 0;

	if (!len || data[len - 1])
		return false;
	for (; p < data + len && n < WORDS; p += strlen(p) + 1)
		words[n++] = p;
	words[n] = NULL;
	return p == data + len;
}

/* Counts this process among those that have a command open, unless there are too many. */
static bool may_open(const struct server *s, unsigned slot)
{
	unsigned i, n = 0;

	s->opens[slot] = true;
	__sync_synchronize();
	for (i = 0; i < CLIENTS; i++)
		n += s->opens[i];
	return n <= OPEN;
}

static void open_command(const struct server *s, unsigned slot, struct d2ddisplay_call *call, char **words)
{
	char *path, *why, *image = NULL;
	struct json_object *o;
	const char *way;
	bool terminal;
	int called;

	call->name = words[0];
	call->args = words + 1;
	if (d2d_is_command(call->name)) {
		path = alias_path(s->d, call->name);
		image = d2d_alias_read(path);
	}
	if (!image || !image[0]) {
		d2ddisplay_tell(call->client, "error there is no command '%s' of an image", call->name);
		return;
	}
	call->image = image;
	o = d2d_engine_image(image, &why);
	if (!o) {
		d2ddisplay_tell(call->client, "error %s", why);
		return;
	}
	way = way_of(json_object_object_get(json_object_object_get(o, "Config"), "Labels"));
	terminal = way && strcmp(way, "terminal") == 0;
	called = !may_open(s, slot) ? OPEN : terminal ? d2ddisplay_called(s->d) : 0;
	if (!way)
		d2ddisplay_tell(call->client, "error '%s' isn't for a window or a terminal: it has a display of its own", call->name);
	else if (called < 0)
		d2ddisplay_tell(call->client, "error the containers of this display can't be counted: %s", strerror(-called));
	else if (called >= OPEN)
		d2ddisplay_tell(call->client, "error %u commands are open on this display, and no more can be", OPEN);
	else if (terminal)
		d2ddisplay_open_terminal(call);
	else
		d2ddisplay_open_window(call);
}

/* Answers a client. */
static void answer(const struct server *s, unsigned slot, int client)
{
	static const struct timeval patience = { PATIENCE / 1000, 0 };
	unsigned long long end = d2d_now() + PATIENCE;
	char line[LINE_LEN + 1], same[LINE_LEN + 1], *words[WORDS + 1], *data;
	struct d2ddisplay_call call = { .d = s->d, .client = client };
	unsigned len = 0;

	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!receive_line(client, line, end))
		return;
	if (strcmp(line, "list") == 0) {
		list(s->d, client);
		return;
	}
	/* Written again, the numbers must be the same: sscanf() also takes signs and blanks. */
	if (sscanf(line, "open %6u %4u %4u", &len, &call.rows, &call.columns) != 3
	 || snprintf(same, sizeof(same), "open %u %u %u", len, call.rows, call.columns) >= (int)sizeof(same) || strcmp(same, line) != 0) {
		d2ddisplay_tell(client, "error this request isn't known");
		return;
	}
	if (len > WORDS_LEN) {
		d2ddisplay_tell(client, "error the arguments have more than %u bytes", WORDS_LEN);
		return;
	}
	data = xmalloc(len + 1);
	if (!receive(client, data, len, end))
		return;
	if (split(data, len, words))
		open_command(s, slot, &call, words);
	else
		d2ddisplay_tell(client, "error there is no command, or it has more than %u words, or the last one has no end", WORDS);
}

/* ---- connections ---- */

/* Returns a free slot, or CLIENTS. */
static unsigned free_slot(struct server *s)
{
	unsigned i;

	for (i = 0; i < CLIENTS; i++) {
		if (s->client[i] && waitpid(s->client[i], NULL, WNOHANG) != 0) {
			s->client[i] = 0;
			s->opens[i] = false;
		}
	}
	for (i = 0; i < CLIENTS && s->client[i]; i++)
		continue;
	return i;
}

static void serve(struct server *s) NORETURN;
static void serve(struct server *s)
{
	for (;;) {
		int client = accept4(s->socket, NULL, NULL, SOCK_CLOEXEC);
		unsigned slot;

		if (client < 0 && errno != EINTR && errno != ECONNABORTED)
			bb_simple_perror_msg_and_die("no commands");
		if (client < 0)
			continue;
		slot = free_slot(s);
		if (slot == CLIENTS) {
			send(client, "error too many connections\n", 27, MSG_NOSIGNAL | MSG_DONTWAIT);
		} else {
			s->client[slot] = fork();
			if (s->client[slot] == 0) {
				/* It ends with the server, however that ends. */
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				if (getppid() == s->pid)
					answer(s, slot, client);
				s->opens[slot] = false;
				_exit(EXIT_SUCCESS);
			}
			if (s->client[slot] < 0)
				s->client[slot] = 0;
		}
		close(client);
	}
}

/* Serves the clients of a listening socket in this process. */
static void begin(const struct d2ddisplay *d, int socket) NORETURN;
static void begin(const struct d2ddisplay *d, int socket)
{
	struct server s = { .d = d, .pid = getpid(), .socket = socket };

	s.opens = mmap(NULL, CLIENTS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s.opens == MAP_FAILED)
		bb_simple_perror_msg_and_die("no commands");
	/* Those that an earlier supervisor has left, which was killed. */
	d2ddisplay_remove_called(d, 0);
	serve(&s);
}

int d2ddisplay_commands(const char *root, const char *name)
{
	struct d2ddisplay d = { .root = root };
	int fd = d2ddisplay_load(&d, name) < 0 ? -ENOENT : d2ddisplay_listen(&d, D2DDISPLAY_COMMANDS, "socket");

	if (fd < 0)
		bb_error_msg_and_die("no commands for '%s': %s", name, strerror(-fd));
	begin(&d, fd);
}

/* Starts a child that serves them. Returns its process ID or a negative errno. */
static pid_t start(const struct d2ddisplay *d)
{
	int fd = d2ddisplay_listen(d, D2DDISPLAY_COMMANDS, "socket");
	pid_t parent = getpid(), pid;

	if (fd < 0)
		return fd;
	fflush_all();
	pid = fork();
	if (pid == 0) {
		sigset_t none;

		/* It ends with the supervisor, however that ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		/* The supervisor handles signals itself; here they end the process. */
		bb_signals((1 << SIGTERM) | (1 << SIGINT) | (1 << SIGHUP), SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		begin(d, fd);
	}
	if (pid < 0)
		pid = -errno;
	close(fd);
	return pid;
}

pid_t d2ddisplay_commands_start(struct d2ddisplay *d, struct json_object *image)
{
	char *refused = d2ddisplay_commands_refused(d, image);
	pid_t pid = d->commands ? start(d) : 0;

	/* Who has opened a window was told by 'd2d display window'. */
	if (refused && !d->once)
		bb_error_msg("%s: %s", d->name, refused);
	if (pid < 0) {
		bb_error_msg("%s: no commands: %s", d->name, strerror(-pid));
		d->commands = false;
	}
	free(refused);
	return MAX(pid, 0);
}

void d2ddisplay_commands_end(const struct d2ddisplay *d, pid_t *pid)
{
	char *path;

	if (!*pid)
		return;
	kill(*pid, SIGKILL);
	safe_waitpid(*pid, NULL, 0);
	*pid = 0;
	path = concat_path_file(d->dir, D2DDISPLAY_COMMANDS"/socket");
	unlink(path);
	free(path);
	d2ddisplay_remove_called(d, 0);
}
