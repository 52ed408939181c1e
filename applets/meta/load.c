/*
 * d2dmeta: reads a metadata disk, and turns it into files of the forms that this system has anyway: settings in d2d/network and
 * d2d/authorized_keys, hooks, and options. From there they are used like those of a volume, and judged as those.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_load.o

#include "d2dmeta.h"
#include "d2d_config.h"
#include "d2d_hook.h"

/* ---- reading ---- */

/* Takes over a host name unless it is NULL. */
static void set_hostname(struct d2dmeta *d, struct d2dmeta_result *r, const char *name)
{
	if (!name)
		return;
	if (!d2d_hostname_ok(name)) {
		d2dmeta_wrong(&d->notes, "'%.80s' is not a valid host name", name);
		return;
	}
	free(r->hostname);
	r->hostname = xstrdup(name);
}

static void set_id(struct d2dmeta_result *r, const char *id)
{
	if (id)
		r->id = d2d_printable(id, MIN(strlen(id), 128));
}

/* Reads and parses a file. Returns NULL if it doesn't exist or isn't valid, which is noted. */
static struct json_object *parse(struct d2dmeta *d, const struct d2dmeta_disk *disk, const char *name,
	struct json_object *(*parser)(const char *text, size_t len, struct d2dmeta_notes *n))
{
	size_t len;
	char *text = d2dmeta_read(d, disk, name, &len);
	struct json_object *o = text ? parser(text, len, &d->notes) : NULL;

	free(text);
	return o;
}

/* Notes that a file is there, but not used. */
static void skip(struct d2dmeta *d, const struct d2dmeta_disk *disk, const char *name)
{
	size_t len;
	char *text = d2dmeta_read(d, disk, name, &len);

	if (len)
		d2dmeta_ignored(&d->notes, "all of it");
	free(text);
}

static void read_nocloud(struct d2dmeta *d, const struct d2dmeta_disk *disk, struct d2dmeta_result *r)
{
	struct d2dmeta_network w = { .notes = &d->notes };
	struct json_object *o = parse(d, disk, "meta-data", d2dmeta_yaml), *keys;

	if (o) {
		set_id(r, d2dmeta_get(o, "instance-id"));
		set_hostname(d, r, d2dmeta_get(o, "local-hostname") ? : d2dmeta_get(o, "hostname"));
		if (json_object_object_get_ex(o, "public-keys", &keys))
			d2dmeta_keys(keys, &r->keys, &d->notes);
		d2dmeta_unknown(&d->notes, o, "instance-id\0local-hostname\0hostname\0public-keys\0dsmode\0", "");
	}
	json_object_put(o);
	o = parse(d, disk, "network-config", d2dmeta_yaml);
	if (o)
		d2dmeta_network_config(o, &w);
	r->network = w.out;
	json_object_put(o);
	skip(d, disk, "vendor-data");
	r->user_data = d2dmeta_read(d, disk, "user-data", &r->user_len);
}

static void read_config_drive(struct d2dmeta *d, const struct d2dmeta_disk *disk, struct d2dmeta_result *r)
{
	struct d2dmeta_network w = { .notes = &d->notes };
	struct json_object *o = parse(d, disk, "openstack/latest/meta_data.json", d2dmeta_json), *keys;

	if (o) {
		set_id(r, d2dmeta_get(o, "uuid"));
		set_hostname(d, r, d2dmeta_get(o, "hostname") ? : d2dmeta_get(o, "name"));
		if (json_object_object_get_ex(o, "public_keys", &keys))
			d2dmeta_keys(keys, &r->keys, &d->notes);
	}
	json_object_put(o);
	o = parse(d, disk, "openstack/latest/network_data.json", d2dmeta_json);
	if (o)
		d2dmeta_network_data(o, &w);
	r->network = w.out;
	json_object_put(o);
	r->user_data = d2dmeta_read(d, disk, "openstack/latest/user_data", &r->user_len);
}

