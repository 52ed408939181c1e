/*
 * d2dcheck: which hooks, commands, plugins, layers and settings of the ISO the boot would use. What decides is the code that
 * decides in the boot, on a copy of the ISO's d2d/.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCHECK) += d2dcheck_hooks.o

#include "d2dcheck.h"
#include "d2d_hook.h"

/* Finds the files of a kind, and whether they are used. */
static void find(const struct d2dcheck *c, struct d2d_hooks *list, struct d2d_trust *trust, unsigned kind)
{
	const char *stage = "";
	unsigned i;

	trust->kind = kind;
	d2d_hooks_scan_all(list, c->root, trust);
	d2d_hooks_sort(list);
	if (kind != D2D_KIND_HOOKS) {
		d2d_trust_stage(trust, list, d2d_kind_dir(kind), false);
		return;
	}
	for (i = 0; i < list->n; i++) {
		if (strcmp(list->hook[i]->stage, stage) == 0 || !d2d_hook_name_ok(list->hook[i]->stage))
			continue;
		stage = list->hook[i]->stage;
		d2d_trust_stage(trust, list, stage, false);
		d2d_hooks_plan(list, stage, NULL);
	}
}

/* Returns why the layer can't be used, or NULL; the caller frees it. Prints warnings. The copy may lack all but its beginning. */
static char *layer_fault(const struct d2dcheck *c, const char *name)
{
	char *path = xasprintf("d2d/layers/%s", name);
	const struct d2d_iso_file *file = d2d_iso_regular(&c->iso, path);
	char *why = file && file->size ? d2d_squashfs_check(c->iso.fd, file->at, file->size) : NULL;
	llist_t *others = NULL, *l;

	if (!why && file && file->size && d2d_iso_layer_fits(&c->iso, c->iso.path, file->at, &others, &why) == -ENOENT) {
		d2dcheck_row("layer", "%s: not compared with the ISO: %s", name, why);
		free(why);
		why = NULL;
	}
	for (l = others; l; l = l->link)
		d2dcheck_row("layer", "%s: warning: %s", name, l->data);
	llist_free(others, free);
	free(path);
	return why;
}

/* Returns whether the hook NAME in the same stage of the image is replaced by this one. */
static bool overrides(const struct d2d_hooks *list, const struct d2d_hook *hook)
{
	unsigned i;

	for (i = 0; i < list->n; i++)
		if (list->hook[i] != hook && strcmp(list->hook[i]->stage, hook->stage) == 0
		 && strcmp(list->hook[i]->name, hook->name) == 0)
			return true;
	return false;
}

static void show(struct d2dcheck *c, const struct d2d_hooks *list, const struct d2d_hook *hook, unsigned kind,
		const char *signature)
{
	static const char *const titles[] = { "hook", "command", "layer", "plugin", "setting" };
	char *fault = kind == D2D_KIND_LAYERS ? layer_fault(c, hook->name) : NULL,
		*id = kind == D2D_KIND_HOOKS ? xasprintf("%s/%s", hook->stage, hook->name) : xstrdup(hook->name);
	const char *why = fault ? fault : hook->why;

	if (fault || hook->state == D2D_HOOK_FAILED || (hook->state == D2D_HOOK_REFUSED && !hook->trust))
		d2dcheck_wrong(c, "%s %s: %s", titles[kind], id, why ? why : "can't be used");
	else if (hook->state == D2D_HOOK_REFUSED)
		d2dcheck_row(titles[kind], "%s: not used: %s", id, why);
	else if (hook->state == D2D_HOOK_MASKS)
		d2dcheck_row(titles[kind], "%s: switches this one off (%s)", id, signature);
	else
		d2dcheck_row(titles[kind], "%s: %s%s (%s)", id, kind == D2D_KIND_HOOKS ? "runs" : "is used",
			kind == D2D_KIND_HOOKS && overrides(list, hook) ? " instead of the image's own" : "", signature);
	free(id);
	free(fault);
}

/* Returns what is known about the signature of a file. With the mode "signed", the functions that decide say why one isn't
 * valid. The caller frees it. */
