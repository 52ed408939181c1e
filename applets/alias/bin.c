/*
 * d2dalias bin: offers the programs in the directories d2d/bin of all volumes as commands, and those in d2d/cli-plugins as plugins
 * of Docker's command line program, as far as the trust mode allows.
 *
 * The command is a symbolic link to a copy of the program in memory. Each run of 'bin' writes its copies to a new directory and
 * removes the old copies afterwards, so that a command never disappears in between.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_bin.o

#include <sys/file.h>
#include "d2dalias.h"
#include "d2d_hook.h"

#define COPIES D2D_RUN"/bin"
#define PLUGINS "/usr/local/lib/docker/cli-plugins"
#define LIST "list"		/* file in COPIES for 'd2dalias list', whose caller may have no access to the volumes */

struct scripts {
	struct d2dalias *d;
	unsigned kind;		/* D2D_KIND_BIN or D2D_KIND_PLUGINS */
	const char *dir;	/* where the commands or plugins are offered */
	struct d2d_hooks list;
	char *copies, *now;	/* directory of all copies, and its subdirectory for this run and kind */
	int code;		/* exit status */
};

/* Returns whether PATH is a symbolic link to a copy that d2dalias has made. */
static bool is_ours(const struct scripts *s, const char *path)
{
	char *target = xmalloc_readlink(path);
	bool ours = target && is_prefixed_with(target, s->copies) && target[strlen(s->copies)] == '/';

	free(target);
	return ours;
}

/* Returns what already has this name and keeps it, or NULL if the name is free. The caller frees it. */
static char *taken_by(const struct scripts *s, const char *name, const char *path)
{
	char *other, *image;
	struct stat st;

	if (s->kind == D2D_KIND_PLUGINS)
		return lstat(path, &st) == 0 && !is_ours(s, path) ? xstrdup(path) : NULL;
	other = d2dalias_shadowed_by(name);
	if (other || is_ours(s, path))
		return other;
	image = d2d_alias_read(path);
	if (image)
		other = image[0] ? xasprintf("the command of image %s", image) : xstrdup(path);
	free(image);
	return other;
}

static void print_problem(const struct d2d_hook *hook)
{
	char *file = d2d_printable(hook->file, strlen(hook->file));

	bb_error_msg("%s: %s%s", file, hook->state == D2D_HOOK_OVERRIDDEN ? "overridden " : "", hook->why);
	free(file);
}

static void link_script(struct scripts *s, struct d2d_hook *hook)
{
	char *path = concat_path_file(s->dir, hook->name);
	char *other = taken_by(s, hook->name, path), *tmp = NULL;

	if (other) {
		hook->why = xasprintf("by %s, which already exists", other);
		hook->state = D2D_HOOK_OVERRIDDEN;
		print_problem(hook);
	} else {
		bool is_new = !is_ours(s, path);

		tmp = xasprintf("%s.%u~", path, (unsigned)getpid());
		unlink(tmp);
		if (symlink(hook->path, tmp) < 0 || rename(tmp, path) < 0) {
			bb_perror_msg("can't write '%s'", path);
			unlink(tmp);
			s->code = EXIT_FAILURE;
		} else if (is_new) {
			printf("%s: runs a %s of %s (%s)\n", hook->name, s->kind == D2D_KIND_BIN ? "script" : "plugin",
				hook->source, hook->trust);
		}
	}
	free(tmp);
	free(other);
	free(path);
}

/* Removes the links that don't lead to a copy of this run. */
static void remove_old_links(const struct scripts *s)
{
	char **names;
	int i, n = d2d_dir_list(s->dir, INT_MAX - 1, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(s->dir, names[i]);

		if (is_ours(s, path)) {
			char *target = xmalloc_readlink(path);

			if (target && (!is_prefixed_with(target, s->now) || target[strlen(s->now)] != '/') && unlink(path) == 0)
				printf("%s: removed\n", printable_string(names[i]));
			free(target);
		}
		free(path);
	}
	d2d_dir_list_free(names, n);
}

