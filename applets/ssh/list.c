/*
 * d2dssh: shows whether the server listens, its host keys, and who may log in.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSSH) += d2dssh_list.o

#include "d2dssh.h"

struct source {
	const char *file;
	int code;
};

static void row(const char *label, const char *text)
{
	printf("%-7s %s\n", label, text);
}

static void found(void *arg, const struct d2d_ssh_key *key)
{
	const struct source *s = arg;
	char *print = d2d_ssh_fingerprint(&key->blob), *options = d2d_printable(key->options, strlen(key->options));

	printf("%-7s %s (%s)%s%s\n", "login", print, d2d_ssh_type_name(key->blob.type), key->comment[0] ? " " : "", key->comment);
	printf("%-9s %s%s%s\n", "", s->file, options[0] ? ", " : "", options);
	free(options);
	free(print);
}

static void wrong(void *arg, unsigned line, const char *why)
{
	struct source *s = arg;

	printf("%-7s %s, line %u: %s\n", "refused", s->file, line, why);
	s->code = EXIT_FAILURE;
}

/* Prints the keys of a file. A file that doesn't exist has none. */
static int list_file(const struct d2dssh *d, const char *file)
{
	struct source s = { file, EXIT_SUCCESS };
	struct d2d_ssh_reader reader = { found, wrong, &s };
	char *path = d2dssh_path(d, file), *text;
	size_t len;
	int err = d2d_file_read(path, D2DSSH_FILE_MAX, &text, &len);

	if (err == 0) {
		d2d_ssh_file(text, len, &reader);
	} else if (err != -ENOENT) {
		printf("%-7s %s: %s\n", "refused", file, d2d_file_error(err));
		s.code = EXIT_FAILURE;
	}
	free(text);
	free(path);
	return s.code;
}

/* Prints the keys of a home directory. dropbear ignores them if others than the user may write to one of the directories. */
static int list_home(const struct d2dssh *d, const char *home)
{
	char *dir = xasprintf("%s/.ssh", home), *file = xasprintf("%s/authorized_keys", dir);
	const char *dirs[] = { home, dir };
	int code = list_file(d, file);
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		char *path = d2dssh_path(d, dirs[i]);
		struct stat st;

		if (stat(path, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH))) {
			printf("%-7s %s: other users may write to '%s': chmod go-w %s\n", "refused", file, dirs[i], dirs[i]);
			code = EXIT_FAILURE;
		}
		free(path);
	}
	free(file);
	free(dir);
	return code;
}

/* Prints the keys that were collected at boot. A line "# FILE" precedes those of each file. */
static int list_collected(const struct d2dssh *d)
{
	struct source s = { NULL, EXIT_SUCCESS };
	struct d2d_ssh_reader reader = { found, wrong, &s };
	char *path = d2dssh_path(d, D2DSSH_KEYS), *text = xmalloc_open_read_close(path, NULL), *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n")) != NULL) {
		if (is_prefixed_with(line, "# "))
			s.file = line + 2;
		else if (s.file)
			d2d_ssh_file(line, strlen(line), &reader);
	}
	free(text);
	free(path);
	return s.code;
}

/* Prints each line of a text. */
static void rows(const char *label, char *text)
{
	char *line;

	while (text && (line = strsep(&text, "\n")) != NULL)
		if (*line)
			row(label, line);
}

int d2dssh_list(const struct d2dssh *d)
{
	char *state = d2dssh_state(d);
	char *prints_path = d2dssh_path(d, D2DSSH_FINGERPRINTS), *prints = xmalloc_open_read_close(prints_path, NULL);
	int code;

	row("server", !state ? "not started: the hook 60-services/40-ssh has not run" : d2dssh_listens(d) ? "listens on port 22" :
		strcmp(state, "waits") == 0 ? "starts as soon as there is a key" : state);
	rows("host", prints);
	code = list_collected(d) | list_home(d, "/home/docker");
	if (ENABLE_FEATURE_D2DSSH_ROOT && geteuid() == 0)
		code |= list_home(d, "/root");
	free(prints);
	free(prints_path);
	free(state);
	fflush_stdout_and_exit(code);
}
