/*
 * d2dmeta: writes what was read from a metadata disk below D2D_METADATA, all or nothing.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_save.o

#include "d2dmeta.h"
#include "d2d_hook.h"

/* A script of the user may load images from the network. */
#define HEAD "# d2d: timeout=1800\n"

static int put(const char *dir, const char *name, const char *text, size_t len, unsigned mode)
{
	char *path = concat_path_file(dir, name);
	int fd, err = d2d_make_parent_dirs(path);

	if (!err) {
		unlink(path);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		errno = EIO;
		if (fd < 0 || full_write(fd, text, len) != (ssize_t)len || fchmod(fd, mode) < 0)
			err = -errno;
		if (fd >= 0)
			close(fd);
	}
	free(path);
	return err;
}

int d2dmeta_put(const struct d2dmeta *d, const char *name, const char *text, size_t len, unsigned mode)
{
	char *dir = xasprintf("%s"D2D_METADATA, d->root);
	int err = put(dir, name, text, len, mode);

	free(dir);
	return err;
}

/* Writes a setting or hook if it has a text. */
static int put_text(const char *dir, const char *name, const struct d2dmeta_text *t, unsigned mode)
{
	return t->len ? put(dir, name, t->text, t->len, mode) : 0;
}

/* Writes a hook with a head, whose next lines are TEXT, and says so. */
static int put_hook(const char *dir, const char *name, const char *first, const char *head, const char *text, size_t len,
	struct d2dmeta_text *hooks)
{
	size_t first_len = strlen(first), head_len = strlen(head);
	char *path = concat_path_file("d2d/hooks", name), *all = xmalloc(first_len + head_len + len);
	int err;

	memcpy(mempcpy(mempcpy(all, first, first_len), head, head_len), text, len);
	err = put(dir, path, all, first_len + head_len + len, 0700);
	if (!err)
		d2dmeta_add(hooks, "hook    %s\n", name);
	free(all);
	free(path);
	return err;
}

/* The user-data is a hook. One that has no head of its own gets one behind its first line. */
static int put_script(const char *dir, const struct d2dmeta_result *r, struct d2dmeta_text *hooks)
{
	const char *text = r->user_data, *end = memchr(text, '\n', r->user_len);
	bool headed = memmem(text, MIN(r->user_len, 4096), "\n# d2d:", 7) != NULL;
	size_t line = end ? end + 1 - text : 0;
	char *first = xstrndup(text, line);
	int err = put_hook(dir, "90-local/50-user-data", first, headed || !line ? "" : HEAD, text + line, r->user_len - line,
		hooks);

	free(first);
	return err;
}

/* Writes the hooks of a cloud-config. Those of 45-root run when the root is the final one, and before containers are started. */
static int put_hooks(const char *dir, const struct d2dmeta_result *r, struct d2dmeta_text *hooks)
{
	static const char sh[] ALIGN1 = "#!/bin/sh\n", files[] ALIGN1 = "exec d2dmeta files\n";
	const struct d2dmeta_cloud *c = &r->cloud;
	int err = 0;

	if (r->kind == D2DMETA_SCRIPT)
		return put_script(dir, r, hooks);
	if (c->bootcmd.len)
		err = put_hook(dir, "45-root/50-bootcmd", sh, "# d2d: after=10-union timeout=300\n", c->bootcmd.text,
			c->bootcmd.len, hooks);
	if (!err && c->files)
		err = put_hook(dir, "45-root/60-write-files", sh, "# d2d: after=10-union,50-bootcmd timeout=60\n", files,
			sizeof(files) - 1, hooks);
	if (!err && c->runcmd.len)
		err = put_hook(dir, "90-local/50-runcmd", sh, HEAD, c->runcmd.text, c->runcmd.len, hooks);
	return err;
}

/* Writes the options. Who puts a swarm.conf on the disk wants the machine to join that swarm. */
static int put_options(const char *dir, const struct d2dmeta_result *r)
{
	struct d2dmeta_text all = { 0 };
	int err;

	d2dmeta_add(&all, "%s%s", r->cloud.config.text ? : "", r->swarm_len ? D2DMETA_JOIN : "");
	err = put_text(dir, "config", &all, 0644);
	free(all.text);
	return err;
}

int d2dmeta_save(const struct d2dmeta *d, const struct d2dmeta_result *r, struct d2dmeta_text *hooks)
{
	char *dir = xasprintf("%s"D2D_METADATA, d->root), *new = xasprintf("%s.new", dir);
	int err = d2d_remove_tree(new);

	if (!err)
		err = bb_make_directory(new, 0755, FILEUTILS_RECUR) < 0 ? -errno : 0;
	if (!err && r->id)
		err = put(new, D2DMETA_ID, r->id, strlen(r->id), 0644);
	if (!err && r->hostname)
		err = put(new, "hostname", r->hostname, strlen(r->hostname), 0644);
	if (!err)
		err = put_options(new, r);
	if (!err)
		err = put_text(new, "d2d/network", &r->network, 0644);
	if (!err)
		err = put_text(new, "d2d/"D2D_SETTING_KEYS, &r->keys, 0644);
	if (!err && r->swarm_len)
		err = put(new, "d2d/"D2D_SETTING_SWARM, r->swarm, r->swarm_len, 0600);
	if (!err && r->user_data)
		err = put(new, D2DMETA_USER_DATA, r->user_data, r->user_len, 0600);
	if (!err)
		err = put_hooks(new, r, hooks);
	if (!err)
		err = d2d_remove_tree(dir);
	if (!err && rename(new, dir) < 0)
		err = -errno;
	if (err) {
		d2d_remove_tree(new);
		hooks->len = 0;
		free(hooks->text);
		hooks->text = NULL;
	}
	free(new);
	free(dir);
	return err;
}
