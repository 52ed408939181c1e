/*
 * d2dalias bin: offers the scripts in the directories d2d/bin of all volumes as commands, as far as the trust mode allows.
 *
 * The command is a symbolic link to a copy of the script in memory. Each run of 'bin' writes its copies to a new directory and
 * removes the old copies afterwards, so that a command never disappears in between.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DALIAS) += d2dalias_bin.o

#include <sys/file.h>
#include "d2dalias.h"
#include "d2d_hook.h"

#define COPIES D2D_RUN"/bin"
#define LIST "list"		/* file in COPIES for 'd2dalias list', whose caller may have no access to the volumes */

struct scripts {
	struct d2dalias *d;
	struct d2d_hooks list;
	char *copies, *now;	/* directory of all copies, and its subdirectory for this run */
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

/* Returns what already has this command name and keeps it, or NULL if the name is free. The caller frees it. */
static char *taken_by(const struct scripts *s, const char *name, const char *path)
{
	char *other = d2dalias_shadowed_by(name), *image;

	if (other || is_ours(s, path))
		return other;
	image = d2dalias_read(path);
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
	char *path = concat_path_file(s->d->dir, hook->name);
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
			printf("%s: runs a script of %s (%s)\n", hook->name, hook->source, hook->trust);
		}
	}
	free(tmp);
	free(other);
	free(path);
}

/* Removes the links that don't lead to a copy of this run, and the copies of earlier runs. */
static void remove_old(struct scripts *s)
{
	char **names;
	int i, n = d2d_dir_list(s->d->dir, INT_MAX - 1, &names);

	for (i = 0; i < n; i++) {
		char *path = concat_path_file(s->d->dir, names[i]);

		if (is_ours(s, path)) {
			char *target = xmalloc_readlink(path);

			if (target && (!is_prefixed_with(target, s->now) || target[strlen(s->now)] != '/') && unlink(path) == 0)
				printf("%s: removed\n", printable_string(names[i]));
			free(target);
		}
		free(path);
	}
	d2d_dir_list_free(names, n);

	n = d2d_dir_list(s->copies, INT_MAX - 1, &names);
	for (i = 0; i < n; i++) {
		char *path = concat_path_file(s->copies, names[i]);

		if (strcmp(path, s->now) != 0 && isdigit(names[i][0]))
			remove_file(path, FILEUTILS_RECUR | FILEUTILS_FORCE);
		free(path);
	}
	d2d_dir_list_free(names, n);
}

static void write_list(const struct scripts *s)
{
	char *path = concat_path_file(s->copies, LIST), *text = xstrdup(""), *longer;
	unsigned i;
	int err;

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
	err = d2d_file_write(path, text);
	if (err < 0)
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
	free(text);
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
	trust.kind = D2D_KIND_BIN;
	trust.copies = s->now + strlen(s->d->root);
	d2d_bin_find(&s->list, s->d->root, &trust, true);
	d2d_trust_free(&trust);
	d2d_hook_env_free(env);
}

int d2dalias_bin(struct d2dalias *d, char **argv)
{
	struct scripts s = { .d = d, .code = EXIT_SUCCESS };
	unsigned i;
	int lock;

	if (*argv)
		bb_show_usage();
	if (!d->root[0] && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d alias bin", bb_msg_you_must_be_root);
	s.copies = xasprintf("%s"COPIES, d->root);
	s.now = xasprintf("%s/%llu.%u", s.copies, d2d_now(), (unsigned)getpid());
	if (bb_make_directory(s.copies, 0755, FILEUTILS_RECUR) < 0 || bb_make_directory(xstrdup(d->dir), 0755, FILEUTILS_RECUR) < 0)
		return EXIT_FAILURE;
	/* Wait for other runs: a USB stick may be plugged in while the hook of the boot runs 'bin', too. */
	lock = xopen3(auto_string(concat_path_file(s.copies, ".lock")), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	while (flock(lock, LOCK_EX) < 0 && errno == EINTR)
		continue;

	find_scripts(&s);
	for (i = 0; i < s.list.n; i++) {
		struct d2d_hook *hook = s.list.hook[i];

		if (hook->state == D2D_HOOK_RUNS) {
			link_script(&s, hook);
		} else if (hook->state == D2D_HOOK_REFUSED) {
			print_problem(hook);
			s.code = EXIT_FAILURE;
		}
	}
	remove_old(&s);
	write_list(&s);
	close(lock);
	return s.code;
}
