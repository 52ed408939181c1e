/*
 * d2droot: makes the root a union of the unpacked initramfs, layers on volumes, and a directory for changes.
 *
 * pivot_root(2) replaces the root of all processes, including init and the running hooks. Every step before it can be
 * undone, so that the old root stays if the new one can't be made.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DROOT
//config:	bool "d2droot"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	select LOSETUP
//config:	help
//config:	Stacks squashfs files on volumes (d2d/layers/*.sqfs) over the
//config:	root, and keeps changes of the root in memory or on the store.

//applet:IF_D2DROOT(APPLET(d2droot, BB_DIR_USR_BIN, BB_SUID_DROP))

//config:config FEATURE_D2DROOT_LEAN
//config:	bool "Images whose base system stays on the medium"
//config:	default y
//config:	depends on D2DROOT
//config:	help
//config:	Needed by the image "lean".

//kbuild:lib-$(CONFIG_D2DROOT) += d2droot.o

//usage:#define d2droot_trivial_usage
//usage:       "[-l] [-k KIND] [-R ROOT]"
//usage:#define d2droot_full_usage "\n\n"
//usage:       "Make the root a union of the initramfs and the layers, which are the files\n"
//usage:       "d2d/layers/*.sqfs on volumes\n"
//usage:     "\n	-l,--list	Show the layers, lowest first; change nothing"
//usage:     "\n	-k,--kind KIND	Kind of root, instead of d2d.root=: auto (a union if"
//usage:     "\n			there are layers), ram (no union), overlay, aufs;"
//usage:     "\n			overlay,store and aufs,store keep changes on the store"
//usage:     "\n	-R,--root ROOT	Look for volumes below ROOT (with -l)"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed or a layer was refused, 77 nothing to do: the root"
//usage:     "\nis left as it is"

#include "d2droot.h"

enum { OPT_l = 1 << 0 };

#define DEFAULT "/etc/d2d/root"

/* ---- the kind ---- */

/* Parses a kind of root, such as "overlay,store"; dies if it is unknown. */
static void parse_kind(struct d2droot *r, const char *kind)
{
	static const char kinds[] ALIGN1 = "auto\0ram\0overlay\0aufs\0";
	char *text = xstrdup(kind), *comma = strchr(text, ',');

	if (comma)
		*comma++ = '\0';
	r->kind = index_in_strings(kinds, text);
	if (r->kind < 0 || (comma && (strcmp(comma, "store") != 0 || r->kind < D2DROOT_OVERLAY)))
		bb_error_msg_and_die("unknown kind of root '%s': use auto, ram, overlay, aufs, overlay,store or aufs,store",
			printable_string(kind));
	r->keep = comma != NULL;
	free(text);
}

static void decide_kind(struct d2droot *r, const char *given)
{
	char *option = given ? NULL : d2d_option("root"), *text = NULL;
	size_t len;

	if (option && option[0])
		given = option;
	if (!given && d2d_file_read(DEFAULT, 64, &text, &len) == 0) {
		chomp(text);
		given = text;
	}
	parse_kind(r, given ? given : "auto");
	free(text);
	free(option);
}

/* ---- layers ---- */

static void begin_trust(struct d2droot *r)
{
	struct d2d_trust *t = &r->trust;
	char **env = d2d_hook_env(r->root, NULL);

	d2d_trust_begin(t, r->root, d2d_hook_option(env, "HOOKS"), d2d_hook_option(env, "STORE"));
	t->kind = D2D_KIND_LAYERS;
	t->copies = D2D_ROOT"/copies";
	d2d_hook_env_free(env);
}

static char *describe(const struct d2d_hook *layer)
{
	char *line = xasprintf("%s %s (%s) %s %s%s%s", layer->name, layer->source, layer->trust ? layer->trust : "-", layer->file,
		layer->state == D2D_HOOK_RUNS ? "stacked" : d2d_hook_state(layer),
		layer->state == D2D_HOOK_REFUSED ? ": " : layer->why ? " " : "", layer->why ? layer->why : "");
	char *shown = d2d_printable(line, strlen(line));

	free(line);
	return shown;
}

