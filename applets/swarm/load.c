/*
 * d2dswarm: reads d2d/swarm.conf of the volume that counts, and the option d2d.swarm=. Which of the files are trusted,
 * libd2d/hook decides, as for settings of the engine. The token is never taken from the command line, which every user and every
 * container of the machine can read.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_load.o

#include "d2dswarm.h"
#include "d2d_hook.h"
#include <sys/mman.h>

#define COPIES D2DSWARM_RUN"/verified"

/* Reads a file into d->conf. */
static void read_file(struct d2dswarm *d, const char *path)
{
	char *text;
	size_t len;
	int err = d2d_file_read(path, D2DSWARM_FILE, &text, &len);

	if (err < 0) {
		d2dswarm_wrong(d, "settings", "'%s' %s", d->file, d2d_file_error(err));
		return;
	}
	/* If the memory can't be locked, it can get into swap space, like everything else. */
	mlock(text, len + 1);
	mlock(&d->conf, sizeof(d->conf));
	if (strlen(text) != len)
		d2dswarm_wrong(d, "settings", "'%s' is not a text file", d->file);
	else
		d2dswarm_parse(&d->conf, text, d->file);
	explicit_bzero(text, len);
	free(text);
}

/* Removes the verified copies, which have the token. */
static void remove_copies(const struct d2dswarm *d)
{
	char *dir = xasprintf("%s"COPIES, d->root);

	d2d_remove_tree(dir);
	free(dir);
}

static void find_file(struct d2dswarm *d)
{
	struct d2d_hooks files = { 0 };
	llist_t *refused = NULL, *l;
	const struct d2d_hook *file = d2d_setting_find(&files, d->root, D2D_SETTING_SWARM, COPIES, &refused);

	for (l = refused; l; l = l->link)
		d2dswarm_wrong(d, "settings", "%s", auto_string(d2d_printable(l->data, strlen(l->data))));
	if (file) {
		d->file = d2d_printable(file->file, strlen(file->file));
		d->trust = xasprintf("%s, %s", file->source, file->trust ? : "-");
		read_file(d, file->path);
	} else {
		d2dswarm_wrong(d, "settings", "%s: write one on a manager with 'sudo d2d swarm conf', and put it on the store "
			"("D2D_STORE"/d2d/"D2D_SETTING_SWARM") or a stick",
			refused ? "no other "D2D_SETTING_SWARM" is there" : "no volume has d2d/"D2D_SETTING_SWARM);
	}
	llist_free(refused, free);
	d2d_hooks_free(&files);
	remove_copies(d);
}

bool d2dswarm_load(struct d2dswarm *d, const char *file)
{
	const llist_t *l;

	if (file) {
		d->file = d2d_printable(file, strlen(file));
		d->trust = xstrdup("not judged");
		read_file(d, file);
	} else {
		find_file(d);
	}
	for (l = d->conf.wrong; l; l = l->link)
		d2dswarm_wrong(d, "settings", "%s", l->data);
	if (d->file && !d->wrong) {
		if (!d->conf.managers)
			d2dswarm_wrong(d, "settings", "'%s' names no manager: manager = HOST", d->file);
		if (!d->conf.token[0])
			d2dswarm_wrong(d, "settings", "'%s' has no token", d->file);
	}
	if (d->conf.managers && d->conf.token[0])
		d2dswarm_row(d, "settings", "%s (%s): managers: %u, and a token", d->file, d->trust,
			d->conf.n_managers);
	return d->conf.managers && d->conf.token[0];
}

void d2dswarm_unload(struct d2dswarm *d)
{
	d2dswarm_conf_free(&d->conf);
	munlock(&d->conf, sizeof(d->conf));
	free(d->file);
	free(d->trust);
	d->file = d->trust = NULL;
}

/* ---- options ---- */

/* Prints whether one of the options "NAME=VALUE" has a token in it. */
static void find_token(struct d2dswarm *d, const char *file, const char *shown)
{
	llist_t *lines = NULL, *l;

	d2d_options_read(d->root, file, &lines);
	for (l = lines; l; l = l->link) {
		if (!is_prefixed_with(l->data, "swarm-token=") && !strcasestr(l->data, "SWMTKN"))
			continue;
		d2dswarm_wrong(d, "token", "%s has a token for a swarm: it isn't used, because everybody on this machine can read it there. "
			"Put it into d2d/"D2D_SETTING_SWARM", and let a manager make a new one: 'docker swarm join-token --rotate worker'",
			shown);
		break;
	}
	llist_free(lines, free);
}

int d2dswarm_option(struct d2dswarm *d)
{
	char *value = d2d_option_at(d->root, "swarm");
	int is = -1;

	find_token(d, D2D_CMDLINE, "the kernel command line");
	find_token(d, D2D_CONFIG, "d2d/config");
	if (!value || strcmp(value, "no") == 0)
		is = 0;
	else if (strcmp(value, "join") == 0)
		is = 1;
	else if (!d2dswarm_has_secret(value))
		d2dswarm_wrong(d, "option", "d2d.swarm='%s' is neither join nor no", auto_string(d2d_printable(value, MIN(strlen(value), 40))));
	else if (!d->wrong)
		d2dswarm_wrong(d, "option", "d2d.swarm= is neither join nor no");
	free(value);
	return is;
}
