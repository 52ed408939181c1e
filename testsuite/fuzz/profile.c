/*
 * boot2docker's profile.
 * needs: d2d_profile.c d2d_assignment.c d2d_dockerd_option.c d2d_daemon_json.c d2d_json.c d2d_file.c d2d_text.c d2d_beneath.c
 * libs: -ljson-c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <json-c/json.h>
#include "fuzz.h"
#include "d2d_engine.h"

static unsigned last, lines;

static void ignored(void *arg, unsigned line, const char *what, const char *why)
{
	CHECK(arg == &last && is_printable(what) && is_printable(why) && strlen(what) <= 60);
	CHECK(line && line <= lines);
}

static void refused(void *arg, const char *key, const char *why)
{
	CHECK(arg == &last && is_printable(key) && is_printable(why));
}

static void check_path(const char *path)
{
	CHECK(!path || (is_prefixed_with(path, D2D_BOOT2DOCKER"/") && !strstr(path, "/../")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_profile p;
	const llist_t *l, *m;
	size_t i;

	for (lines = 1, i = 0; i < size; i++)
		lines += data[i] == '\n';
	/* The text has no '\0' behind it. */
	if (d2d_profile_parse((const char *)data, size, &p, ignored, &last) < 0)
		CHECK(memchr(data, '\0', size) || size > D2D_PROFILE_MAX);
	for (l = p.env; l; l = l->link) {
		const char *value = strchr(l->data, '=');

		CHECK(value && value > l->data && !strchr(l->data, '\n') && !is_prefixed_with(l->data, "LD_"));
		for (m = l->link; m; m = m->link)
			CHECK(strncmp(l->data, m->data, value - l->data + 1) != 0);
	}
	check_path(p.ca);
	check_path(p.cert);
	check_path(p.key);
	d2d_daemon_json_check(p.settings, size % 2, refused, &last);
	CHECK(!json_object_object_get_ex(p.settings, "hosts", NULL) && !json_object_object_get_ex(p.settings, "tlsverify", NULL));
	CHECK(!json_object_object_get_ex(p.settings, "data-root", NULL));
	CHECK(d2d_is_utf8(json_object_to_json_string(p.settings)));
	d2d_profile_free(&p);
	return 0;
}
