/*
 * Builds the environment of hooks.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_env.o

#include "d2d_hook.h"

#define OPTION "D2D_OPT_"

static void add(char ***env, unsigned *n, char *text)
{
	*env = xrealloc_vector(*env, 4, *n);
	(*env)[(*n)++] = text;
}

/* Returns whether a volume is present: DIR is a mount point, or it isn't empty, as in tests that run without mounts. */
static bool is_there(const char *dir)
{
	char *parent = xasprintf("%s/..", dir);
	struct stat a, b;
	bool mounted = stat(dir, &a) == 0 && stat(parent, &b) == 0 && a.st_dev != b.st_dev;
	char **names = NULL;
	int n = 0;

	if (!mounted) {
		n = d2d_dir_list(dir, 1, &names);
		d2d_dir_list_free(names, n);
	}
	free(parent);
	return mounted || n > 0 || n == -E2BIG;
}

static char *volume(const char *name, const char *root, const char *dir)
{
	char *path = xasprintf("%s%s", root, dir);
	char *text = xasprintf("%s=%s", name, is_there(path) ? path : "");

	free(path);
	return text;
}

static char *payloads(const char *root)
{
	char *dir = xasprintf("%s"D2D_PAYLOAD, root);
	char *text = xstrdup("D2D_PAYLOAD="), *longer;
	char **names;
	int i, n = d2d_dir_list(dir, 1000, &names);

	for (i = 0; i < n; i++) {
		longer = xasprintf("%s%s%s/%s", text, i ? " " : "", dir, names[i]);
		free(text);
		text = longer;
	}
	d2d_dir_list_free(names, n);
	free(dir);
	return text;
}

/* Converts an option line like "wait=20" to "D2D_OPT_WAIT=20". */
static char *option(const char *line)
{
	const char *value = strchrnul(line, '=');
	char *text = xasprintf(OPTION"%.*s=%s", (int)(value - line), line, *value ? value + 1 : "");
	char *p;

	for (p = text + strlen(OPTION); *p != '='; p++)
		*p = isalnum(*p) ? toupper(*p) : '_';
	return text;
}

/* If a name is set more than once, the last value wins, as for the kernel's own parameters. */
void d2d_hook_env_set(char ***env, char *text)
{
	size_t len = strchr(text, '=') + 1 - text;
	unsigned n;

	for (n = D2D_HOOK_ENV_OWN; (*env)[n]; n++) {
		if (strncmp((*env)[n], text, len) == 0) {
			free((*env)[n]);
			(*env)[n] = text;
			return;
		}
	}
	add(env, &n, text);
}

/* With a ROOT, as in tests, commands in ROOT/fakes come first. */
static char *path(const char *root)
{
	char *fakes = xasprintf("%s/fakes", root);
	char *text = xasprintf("PATH=%s%s/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin",
		root[0] && access(fakes, X_OK) == 0 ? fakes : "", root[0] && access(fakes, X_OK) == 0 ? ":" : "");

	free(fakes);
	return text;
}

char **d2d_hook_env(const char *root, const llist_t *results)
{
	llist_t *options = d2d_options(root), *l;
	char **env = NULL;
	unsigned n;

	for (n = 0; n < D2D_HOOK_ENV_OWN; )
		add(&env, &n, xstrdup(""));
	add(&env, &n, path(root));
	add(&env, &n, xasprintf("D2D_ROOT=%s", root));
	add(&env, &n, xasprintf("D2D_RUN=%s"D2D_RUN, root));
	add(&env, &n, volume("D2D_MEDIUM", root, D2D_MEDIUM));
	add(&env, &n, volume("D2D_STORE", root, D2D_STORE));
	add(&env, &n, payloads(root));

	for (l = options; l; l = l->link)
		d2d_hook_env_set(&env, option(l->data));
	llist_free(options, free);
	for (; results; results = results->link)
		d2d_hook_env_set(&env, xstrdup(results->data));
	return env;
}

const char *d2d_hook_option(char **env, const char *name)
{
	size_t len = strlen(name);

	for (; *env; env++) {
		const char *p = is_prefixed_with(*env, OPTION);

		if (p && strncmp(p, name, len) == 0 && p[len] == '=')
			return p + len + 1;
	}
	return NULL;
}

void d2d_hook_env_free(char **env)
{
	char **p;

	for (p = env; *p; p++)
		free(*p);
	free(env);
}
