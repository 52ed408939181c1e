/*
 * d2dnet: reads all sources of the plan: the kernel command line, the options in d2d/config on the store, and d2d/network on
 * the store, a stick or the medium. Which of these files are trusted and which of them counts, libd2d/hook decides.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_load.o

#include "d2dnet.h"
#include "d2d_hook.h"

enum { FILE_MAX = 64 * 1024, PLAN_MAX = 1024 * 1024 };	/* bytes; a line of a file may become several ones of the plan */

/* ---- options ---- */

/* Adds each option NAME among the lines "NAME=VALUE". */
static void add_options(struct d2dnet_plan *p, unsigned since, const llist_t *lines, const char *name, const char *shown,
	const char *bootif)
{
	size_t len = strlen(name);

	for (; lines; lines = lines->link)
		if (strncmp(lines->data, name, len) == 0 && lines->data[len] == '=')
			d2dnet_plan_ip(p, since, shown, lines->data + len + 1, bootif);
}

static const char *last_value(const llist_t *lines, const char *name)
{
	size_t len = strlen(name);
	const char *value = NULL;

	for (; lines; lines = lines->link)
		if (strncmp(lines->data, name, len) == 0 && lines->data[len] == '=')
			value = lines->data + len + 1;
	return value;
}

static void load_options(const struct d2dnet *d, struct d2dnet_plan *p)
{
	llist_t *cmdline = NULL, *config = NULL;
	const char *bootif, *wait;
	unsigned since = p->n, seconds;
	char *what;

	d2d_options_read(d->root, D2D_CMDLINE, &cmdline);
	d2d_options_read(d->root, D2D_CONFIG, &config);
	bootif = last_value(cmdline, "bootif");
	add_options(p, since, cmdline, "kernel-ip", "ip", bootif);
	add_options(p, since, cmdline, "ip", "d2d.ip", bootif);
	d2dnet_plan_check(p, since);
	since = p->n;
	add_options(p, since, config, "ip", "d2d/config: ip", bootif);
	d2dnet_plan_check(p, since);
	wait = last_value(cmdline, "wait-online") ? : last_value(config, "wait-online");
	if (wait && d2dnet_wait_online(wait, &what, &seconds)) {
		p->wait_online = xstrdup(wait);
		free(what);
	} else if (wait) {
		d2dnet_plan_wrong(p, "d2d.wait-online=%s "D2DNET_WAIT_ONLINE_WRONG, wait);
	}
	llist_free(config, free);
	llist_free(cmdline, free);
}

/* ---- d2d/network ---- */

/* Reads a file into the plan. */
static void read_file(struct d2dnet_plan *p, const char *path, const char *shown, bool internal)
{
	char *text, *name = d2d_printable(shown, strlen(shown));
	size_t len;
	int err = d2d_file_read(path, internal ? PLAN_MAX : FILE_MAX, &text, &len);

	if (err < 0)
		d2dnet_plan_wrong(p, "'%s' %s", name, d2d_file_error(err));
	else if (strlen(text) != len)
		d2dnet_plan_wrong(p, "'%s' is not a text file", name);
	else
		d2dnet_plan_file(p, text, name, internal);
	free(text);
	free(name);
}

static void load_file(const struct d2dnet *d, struct d2dnet_plan *p, char **note)
{
	struct d2d_hooks files = { 0 };
	llist_t *refused = NULL, *l;
	const struct d2d_hook *file = d2d_setting_find(&files, d->root, D2D_SETTING_NETWORK, D2D_RUN"/network/verified", &refused);
	const struct d2dnet_section *all = p->n ? p->section[p->n - 1] : NULL;

	for (l = refused; l; l = l->link)
		d2dnet_plan_wrong(p, "%s", l->data);
	/* A name that begins with '*' is the last one of its source. */
	if (file && all && strcmp(all->name, D2DNET_ALL) == 0)
		*note = xasprintf("'%s' isn't used: %s is said of all cards", printable_string(file->file), all->from);
	else if (file)
		read_file(p, file->path, file->file, false);
	llist_free(refused, free);
	d2d_hooks_free(&files);
}

void d2dnet_load(const struct d2dnet *d, struct d2dnet_plan *p, char **note)
{
	*note = NULL;
	load_options(d, p);
	load_file(d, p, note);
}

/* ---- the plan as a file ---- */

void d2dnet_plan_read(const struct d2dnet *d, struct d2dnet_plan *p)
{
	char *path = xasprintf("%s"D2DNET_PLAN, d->root);

	if (access(path, F_OK) == 0)
		read_file(p, path, path, true);
	free(path);
}

static int print_wrong(const struct d2dnet_plan *p)
{
	const llist_t *l;

	for (l = p->wrong; l; l = l->link)
		bb_simple_error_msg(l->data);
	return p->wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}

int d2dnet_load_verb(const struct d2dnet *d)
{
	struct d2dnet_plan p = { 0 };
	char *note, *text, *path = xasprintf("%s"D2DNET_PLAN, d->root);
	int err, status;

	d2dnet_load(d, &p, &note);
	if (note)
		puts(note);
	text = d2dnet_plan_text(&p);
	err = d2d_make_parent_dirs(path);
	if (!err)
		err = d2d_file_write(path, text);
	if (err < 0)
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
	status = print_wrong(&p);
	free(text);
	free(note);
	free(path);
	d2dnet_plan_free(&p);
	return err < 0 ? EXIT_FAILURE : status;
}

int d2dnet_check_verb(const struct d2dnet *d, const char *path)
{
	struct d2dnet_plan p = { 0 };
	char *note = NULL;
	int status;

	if (path)
		read_file(&p, path, path, false);
	else
		d2dnet_load(d, &p, &note);
	if (note)
		puts(note);
	status = print_wrong(&p);
	if (status == EXIT_SUCCESS)
		printf("%u section%s, no mistake found\n", p.n, p.n == 1 ? "" : "s");
	free(note);
	d2dnet_plan_free(&p);
	return status;
}