static int print_layers(const struct d2droot *r)
{
	int code = EXIT_SUCCESS;
	unsigned i;

	for (i = 0; i < r->layers.n; i++) {
		char *line = describe(r->layers.hook[i]);

		puts(line);
		free(line);
		if (r->layers.hook[i]->state == D2D_HOOK_REFUSED)
			code = EXIT_FAILURE;
	}
	return code;
}

static unsigned count_layers(const struct d2droot *r)
{
	unsigned i, n = 0;

	for (i = 0; i < r->layers.n; i++)
		n += r->layers.hook[i]->state == D2D_HOOK_RUNS;
	return n;
}

/* Returns "; not used: 20-a.sqfs, 30-b.sqfs", or an empty text if all layers are used. The caller frees it. The last line of the
 * output is what the report shows. */
static char *not_used(const struct d2droot *r)
{
	char *text = xstrdup("");
	unsigned i;

	for (i = 0; i < r->layers.n; i++) {
		const struct d2d_hook *layer = r->layers.hook[i];
		char *longer;

		if (layer->state != D2D_HOOK_REFUSED)
			continue;
		longer = xasprintf("%s%s%s", text, text[0] ? ", " : "; not used: ", printable_string(layer->name));
		free(text);
		text = longer;
	}
	return text;
}

static int stay(const struct d2droot *r)
{
	char *refused = not_used(r);

	d2droot_end();
	printf("the root stays as it was unpacked%s\n", r->code ? refused : ": no volume has d2d/layers");
	free(refused);
	return r->code ? r->code : D2D_EXIT_NOTHING;
}

int d2droot_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2droot_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"list\0" No_argument       "l"
		"kind\0" Required_argument "k"
		"root\0" Required_argument "R"
		;
	struct d2droot r = { .root = "" };
	const char *kind = NULL;
	char *refused;
	unsigned n, opt;
	int err;

	opt = getopt32long(argv, "^" "lk:R:" "\0" "=0", longopts, &kind, &r.root);
	if (r.root[0] && !(opt & OPT_l))
		bb_show_usage();
	if (!r.root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d root", bb_msg_you_must_be_root);
	decide_kind(&r, kind);
	begin_trust(&r);
	if (opt & OPT_l) {
		d2d_bin_find(&r.layers, r.root, &r.trust, false);
		fflush_stdout_and_exit(print_layers(&r));
	}
	if (d2droot_is_union())
		bb_simple_error_msg_and_die("the root is a union already");
	if (r.kind == D2DROOT_RAM && !d2droot_is_lean()) {
		puts("the root stays as it was unpacked: d2d.root=ram");
		fflush_stdout_and_exit(D2D_EXIT_NOTHING);
	}
	if (d2droot_begin() < 0)
		return EXIT_FAILURE;
	/* The base system comes first, because nothing works without it. */
	if (d2droot_is_lean() && d2droot_find_base(&r) < 0) {
		d2droot_end();
		return EXIT_FAILURE;
	}
	if (r.kind != D2DROOT_RAM)
		d2d_bin_find(&r.layers, r.root, &r.trust, true);
	r.code = print_layers(&r);
	n = count_layers(&r);
	if (!n && !r.base && r.kind == D2DROOT_AUTO)
		fflush_stdout_and_exit(stay(&r));
	d2droot_read_packages(&r);
	if (r.keep)
		d2droot_check_store(&r);
	fflush_all();
	err = d2droot_union(&r);
	if (err == D2DROOT_NO_LAYERS)
		fflush_stdout_and_exit(stay(&r));
	if (err < 0) {
		d2droot_end();
		return EXIT_FAILURE;
	}
	refused = not_used(&r);
	printf("the root is a union (%s) of %u layer%s%s and the initramfs; changes are kept %s%s\n",
		r.kind == D2DROOT_AUFS ? "aufs" : "overlay", r.used, r.used == 1 ? "" : "s",
		!r.base ? "" : r.in_memory ? ", the base system in memory" : ", the base system on the medium",
		r.keep ? "on the store" : "in memory", refused);
	free(refused);
	fflush_stdout_and_exit(r.code);
}
