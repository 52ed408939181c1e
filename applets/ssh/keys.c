/*
 * d2dssh: collects the keys that may log in besides those of the home directories: from d2d/authorized_keys of volumes, and from
 * the kernel command line.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_keys.o

#include "d2dssh.h"

enum { WRONG_SHOWN = 5 };	/* lines of a file about which a message is printed */

struct source {
	struct d2dssh *d;
	FILE *out;		/* the text of D2DSSH_KEYS */
	const char *file;	/* as shown in messages */
	unsigned wrong;		/* lines of it that are refused */
	unsigned n;		/* keys of all files and of the command line */
};

static void found(void *arg, const struct d2d_ssh_key *key)
{
	struct source *s = arg;
	char *line = d2d_ssh_key_line(key);

	fputs(line, s->out);
	s->n++;
	free(line);
}

static void wrong(void *arg, unsigned line, const char *why)
{
	struct source *s = arg;

	s->d->code = EXIT_FAILURE;
	if (s->wrong++ >= WRONG_SHOWN)
		return;
	if (line)
		printf("%s, line %u: %s\n", s->file, line, why);
	else
		printf("%s: %s\n", s->file, why);
}

/* Adds the keys of the file at PATH, which messages call NAME. Prints TRUST behind their number. */
static void add_file(struct source *s, const char *path, const char *name, const char *trust)
{
	struct d2d_ssh_reader reader = { found, wrong, s };
	char *shown = d2d_printable(name, strlen(name)), *text;
	unsigned n = 0;
	size_t len;
	int err = d2d_file_read(path, D2D_SSH_FILE_MAX, &text, &len);

	s->file = shown;
	s->wrong = 0;
	if (err < 0) {
		printf("%s: %s\n", shown, d2d_file_error(err));
		s->d->code = EXIT_FAILURE;
	} else {
		fprintf(s->out, "# %s\n", shown);
		n = d2d_ssh_file(text, len, &reader);
		if (s->wrong > WRONG_SHOWN)
			printf("%s: %u more lines are refused\n", shown, s->wrong - WRONG_SHOWN);
		printf("%s: keys: %u (%s)\n", shown, n, trust);
	}
	free(text);
	free(shown);
}

/* The keys of all volumes count, unlike settings with the same name, of which one counts. */
static void add_files(struct source *s)
{
	struct d2d_trust trust = { .root = NULL };
	struct d2d_hooks files = { NULL, 0 };
	char **env = d2d_hook_env(s->d->root, NULL);
	char *how = d2d_option_at(s->d->root, "ssh");
	/* With d2d.ssh=early, a stick may have brought keys that are good for the passphrase only. */
	bool early = how && strcmp(how, "early") == 0;
	unsigned i;

	free(how);
	d2d_trust_begin(&trust, s->d->root, d2d_hook_option(env, "HOOKS"), d2d_hook_option(env, "STORE"));
	trust.kind = D2D_KIND_SETTINGS;
	trust.copies = D2DSSH_DIR"/verified";
	d2d_bin_find(&files, s->d->root, &trust, true);
	d2d_trust_free(&trust);
	d2d_hook_env_free(env);
	for (i = 0; i < files.n; i++) {
		const struct d2d_hook *file = files.hook[i];

		if (strcmp(file->name, D2D_SETTING_KEYS) != 0)
			continue;
		if (file->state == D2D_HOOK_RUNS || file->state == D2D_HOOK_OVERRIDDEN) {
			add_file(s, file->path, file->file, file->trust ? : "-");
		} else if (file->state == D2D_HOOK_REFUSED) {
			printf("%s: refused: %s\n", auto_string(d2d_printable(file->file, strlen(file->file))), file->why);
			if (!early)
				s->d->code = EXIT_FAILURE;
		}
	}
	d2d_hooks_free(&files);
}

/* Adds the keys of all volumes, whether they are signed or not: all that they are good for is to be asked for the passphrase, as on
 * the console. */
static void add_files_early(struct source *s)
{
	llist_t *dirs = d2d_volume_dirs(s->d->root), *dir;

	for (dir = dirs; dir; dir = dir->link) {
		char *path = concat_path_file(dir->data, "d2d/"D2D_SETTING_KEYS);
		struct stat st;

		if (lstat(path, &st) == 0)
			add_file(s, path, path, "for the passphrase only");
		free(path);
	}
	llist_free(dirs, free);
}

/* Adds the keys of d2d.ssh-key=. */
static void add_option(struct source *s)
{
	char *keys = d2d_option_at(s->d->root, "ssh-key"), *rest = keys, *word;
	struct d2d_ssh_key key = { .options = (char *)"", .comment = (char *)"" };

	if (!keys)
		return;
	fputs("# d2d.ssh-key=\n", s->out);
	while ((word = strsep(&rest, ",")) != NULL) {
		const char *why = *word ? d2d_ssh_blob_decode(&key.blob, word, strlen(word)) : NULL;

		if (why) {
			printf("d2d.ssh-key=%.20s...: %s; it takes the second word of a .pub file\n", printable_string(word), why);
			s->d->code = EXIT_FAILURE;
		} else if (*word) {
			found(s, &key);
		}
	}
	free(keys);
}

static unsigned collect(struct d2dssh *d, const char *file, void (*add)(struct source *s))
{
	char *path = d2dssh_path(d, file), *text = NULL;
	struct source s = { .d = d };
	size_t len = 0;
	int err = 0;

	s.out = open_memstream(&text, &len);
	if (!s.out)
		bb_die_memory_exhausted();
	add(&s);
	add_option(&s);
	if (fclose(s.out) != 0)
		bb_die_memory_exhausted();
	if (len)
		err = d2d_file_save(path, text, len);
	else
		unlink(path);
	if (err < 0) {
		printf("can't write '%s': %s\n", path, strerror(-err));
		d->code = EXIT_FAILURE;
	}
	free(text);
	free(path);
	return s.n;
}

void d2dssh_collect(struct d2dssh *d)
{
	collect(d, D2DSSH_KEYS, add_files);
}

bool d2dssh_collect_early(struct d2dssh *d)
{
	return collect(d, D2DSSH_EARLY"/"D2D_SETTING_KEYS, add_files_early) > 0;
}
