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
};

static void found(void *arg, const struct d2d_ssh_key *key)
{
	char *line = d2d_ssh_key_line(key);

	fputs(line, ((struct source *)arg)->out);
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

static void add_file(struct source *s, const struct d2d_hook *file)
{
	struct d2d_ssh_reader reader = { found, wrong, s };
	char *shown = d2d_printable(file->file, strlen(file->file)), *text;
	unsigned n = 0;
	size_t len;
	int err = d2d_file_read(file->path, D2D_SSH_FILE_MAX, &text, &len);

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
		printf("%s: keys: %u (%s)\n", shown, n, file->trust ? : "-");
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
	unsigned i;

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
			add_file(s, file);
		} else if (file->state == D2D_HOOK_REFUSED) {
			printf("%s: refused: %s\n", auto_string(d2d_printable(file->file, strlen(file->file))), file->why);
			s->d->code = EXIT_FAILURE;
		}
	}
	d2d_hooks_free(&files);
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

void d2dssh_collect(struct d2dssh *d)
{
	char *path = d2dssh_path(d, D2DSSH_KEYS), *text = NULL;
	struct source s = { .d = d };
	size_t len = 0;
	int err = 0;

	s.out = open_memstream(&text, &len);
	if (!s.out)
		bb_die_memory_exhausted();
	add_files(&s);
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
}
