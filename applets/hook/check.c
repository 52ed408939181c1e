/*
 * d2dhook check: reports what is wrong with a directory of hooks before a machine boots with it.
 *
 * It also runs on other Linux machines, where the image may not be available. A hook that needs something that only the image
 * may have is then reported as a note and not as an error.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DHOOK) += d2dhook_check.o

#include "d2dhook.h"
#include <elf.h>

#define OURS "dir"
#define SIGNED_MAX (16 << 20)

struct check {
	const char *dir;
	const char *image;	/* root directory of the image, "" for /, NULL if the image is not available */
	struct d2d_hooks list;	/* hooks of the directory, and of the image if it is available */
	unsigned errors, notes;
};

static void say(struct check *c, const char *id, bool error, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void say(struct check *c, const char *id, bool error, const char *format, ...)
{
	char *text, *shown;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		bb_die_memory_exhausted();
	va_end(args);
	shown = d2d_printable(text, strlen(text));
	printf("%s: %s: %s\n", id, error ? "error" : "note", shown);
	*(error ? &c->errors : &c->notes) += 1;
	free(text);
	free(shown);
}

/* ---- the file ---- */

/* Returns whether every image has this interpreter, whatever was chosen in menuconfig. */
static bool in_every_image(const char *interpreter, const char *arg)
{
	static const char shells[] ALIGN1 = "/bin/sh\0/usr/bin/sh\0/bin/ash\0/bin/busybox\0/usr/bin/busybox\0";

	return index_in_strings(shells, interpreter) >= 0 || (strcmp(interpreter, "/usr/bin/env") == 0 && strcmp(arg, "sh") == 0);
}

/* Returns whether env(1) finds the program NAME in the PATH that hooks get. */
static bool env_finds(const char *image, const char *name)
{
	static const char path[] ALIGN1 = "/usr/local/bin\0/usr/bin\0/usr/sbin\0/bin\0/sbin\0";
	const char *dir;
	bool found = false;

	for (dir = path; *dir && !found; dir += strlen(dir) + 1) {
		char *line = xasprintf("#!%s/%s\n", dir, name), *why;

		found = d2d_hook_program(line, strlen(line), image, &why) == 0;
		free(line);
		free(why);
	}
	return found;
}

static void check_interpreter(struct check *c, const char *id, const char *buf)
{
	char *line = xstrndup(buf + 2, strcspn(buf + 2, "\n")), *rest;
	const char *interpreter = strtok_r(line, " \t", &rest), *arg = strtok_r(NULL, " \t", &rest) ? : "";

	if (!c->image && !in_every_image(interpreter, arg))
		say(c, id, true, "interpreter '%s%s%s' is not in every image "
			"(/bin/sh, /bin/busybox and '/usr/bin/env sh' are); use -R to check your image",
			interpreter, *arg ? " " : "", arg);
	else if (c->image && strcmp(bb_basename(interpreter), "env") == 0 && *arg && !env_finds(c->image, arg))
		say(c, id, true, "there is no program '%s' in the PATH of hooks, where env looks", arg);
	free(line);
}

static void check_lines(struct check *c, const char *id, const char *buf)
{
	const char *cr = strstr(buf, "\r\n");
	unsigned line = 1;

	for (; cr && buf < cr; buf++)
		line += *buf == '\n';
	if (cr)
		say(c, id, true, "line %u ends in CR LF, as on Windows: the shell takes the CR for a part of the last word", line);
}

static bool is_dynamic(const char *buf, size_t len)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;
	unsigned i;

	memcpy(&head, buf, sizeof(head));
	for (i = 0; i < head.e_phnum; i++) {
		if (head.e_phoff > len || len - head.e_phoff < (i + 1) * sizeof(part))
			break;
		memcpy(&part, buf + head.e_phoff + i * sizeof(part), sizeof(part));
		if (part.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static void check_file(struct check *c, const char *id, const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char buf[D2D_HOOK_HEAD + 1], *why;
	struct stat st;
	ssize_t len;

	if (fd < 0 || fstat(fd, &st) < 0) {
		say(c, id, true, "can't read it: %s", strerror(errno));
		close(fd);
		return;
	}
	len = full_read(fd, buf, D2D_HOOK_HEAD);
	close(fd);
	if (len < 0)
		len = 0;
	buf[len] = '\0';

	if (st.st_size > SIGNED_MAX)
		say(c, id, false, "larger than 16 MiB: it can't run where hooks have to be signed");
	if (d2d_hook_program(buf, len, c->image, &why) < 0) {
		say(c, id, true, "%s", why);
		free(why);
	} else if (buf[0] == '#') {
		check_interpreter(c, id, buf);
		check_lines(c, id, buf);
	} else if (is_dynamic(buf, len)) {
		say(c, id, false, "linked dynamically: all its libraries have to be in the image, so better link it statically");
	}
}

/* ---- the directory ---- */

/* Returns whether the list has this hook from SOURCE, or from any source if SOURCE is NULL. Placeholders that were added by
 * scan_with_needs() have an empty path and don't count. */
static bool is_there(const struct check *c, const char *stage, const char *name, const char *source)
{
	unsigned i;

	for (i = 0; i < c->list.n; i++) {
		const struct d2d_hook *hook = c->list.hook[i];

		if (strcmp(hook->stage, stage) == 0 && strcmp(hook->name, name) == 0 && hook->path[0]
		 && (!source || strcmp(hook->source, source) == 0))
			return true;
	}
	return false;
}

static bool is_ours(const struct d2d_hook *hook)
{
	return strcmp(hook->source, OURS) == 0 && hook->path[0];
}

static void scan(struct check *c)
{
	if (c->image) {
		char *builtin = xasprintf("%s"D2D_HOOKS, c->image);

		d2d_hooks_scan(&c->list, builtin, "builtin", 0);
		free(builtin);
	}
	d2d_hooks_scan(&c->list, c->dir, OURS, 1);
}

static void plan(struct check *c)
{
	const char *stage = "";
	unsigned i;

	for (i = 0; i < c->list.n; i++)
		c->list.hook[i]->foreign = true;
	d2d_hooks_sort(&c->list);
	while ((stage = d2dhook_next_stage(&c->list, stage)) != NULL)
		d2d_hooks_plan(&c->list, stage, NULL);
}

/* Fills the list. Planning stops at the first problem of a hook, so a needed hook that is missing would hide a cycle. Hence
 * this function plans twice, the second time with a placeholder for each missing hook. A placeholder is a refused hook, so it
 * doesn't influence any other hook. */
static void scan_with_needs(struct check *c)
{
	struct d2d_hooks needs = { NULL, 0 };
	unsigned i;

	scan(c);
	plan(c);
	for (i = 0; i < c->list.n; i++) {
		const struct d2d_hook *hook = c->list.hook[i];
		const llist_t *name;

		for (name = hook->head.needs; name; name = name->link)
			if (!is_there(c, hook->stage, name->data, NULL))
				d2d_hooks_refuse(&needs, hook->stage, name->data, "", "");
	}
	d2d_hooks_free(&c->list);

	scan(c);
	for (i = 0; i < needs.n; i++)
		d2d_hooks_add(&c->list, needs.hook[i]);
	free(needs.hook);
	plan(c);
}

static void check_order(struct check *c, const char *id, const struct d2d_hook *hook)
{
	const char *where = c->image ? "neither in this directory nor in the image" : "not in this directory; is it in the image?";
	const llist_t *name;
	unsigned i;

	for (name = hook->head.needs; name; name = name->link)
		if (!is_there(c, hook->stage, name->data, NULL))
			say(c, id, c->image != NULL, "needs %s, which is %s", name->data, where);
	for (name = hook->head.after; name; name = name->link)
		if (!is_there(c, hook->stage, name->data, NULL))
			say(c, id, false, "after %s, which is %s", name->data, where);
	for (i = 0; i < hook->n_deps; i++)
		if (hook->deps[i].need && hook->deps[i].on->state == D2D_HOOK_MASKS)
			say(c, id, false, "needs %s, which is masked: the hook will be skipped", hook->deps[i].on->name);
}

static void check_hook(struct check *c, const struct d2d_hook *hook)
{
	char *id = hook->stage[0] ? d2d_hook_id(hook) : xstrdup(".");
	const llist_t *wrong;

	if (hook->state == D2D_HOOK_REFUSED) {
		say(c, id, true, "%s", hook->why);
	} else if (hook->state == D2D_HOOK_MASKS) {
		if (c->image && !is_there(c, hook->stage, hook->name, "builtin"))
			say(c, id, false, "masks nothing that is in the image");
	} else {
		check_file(c, id, hook->path);
		for (wrong = hook->head.wrong; wrong; wrong = wrong->link)
			say(c, id, true, "%s", wrong->data);
		if (hook->state == D2D_HOOK_FAILED && !hook->head.wrong)
			say(c, id, true, "%s", hook->why);
		check_order(c, id, hook);
		if (hook->head.critical && strcmp(hook->stage, "30-unlock") == 0)
			say(c, id, false, "critical=yes has no effect in 30-unlock: a failed unlock never ends in a shell");
	}
	free(id);
}

static void check_stage(struct check *c, const char *stage)
{
	static const char known[] ALIGN1 = "10-early\0" "20-devices\0" "30-unlock\0" "40-mount\0" "45-root\0" "50-import\0"
		"60-services\0" "70-alias\0" "80-console\0" "90-local\0";
	int nth = index_in_strings(known, stage);

	if (!d2d_hook_name_ok(stage))
		return;
	if (nth < 0)
		say(c, stage, false, "a stage of your own: it runs in the order of its name");
	else if (nth < 2)
		say(c, stage, false, "this stage ends before USB sticks are mounted:"
			" its hooks run only from the image or from early.img");
}

/* ---- the manifest ---- */

static bool is_in_folder(const struct check *c, const char *name)
{
	char *path = concat_path_file(c->dir, name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

static void check_listed(struct check *c, const struct d2d_manifest *m)
{
	unsigned i;

	for (i = 0; i < m->n; i++) {
		char *path = concat_path_file(c->dir, m->entry[i].path);
		char *why = is_in_folder(c, m->entry[i].path) ? d2d_hook_mismatch(&m->entry[i], path)
			: xstrdup("is in the manifest, but missing");

		if (why)
			say(c, m->entry[i].path, true, "%s", why);
		free(why);
		free(path);
	}
}

/* Reports the hooks that the manifest doesn't list, and the head files NAME.d2d of programs that it doesn't list. */
static void check_unlisted(struct check *c, const struct d2d_manifest *m)
{
	unsigned i;

	for (i = 0; i < c->list.n; i++) {
		const struct d2d_hook *hook = c->list.hook[i];
		char *id = d2d_hook_id(hook), *head = xasprintf("%s.d2d", id);

		if (is_ours(hook) && hook->state != D2D_HOOK_REFUSED) {
			if (!d2d_manifest_find(m, id))
				say(c, id, true, "not in the manifest");
			if (is_in_folder(c, head) && !d2d_manifest_find(m, head))
				say(c, head, true, "not in the manifest");
		}
		free(head);
		free(id);
	}
}

static void check_manifest(struct check *c)
{
	char *path = concat_path_file(c->dir, "manifest"), *text, *why;
	struct d2d_manifest m;
	size_t len;
	int err = d2d_file_read(path, D2D_MANIFEST_MAX, &text, &len);

	free(path);
	if (err == -ENOENT) {
		if (is_in_folder(c, "manifest.minisig"))
			say(c, "manifest.minisig", true, "a signature without its manifest");
		return;
	}
	if (err < 0) {
		say(c, "manifest", true, "it %s", d2d_file_error(err));
		return;
	}
	if (d2d_manifest_parse(text, len, &m, &why) < 0) {
		say(c, "manifest", true, "%s", why);
		free(why);
	} else {
		check_listed(c, &m);
		check_unlisted(c, &m);
		d2d_manifest_free(&m);
	}
	if (!is_in_folder(c, "manifest.minisig"))
		say(c, "manifest", false, "not signed yet: minisign -Sm manifest");
	free(text);
}

int d2dhook_check(struct d2dhook *d)
{
	struct check c = { .image = d->root };
	const char *stage = "";
	unsigned i, hooks = 0;

	if (!d->dirs[0] || d->dirs[1])
		bb_show_usage();
	if (!is_directory(d->dirs[0], 1))
		bb_error_msg_and_die("'%s' is not a directory", d->dirs[0]);
	c.dir = d->dirs[0];
	if (!d->rooted && access("/etc/d2d/release", F_OK) != 0)
		c.image = NULL;

	scan_with_needs(&c);
	for (i = 0; i < c.list.n; i++) {
		if (!is_ours(c.list.hook[i]))
			continue;
		if (c.list.hook[i]->name[0] && strcmp(c.list.hook[i]->stage, stage) != 0)
			check_stage(&c, c.list.hook[i]->stage);
		stage = c.list.hook[i]->stage;
		check_hook(&c, c.list.hook[i]);
		hooks++;
	}
	check_manifest(&c);
	printf("%u hook%s, %u error%s, %u note%s\n", hooks, hooks == 1 ? "" : "s", c.errors, c.errors == 1 ? "" : "s",
		c.notes, c.notes == 1 ? "" : "s");
	fflush_stdout_and_exit(c.errors ? EXIT_BAD : EXIT_SUCCESS);
}
