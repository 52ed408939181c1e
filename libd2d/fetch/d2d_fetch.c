/*
 * Downloads by busybox's own wget and tftp, which run in a child process of their own. All that comes from them is checked while it
 * is read: the size and the digest, if they are known, and that something comes at all. So neither the server nor these programs
 * need be trusted, not even for the certificate of https://, which wget doesn't check.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_FETCH) += d2d_fetch.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2d_fetch.h"

enum {
	WINDOW_MS = 30000,		/* within this time, without that in which the data is processed, */
	WINDOW_BYTES = 64 * 1024,	/* so much must arrive, or the rest of the file */
	MESSAGE_MAX = 1024,
};

struct d2d_fetch {
	struct d2d_remote *r;
	pid_t pid, parent;
	int fd, err;			/* data, and a memfd with the error messages */
	off_t at, mark;			/* bytes read, and those before the window began */
	unsigned long long waited;	/* ms since then */
	bool ended;
	sha256_ctx_t digest;
};

/* ---- a file on a server ---- */

const char *d2d_remote_set(struct d2d_remote *r, const char *url, off_t size, const char *sha256)
{
	const char *wrong;

	memset(r, 0, sizeof(*r));
	r->size = size;
	r->note = mmap(NULL, sizeof(*r->note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->note == MAP_FAILED)
		bb_die_memory_exhausted();
	wrong = d2d_url_parse(url, &r->url);
	strcpy(r->sha256, sha256 && sha256[0] ? sha256 : r->url.sha256);
	return wrong;
}

void d2d_remote_clear(struct d2d_remote *r)
{
	if (r->note)
		munmap(r->note, sizeof(*r->note));
	d2d_url_clear(&r->url);
	memset(r, 0, sizeof(*r));
}

/* ---- the child process ---- */

static void run(const struct d2d_url *url) NORETURN;
static void run(const struct d2d_url *url)
{
	char *host = url->host;
	const char *tftp[] = { "tftp", "-g", "-b", "1428", "-l", "-", "-r", url->path, host, url->port[0] ? url->port : NULL, NULL };
	/* With a digest, the certificate doesn't matter. Without the option, wget would use the program openssl, if there is one. */
	const char *wget[] = { "wget", "-q", "-T", "20", "-O", "-", "--no-check-certificate", url->text, NULL };

	execv(bb_busybox_exec_path, (char **)(url->scheme == D2D_URL_TFTP ? tftp : wget));
	_exit(127);
}

static pid_t start(const struct d2d_url *url, int out, int err)
{
	pid_t parent = getpid(), pid;
	sigset_t none;

	fflush_all();
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	xmove_fd(xopen(bb_dev_null, O_RDONLY), STDIN_FILENO);
	xdup2(out, STDOUT_FILENO);
	xdup2(err, STDERR_FILENO);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	run(url);
}

int d2d_fetch_begin(struct d2d_fetch **fetch, struct d2d_remote *r)
{
	struct d2d_fetch *f = xzalloc(sizeof(*f));
	int fds[2] = { -1, -1 };

	*fetch = NULL;
	memset(r->note, 0, sizeof(*r->note));
	f->r = r;
	f->parent = getpid();
	f->err = memfd_create("err", MFD_CLOEXEC);
	f->pid = f->err < 0 || pipe2(fds, O_CLOEXEC) < 0 ? -1 : start(&r->url, fds[1], f->err);
	f->fd = fds[0];
	if (fds[1] >= 0)
		close(fds[1]);
	if (f->pid < 0) {
		d2d_fetch_end(f);
		return -EAGAIN;
	}
	sha256_begin(&f->digest);
	*fetch = f;
	return 0;
}

void d2d_fetch_end(struct d2d_fetch *f)
{
	if (!f)
		return;
	if (f->pid > 0 && f->parent == getpid()) {
		kill(f->pid, SIGKILL);
		safe_waitpid(f->pid, NULL, 0);
	}
	if (f->fd >= 0)
		close(f->fd);
	if (f->err >= 0)
		close(f->err);
	free(f);
}

/* ---- what is wrong ---- */

static ssize_t fail(struct d2d_fetch *f, bool final, const char *format, ...) __attribute__((format(printf, 3, 4)));
static ssize_t fail(struct d2d_fetch *f, bool final, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->r->note->why, sizeof(f->r->note->why), format, args);
	va_end(args);
	f->r->note->final = final;
	f->ended = true;
	return -EIO;
}