/* Removes the copies of all runs but NOW. */
static void remove_old_copies(const char *copies, const char *now)
{
	char **names;
	int i, n = d2d_dir_list(copies, INT_MAX - 1, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(copies, names[i]);

		if (strcmp(path, now) != 0 && isdigit(names[i][0]))
			remove_file(path, FILEUTILS_RECUR | FILEUTILS_FORCE);
		free(path);
	}
	d2d_dir_list_free(names, n);
}

/* Appends a line for each program to TEXT, which is freed. The caller frees the result. */
static char *list_lines(const struct scripts *s, char *text)
{
	char *longer;
	unsigned i;

	for (i = 0; i < s->list.n; i++) {
		const struct d2d_hook *hook = s->list.hook[i];
		char *line = xasprintf("%s %s (%s) %s %s%s%s", hook->name, hook->source, hook->trust ? : "-", hook->file,
			d2d_hook_state(hook), hook->state == D2D_HOOK_REFUSED ? ": " : hook->why ? " " : "", hook->why ? : "");
		char *shown = d2d_printable(line, strlen(line));

		longer = xasprintf("%s%s\n", text, shown);
		free(text);
		text = longer;
		free(shown);
		free(line);
	}
	return text;
}

static void write_list(const char *copies, const char *text)
{
	char *path = concat_path_file(copies, LIST);
	int err = d2d_file_write(path, text);

	if (err < 0)
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
	free(path);
}

void d2dalias_print_scripts(const struct d2dalias *d)
{
	char *path = xasprintf("%s"COPIES"/"LIST, d->root), *text = xmalloc_open_read_close(path, NULL);

	if (text)
		fputs_stdout(text);
	free(text);
	free(path);
}

static void find_scripts(struct scripts *s)
{
	struct d2d_trust trust = { .root = NULL };
	char **env = d2d_hook_env(s->d->root, NULL);

	d2d_trust_begin(&trust, s->d->root, d2d_hook_option(env, "HOOKS"), d2d_hook_option(env, "STORE"));
	trust.kind = s->kind;
	trust.copies = s->now + strlen(s->d->root);
	d2d_bin_find(&s->list, s->d->root, &trust, true);
	d2d_trust_free(&trust);
	d2d_hook_env_free(env);
}

/* Offers the programs of one kind. */
static void offer(struct scripts *s)
{
	unsigned i;

	find_scripts(s);
	if (s->list.n && bb_make_directory(auto_string(xstrdup(s->dir)), 0755, FILEUTILS_RECUR) < 0) {
		s->code = EXIT_FAILURE;
		return;
	}
	for (i = 0; i < s->list.n; i++) {
		struct d2d_hook *hook = s->list.hook[i];

		if (hook->state == D2D_HOOK_RUNS) {
			link_script(s, hook);
		} else if (hook->state == D2D_HOOK_REFUSED) {
			print_problem(hook);
			s->code = EXIT_FAILURE;
		}
	}
	remove_old_links(s);
}

int d2dalias_bin(struct d2dalias *d, char **argv)
{
	static const unsigned kinds[] = { D2D_KIND_BIN, D2D_KIND_PLUGINS };
	char *copies, *now, *text = xstrdup("");
	int lock, code = EXIT_SUCCESS;
	unsigned i;

	if (*argv)
		bb_show_usage();
	if (!d->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d alias bin", bb_msg_you_must_be_root);
	copies = xasprintf("%s"COPIES, d->root);
	now = xasprintf("%s/%llu.%u", copies, d2d_now(), (unsigned)getpid());
	if (bb_make_directory(copies, 0755, FILEUTILS_RECUR) < 0)
		return EXIT_FAILURE;
	/* Wait for other runs: a USB stick may be plugged in while the hook of the boot runs 'bin', too. */
	lock = xopen3(auto_string(concat_path_file(copies, ".lock")), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	while (flock(lock, LOCK_EX) < 0 && errno == EINTR)
		continue;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct scripts s = { .d = d, .kind = kinds[i], .copies = copies };

		s.dir = s.kind == D2D_KIND_BIN ? d->dir : xasprintf("%s"PLUGINS, d->root);
		s.now = concat_path_file(now, d2d_kind_dir(s.kind));
		offer(&s);
		text = list_lines(&s, text);
		code |= s.code;
	}
	remove_old_copies(copies, now);
	write_list(copies, text);
	close(lock);
	return code;
}
