/*
 * d2dtls: where certificates and keys are: on the store, or in memory if there is none.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTLS) += d2dtls_place.o

#include "d2dtls.h"
#include "d2d_hook.h"
#include <sys/file.h>

/* Returns the directory where the store is mounted, which the caller frees, or NULL. */
static char *find_store(const char *root)
{
	char **env = d2d_hook_env(root, NULL), **p, *store = NULL;

	for (p = env; *p; p++) {
		const char *value = is_prefixed_with(*p, "D2D_STORE=");

		if (value && value[0])
			store = xstrdup(value);
	}
	d2d_hook_env_free(env);
	return store;
}

void d2dtls_error(struct d2dtls *t, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	fflush_all();
	bb_simple_error_msg(text);
	llist_add_to_end(&t->problems, text);
	t->code = EXIT_FAILURE;
}

void d2dtls_begin(struct d2dtls *t, const char *root)
{
	char *kind;

	memset(t, 0, sizeof(*t));
	t->root = root;
	t->store = find_store(root);
	t->dir = t->store ? xasprintf("%s/d2d/tls", t->store) : xasprintf("%s"D2DTLS_RUN"/keys", root);
	t->now = time(NULL);
	kind = d2d_option_at(root, "tls-key");
	t->rsa = kind && strcmp(kind, "rsa") == 0;
	if (kind && kind[0] && index_in_strings("ecdsa\0rsa\0", kind) < 0)
		d2dtls_error(t, "d2d.tls-key='%s' is neither ecdsa nor rsa: ecdsa is used", printable_string(kind));
	free(kind);
}

void d2dtls_end(struct d2dtls *t)
{
	llist_free(t->problems, free);
	free(t->store);
	free(t->dir);
}

char *d2dtls_path(const struct d2dtls *t, const char *name, const char *suffix)
{
	return xasprintf("%s/%s%s", t->dir, name, suffix);
}

/* Whether DIR is where it seems to be. The store may come from somebody else: through a symbolic link placed there, root would
 * write keys to other places. */
static bool is_real(const struct d2dtls *t)
{
	char *store = t->store ? xmalloc_realpath(t->store) : NULL, *dir = xmalloc_realpath(t->dir);
	char *wanted = store ? xasprintf("%s/d2d/tls", store) : NULL;
	bool is = !t->store || (wanted && dir && strcmp(wanted, dir) == 0);

	free(wanted);
	free(dir);
	free(store);
	return is;
}

int d2dtls_lock(struct d2dtls *t)
{
	char *lock = xasprintf("%s"D2DTLS_RUN"/lock", t->root);
	int fd, r = d2d_make_parent_dirs(lock);
	struct stat st;

	fd = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		d2dtls_error(t, "can't lock '%s': %s", lock, strerror(r < 0 ? -r : errno));
		goto fail;
	}
	/* For `d2d`, which anybody may call, unlike the keys. */
	*strrchr(lock, '/') = '\0';
	chmod(lock, 0755);

	if (lstat(t->dir, &st) < 0) {
		char *inside = d2dtls_path(t, "", "");

		r = d2d_make_parent_dirs(inside);
		free(inside);
		if (r < 0) {
			d2dtls_error(t, "can't make the directory '%s': %s", t->dir, strerror(-r));
			goto fail;
		}
	}
	if (!is_real(t)) {
		d2dtls_error(t, "'%s' is a symbolic link or lies behind one: not used", t->dir);
		goto fail;
	}
	free(lock);
	return fd;
 fail:
	if (fd >= 0)
		close(fd);
	free(lock);
	return -1;
}

bool d2dtls_save(struct d2dtls *t, const char *name, const char *suffix, const char *text)
{
	char *path = d2dtls_path(t, name, suffix);
	int err = text ? d2d_file_write(path, text) : -ENOMEM;

	if (err < 0)
		d2dtls_error(t, "can't write '%s': %s", path, strerror(-err));
	free(path);
	return err == 0;
}
