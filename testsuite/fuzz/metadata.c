/*
 * Metadata disks: YAML, cloud-config, network-config, network_data.json.
 * needs: applets/meta/yaml.c applets/meta/text.c applets/meta/notes.c applets/meta/cloud.c applets/meta/file.c
 * needs: applets/meta/network.c applets/meta/version1.c applets/meta/netplan.c applets/meta/openstack.c
 * needs: d2d_text.c d2d_json.c d2d_file.c d2d_config.c d2d_beneath.c
 * libs: -lyaml -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2dmeta_text.h"

static void check_notes(struct d2dmeta_notes *n)
{
	const llist_t *l;

	for (l = n->ignored; l; l = l->link)
		CHECK(is_printable(l->data));
	for (l = n->wrong; l; l = l->link)
		CHECK(is_printable(l->data));
	CHECK(n->n_ignored <= D2DMETA_NOTES_MAX && n->n_wrong <= D2DMETA_NOTES_MAX);
	d2dmeta_notes_free(n);
}

/* Each line is a head, KEY = VALUE or empty: a value of the input never begins a line. */
static void check_network(struct d2dmeta_network *w)
{
	char *rest = w->out.text, *line;

	CHECK(w->out.len <= D2DMETA_TEXT_MAX);
	while (rest && (line = strsep(&rest, "\n")) != NULL) {
		static const char keys[] ALIGN1 = "address\0gateway\0route\0dns\0search\0mtu\0dhcp\0ra\0link\0id\0cards\0mode\0stp\0";
		char *sign = strstr(line, " = ");

		if (!line[0])
			continue;
		if (line[0] == '[') {
			CHECK(line[strlen(line) - 1] == ']' && !sign);
			continue;
		}
		CHECK(sign);
		*sign = '\0';
		CHECK(index_in_strings(keys, line) >= 0);
	}
	free(w->out.text);
	check_notes(w->notes);
}

static void check_cloud(struct json_object *o)
{
	struct d2dmeta_notes n = { .file = "user-data" };
	struct d2dmeta_cloud c = { 0 };
	struct json_object *list = d2dmeta_typed(o, "write_files", json_type_array);
	unsigned i;

	d2dmeta_cloud(o, &c, &n);
	for (i = 0; i < c.files; i++) {
		struct d2dmeta_file f;

		if (!d2dmeta_file(json_object_array_get_idx(list, i), &f)) {
			CHECK(f.path[0] && f.path[0] != '/' && d2dmeta_is_line(f.path) && !strstr(f.path, "/../") && f.mode <= 07777);
			CHECK(strcmp(f.path, "..") != 0 && !is_prefixed_with(f.path, "../") && !is_suffixed_with(f.path, "/.."));
		}
		d2dmeta_file_free(&f);
	}
	CHECK(c.config.len <= D2DMETA_TEXT_MAX && c.runcmd.len <= D2DMETA_TEXT_MAX && c.keys.len <= D2DMETA_TEXT_MAX);
	d2dmeta_cloud_free(&c);
	check_notes(&n);
}

static void check(struct json_object *o, struct d2dmeta_notes *read)
{
	struct d2dmeta_notes n = { .file = "file" };
	struct d2dmeta_network w = { .notes = &n };

	CHECK(!o == (read->n_wrong == 1));
	check_notes(read);
	if (o) {
		check_cloud(o);
		d2dmeta_network_config(o, &w);
		check_network(&w);
		memset(&w, 0, sizeof(w));
		n.file = "file";
		w.notes = &n;
		d2dmeta_network_data(o, &w);
		check_network(&w);
	}
	json_object_put(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2dmeta_notes n = { .file = "file" };
	char *text = xzalloc(size + 1);
	struct json_object *o;

	memcpy(text, data, size);
	d2dmeta_kind(text, size);
	o = d2dmeta_yaml(text, size, &n);
	check(o, &n);
	n.file = "file";
	o = d2dmeta_json(text, size, &n);
	check(o, &n);
	free(text);
	return 0;
}