static char *signature_of(struct d2dcheck *c, const struct d2d_hooks *strict, const struct d2d_hook *hook, bool has_manifest)
{
	unsigned i;

	for (i = 0; i < strict->n; i++) {
		const struct d2d_hook *same = strict->hook[i];

		if (strcmp(same->file, hook->file) != 0)
			continue;
		if (same->trust && strcmp(same->trust, "image") == 0)
			return xstrdup("the image's own");
		if (!has_manifest)
			break;
		if (same->trust && is_prefixed_with(same->trust, "signed"))
			return xstrdup(same->trust);
		/* Without the key nothing can be said about the signature. */
		if (same->why && strstr(same->why, "unknown key"))
			return xstrdup("signature not verified: -k names the key");
		if (same->why)
			d2dcheck_wrong(c, "%s/%s: its signature isn't valid: %s", hook->stage, hook->name, same->why);
		return xstrdup("unsigned");
	}
	return xstrdup("unsigned");
}

/* The boot doesn't compare modes on ISO 9660. On the file system of the copy it would, so that the copies get the modes of the
 * manifest, except that none becomes executable. */
static void fit_modes(const char *dir, const char *manifest)
{
	struct d2d_manifest m = { .n = 0 };
	char *text, *why = NULL;
	size_t len;
	unsigned i;

	if (d2d_file_read(manifest, D2D_MANIFEST_MAX, &text, &len) < 0)
		return;
	if (d2d_manifest_parse(text, len, &m, &why) < 0)
		m.n = 0;
	for (i = 0; i < m.n; i++) {
		char *clean = d2d_clean_name(m.entry[i].path), *path = concat_path_file(dir, m.entry[i].path);
		struct stat st;

		if (clean && strcmp(clean, m.entry[i].path) == 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode)
		 && !(st.st_mode & 0111) == !(m.entry[i].mode & 0111))
			chmod(path, m.entry[i].mode);
		free(path);
		free(clean);
	}
	d2d_manifest_free(&m);
	free(why);
	free(text);
}

static void check_kind(struct d2dcheck *c, unsigned kind)
{
	struct d2d_trust trust = { .root = NULL }, strict = { .root = NULL };
	struct d2d_hooks list = { .n = 0 }, signed_list = { .n = 0 };
	char *medium = xasprintf("%s"D2D_MEDIUM"/d2d", c->root), *dir = d2d_kind_path(kind, medium),
		*manifest = concat_path_file(dir, "manifest");
	bool has_manifest = access(manifest, F_OK) == 0;
	unsigned i;

	fit_modes(dir, manifest);
	/* The mode of the image, and that of the menu; ROOT/etc/d2d/trust isn't needed. "auto" depends on the machine: here it has no
	 * encrypted volume. */
	d2d_trust_begin(&trust, c->root, c->strict, NULL);
	if (c->mode && strcmp(c->mode, "signed") == 0)
		trust.mode = MAX(trust.mode, D2D_TRUST_SIGNED);
	else if (c->mode && strcmp(c->mode, "builtin") == 0)
		trust.mode = D2D_TRUST_BUILTIN;
	else if (trust.mode == D2D_TRUST_AUTO)
		trust.mode = D2D_TRUST_ANY;
	if (trust.mode == D2D_TRUST_BUILTIN && !(kind == D2D_KIND_LAYERS && trust.own.n)) {
		if (access(dir, F_OK) == 0 && kind == D2D_KIND_HOOKS)
			d2dcheck_row("hook", "none of the ISO's d2d/hooks runs in this trust mode");
	} else {
		find(c, &list, &trust, kind);
		d2d_trust_begin(&strict, c->root, "signed", NULL);
		find(c, &signed_list, &strict, kind);
	}
	for (i = 0; i < list.n; i++) {
		char *signature;

		if (strcmp(list.hook[i]->source, "medium") != 0)
			continue;
		signature = signature_of(c, &signed_list, list.hook[i], has_manifest);
		show(c, &list, list.hook[i], kind, signature);
		free(signature);
	}
	d2d_hooks_free(&signed_list);
	d2d_hooks_free(&list);
	d2d_trust_free(&strict);
	d2d_trust_free(&trust);
	free(manifest);
	free(dir);
	free(medium);
}

void d2dcheck_hooks(struct d2dcheck *c)
{
	unsigned kind;

	for (kind = D2D_KIND_HOOKS; kind <= D2D_KIND_SETTINGS; kind++)
		check_kind(c, kind);
	if (d2d_iso_regular(&c->iso, "d2d/early.img"))
		d2dcheck_row("hook", "d2d/early.img: hooks for the time before volumes are found, not looked into");
}