/* Looks what the user-data is, and reads it. */
static void read_user_data(struct d2dmeta *d, struct d2dmeta_result *r)
{
	struct json_object *o;

	r->kind = d2dmeta_kind(r->user_data, r->user_len);
	if (r->kind == D2DMETA_OTHER)
		d2dmeta_ignored(&d->notes, "all of it, because it begins neither with #! nor with #cloud-config, but with '%.*s'",
			(int)MIN(strcspn(r->user_data, "\r\n"), 30), r->user_data);
	if (r->kind != D2DMETA_CLOUD_CONFIG)
		return;
	o = d2dmeta_yaml(r->user_data, r->user_len, &d->notes);
	if (o) {
		d2dmeta_cloud(o, &r->cloud, &d->notes);
		set_hostname(d, r, r->cloud.hostname);
		d2dmeta_add(&r->keys, "%s", r->cloud.keys.text ? : "");
	}
	json_object_put(o);
}

static void result_free(struct d2dmeta_result *r)
{
	d2dmeta_cloud_free(&r->cloud);
	free(r->id);
	free(r->hostname);
	free(r->keys.text);
	free(r->network.text);
	free(r->user_data);
	if (r->swarm)
		explicit_bzero(r->swarm, r->swarm_len);
	free(r->swarm);
}

/* ---- trust ---- */

/* Returns why metadata isn't used on this machine, or NULL if it is: the rules are those of a hook that nobody has signed. */
static char *refused(const struct d2dmeta *d)
{
	struct d2d_trust trust = { .root = NULL };
	char **env = d2d_hook_env(d->root, NULL), *text = NULL;
	const char *why;

	d2d_trust_begin(&trust, d->root, d2d_hook_option(env, "HOOKS"), d2d_hook_option(env, "STORE"));
	why = trust.mode == D2D_TRUST_BUILTIN ? "only the image's own hooks may run here" :
		d2d_trust_required(&trust, "20-devices");
	if (why)
		text = xstrdup(why);
	d2d_trust_free(&trust);
	d2d_hook_env_free(env);
	return text;
}

/* ---- the report ---- */

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	while (text && (text = strchr(text, '\n')) != NULL) {
		text++;
		n++;
	}
	return n;
}

static void add_notes(struct d2dmeta_text *report, const struct d2dmeta_notes *n)
{
	const llist_t *l;

	for (l = n->ignored; l; l = l->link)
		d2dmeta_add(report, "ignored %s\n", l->data);
	for (l = n->wrong; l; l = l->link)
		d2dmeta_add(report, "wrong   %s\n", l->data);
}

static void add_result(struct d2dmeta_text *report, const struct d2dmeta_disk *disk, const struct d2dmeta_result *r,
	const struct d2dmeta_text *hooks)
{
	char *shown = d2d_printable(disk->shown, strlen(disk->shown));

	d2dmeta_add(report, "source  %s\n", shown);
	free(shown);
	if (r->id)
		d2dmeta_add(report, "id      %s\n", r->id);
	if (r->hostname)
		d2dmeta_add(report, "name    %s\n", r->hostname);
	if (r->keys.len)
		d2dmeta_add(report, "keys    %u\n", count_lines(r->keys.text));
	if (r->network.len)
		d2dmeta_add(report, "network "D2D_METADATA"/d2d/"D2D_SETTING_NETWORK"\n");
	d2dmeta_add(report, "%s", hooks->text ? : "");
	if (r->swarm_len)
		d2dmeta_add(report, "swarm   "D2D_METADATA"/d2d/"D2D_SETTING_SWARM"\n");
	if (r->cloud.config.len)
		d2dmeta_add(report, "option  %s", r->cloud.config.text);
	if (r->swarm_len)
		d2dmeta_add(report, "option  "D2DMETA_JOIN);
}

/* ---- the verbs ---- */