/* Returns the last line that the program has printed, without its name, or NULL. The caller frees it. */
static char *message(const struct d2d_fetch *f)
{
	char text[MESSAGE_MAX + 1], *line, *colon;
	off_t size = lseek(f->err, 0, SEEK_END);
	ssize_t len = pread(f->err, text, MESSAGE_MAX, size > MESSAGE_MAX ? size - MESSAGE_MAX : 0);

	while (len > 0 && isspace(text[len - 1]))
		len--;
	if (len <= 0)
		return NULL;
	text[len] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	colon = strstr(line, ": ");
	if (colon)
		line = colon + 2;
	return d2d_printable(line, strlen(line));
}

/* Whether the server has answered that it doesn't have the file, or doesn't give it to us. */
static bool is_refusal(const char *why)
{
	const char *http = strstr(why, "HTTP/1.");

	return (http && strlen(http) > 9 && http[9] == '4') || strstr(why, "server error: (1)") || strstr(why, "server error: (2)");
}

/* At the end of the data. The program's own status isn't needed: it has failed if the data is too short, and if its length is
 * unknown, its format says whether it is complete. */
static ssize_t at_end(struct d2d_fetch *f)
{
	const struct d2d_remote *r = f->r;
	char hex[D2D_DIGEST + 1], *why;
	uint8_t digest[32];

	f->ended = true;
	if (f->at != r->size && (r->size >= 0 || f->at == 0)) {
		why = message(f);
		if (f->at == 0)
			fail(f, why && is_refusal(why), "%s", why ? why : "it is empty");
		else
			fail(f, false, "it ends after %llu of %llu bytes%s%s", (unsigned long long)f->at, (unsigned long long)r->size,
				why ? ": " : "", why ? why : "");
		free(why);
		return -EIO;
	}
	sha256_end(&f->digest, digest);
	d2d_hex(hex, digest, sizeof(digest));
	if (r->sha256[0] && strcmp(hex, r->sha256) != 0)
		return fail(f, true, "its content doesn't have the digest that it must have");
	return 0;
}

/* ---- reading ---- */

/* Waits until there is data. Returns 0 or a negative errno. */
static ssize_t wait_for_data(struct d2d_fetch *f)
{
	struct pollfd pfd = { .fd = f->fd, .events = POLLIN };
	unsigned long long began = monotonic_ms();
	int r = f->waited < WINDOW_MS ? safe_poll(&pfd, 1, WINDOW_MS - f->waited) : 0;

	f->waited += monotonic_ms() - began;
	return r > 0 ? 0 : fail(f, false, f->at == f->mark ? "the server sends nothing" : "the server is too slow");
}

ssize_t d2d_fetch_read(struct d2d_fetch *f, void *buf, size_t len)
{
	off_t max = f->r->size >= 0 ? f->r->size : f->r->max;
	ssize_t n;

	if (f->ended)
		return f->r->note->why[0] ? -EIO : 0;
	n = wait_for_data(f);
	if (n < 0)
		return n;
	n = safe_read(f->fd, buf, len);
	if (n < 0)
		return fail(f, false, "%s", strerror(errno));
	if (n == 0)
		return at_end(f);
	if (n > max - f->at)
		return fail(f, true, "it is longer than %llu bytes", (unsigned long long)max);
	sha256_hash(&f->digest, buf, n);
	f->at += n;
	if (f->at - f->mark >= WINDOW_BYTES) {
		f->mark = f->at;
		f->waited = 0;
	}
	return n;
}