static int finish(struct d2dmeta *d, struct d2dmeta_text *report)
{
	int status = d->notes.wrong ? EXIT_FAILURE : EXIT_SUCCESS;

	add_notes(report, &d->notes);
	fputs(report->text ? : "", stdout);
	free(report->text);
	d2dmeta_notes_free(&d->notes);
	return status;
}

/* Reports that the disk is not used because of WHY, which is freed, and forgets an earlier one. */
static int refuse(struct d2dmeta *d, struct d2dmeta_disk *disk, char *why)
{
	char *dir = xasprintf("%s"D2D_METADATA, d->root), *shown = d2d_printable(disk->shown, strlen(disk->shown));
	char *text = xasprintf("refused %s: %s\n", shown, why);

	d2d_remove_tree(dir);
	d2dmeta_put(d, D2DMETA_REPORT, text, strlen(text), 0644);
	fputs(text, stdout);
	free(text);
	free(shown);
	free(dir);
	free(why);
	d2dmeta_disk_free(disk);
	return EXIT_FAILURE;
}

int d2dmeta_load(struct d2dmeta *d, const char *dir)
{
	struct d2dmeta_text report = { 0 }, hooks = { 0 };
	struct d2dmeta_result r = { 0 };
	struct d2dmeta_disk disk;
	char *why = NULL, *how = d2d_option_at(d->root, "metadata");
	bool off = how && strcmp(how, "no") == 0, there = !off && d2dmeta_disk(d, dir, &disk);
	int err;

	free(how);
	if (!there) {
		puts(off ? "d2d.metadata=no" : "no metadata disk");
		return D2D_EXIT_NOTHING;
	}
	why = refused(d);
	if (why)
		return refuse(d, &disk, why);
	(disk.form == D2DMETA_NOCLOUD ? read_nocloud : read_config_drive)(d, &disk, &r);
	if (r.user_data)
		read_user_data(d, &r);
	/* Not of cloud-init: a file beside its own ones. */
	r.swarm = d2dmeta_read(d, &disk, D2D_SETTING_SWARM, &r.swarm_len);
	err = d2dmeta_save(d, &r, &hooks);
	if (err < 0) {
		d->notes.file = D2D_METADATA;
		d2dmeta_wrong(&d->notes, "can't write it: %s", strerror(-err));
	}
	add_result(&report, &disk, &r, &hooks);
	if (err == 0) {
		struct d2dmeta_text kept = { 0 };

		d2dmeta_add(&kept, "%s", report.text);
		add_notes(&kept, &d->notes);
		d2dmeta_put(d, D2DMETA_REPORT, kept.text, kept.len, 0644);
		free(kept.text);
	}
	d2dmeta_disk_free(&disk);
	result_free(&r);
	free(hooks.text);
	return finish(d, &report);
}

int d2dmeta_check(struct d2dmeta *d, const char *file)
{
	struct d2dmeta_text report = { 0 };
	struct d2dmeta_result r = { 0 };
	struct d2dmeta_network w = { .notes = &d->notes };
	struct json_object *o;
	int err;

	err = d2d_file_read(file, D2DMETA_TEXT_MAX, &r.user_data, &r.user_len);
	if (err < 0)
		bb_error_msg_and_die("'%s' %s", file, d2d_file_error(err));
	d->notes.file = file;
	if (r.user_data[0] == '#' && d2dmeta_kind(r.user_data, r.user_len) != D2DMETA_OTHER) {
		read_user_data(d, &r);
	} else {
		o = d2dmeta_yaml(r.user_data, r.user_len, &d->notes);
		if (d2dmeta_typed(o, "links", json_type_array))
			d2dmeta_network_data(o, &w);
		else if (o)
			d2dmeta_network_config(o, &w);
		json_object_put(o);
		d2dmeta_add(&report, "%s", w.out.text ? : "");
		free(w.out.text);
	}
	result_free(&r);
	return finish(d, &report);
}
