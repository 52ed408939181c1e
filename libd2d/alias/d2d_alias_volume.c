/*
 * Decides which volumes an image may mount without permission: Docker's own volumes, and directories in the caller's home
 * directory. Not allowed are the home directory itself and names in it that begin with a dot, because such files hold keys
 * or are run by the next shell.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_volume.o

#include "d2d_alias.h"

static const char not_a_volume[] ALIGN1 = "unsupported form of a volume";

struct parts {
	char *source, *target;	/* source is NULL for an anonymous volume */
	bool tmpfs, ro, nocopy;
};

static void free_parts(struct parts *p)
{
	free(p->source);
	free(p->target);
}

char *d2d_alias_expand(const struct d2d_alias_caller *caller, const char *text)
{
	static const char *const names[] = { "~", "$HOME", "${HOME}", "$PWD", "${PWD}" };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		const char *rest = is_prefixed_with(text, names[i]);
		const char *folder = i < 3 ? caller->home : caller->cwd;

		if (rest && folder && (!*rest || *rest == '/') && !strchr(rest, '$'))
			return xasprintf("%s%s", strcmp(folder, "/") == 0 && *rest ? "" : folder, rest);
	}
	return text[0] == '/' && !strchr(text, '$') ? xstrdup(text) : NULL;
}

/* Parses SOURCE:TARGET:OPTIONS, the syntax of -v. Returns 0 or -EINVAL; the caller frees the parts in any case. */
static int parse_volume(const char *value, struct parts *p)
{
	char *copy = xstrdup(value), *rest = copy, *word;
	int r = 0;

	p->source = xstrdup(strsep(&rest, ":"));
	if (!rest) {
		p->target = p->source;
		p->source = NULL;
	} else {
		p->target = xstrdup(strsep(&rest, ":"));
	}
	while ((word = strsep(&rest, ",")) != NULL) {
		if (strcmp(word, "ro") == 0)
			p->ro = true;
		else if (strcmp(word, "nocopy") == 0)
			p->nocopy = true;
		else if (strcmp(word, "rw") != 0)
			r = -EINVAL;
	}
	free(copy);
	return r;
}

/* Parses type=bind,src=A,dst=B, the syntax of --mount, with the same results as parse_volume(). Quotes and other keys are
 * refused. */
static int parse_mount(const char *value, struct parts *p)
{
	static const char sources[] ALIGN1 = "source\0" "src\0";
	static const char targets[] ALIGN1 = "target\0" "dst\0" "destination\0";
	char *copy = xstrdup(value), *rest = copy, *key;
	const char *type = "volume";
	int r = strchr(value, '"') ? -EINVAL : 0;

	while ((key = strsep(&rest, ",")) != NULL) {
		char *v = strchr(key, '=');

		if (v)
			*v++ = '\0';
		if ((strcmp(key, "readonly") == 0 || strcmp(key, "ro") == 0) && (!v || strcmp(v, "true") == 0))
			p->ro = true;
		else if (v && strcmp(key, "type") == 0)
			type = v;
		else if (v && !p->source && index_in_strings(sources, key) >= 0)
			p->source = xstrdup(v);
		else if (v && !p->target && index_in_strings(targets, key) >= 0)
			p->target = xstrdup(v);
		else
			r = -EINVAL;
	}
	p->tmpfs = strcmp(type, "tmpfs") == 0;
	if (!p->target || (p->tmpfs && (p->source || p->ro))
	 || (!p->tmpfs && strcmp(type, "bind") != 0 && strcmp(type, "volume") != 0)
	 || (strcmp(type, "bind") == 0 && !p->source)
	)
		r = -EINVAL;
	free(copy);
	return r;
}

static bool is_volume_name(const char *s)
{
	const char *p = s;

	while (isalnum(*p) || (*p && strchr("_.-", *p)))
		p++;
	return isalnum(s[0]) && s[1] && !*p;
}

/* Resolves all symbolic links of an absolute path; its last components need not exist yet. Returns a path for the caller to
 * free, or NULL if it can't be resolved. */
static char *resolve(const char *path)
{
	char *head = xstrdup(path), *tail = xstrdup(""), *real, *slash, *both;
	struct stat st;

	for (slash = last_char_is(head, '/'); slash && slash > head && *slash == '/'; slash--)
		*slash = '\0';
	while ((real = realpath(head, NULL)) == NULL) {
		if (errno != ENOENT || lstat(head, &st) == 0)
			break;
		slash = strrchr(head, '/');
		if (!slash || DOT_OR_DOTDOT(slash + 1) || !slash[1])
			break;
		both = xasprintf("%s%s", slash, tail);
		free(tail);
		tail = both;
		*slash = '\0';
		if (slash == head)
			break;
	}
	both = real ? xasprintf("%s%s", strcmp(real, "/") == 0 && *tail ? "" : real, tail) : NULL;
	free(real);
	free(head);
	free(tail);
	return both;
}

/* Returns why an image may not mount PATH, which has no symbolic links, or NULL if it may. */
static const char *not_for_images(const char *path, const char *home)
{
	char *real = home ? realpath(home, NULL) : NULL;
	const char *rest = real && strcmp(real, "/") != 0 ? is_prefixed_with(path, real) : NULL;
	const char *why = NULL;

	if (!rest || (*rest && *rest != '/'))
		why = "it is outside your home directory";
	else if (rest[0] == '\0' || rest[1] == '\0')
		why = "it is your home directory itself";
	else if (rest[1] == '.')
		why = "its path in your home directory begins with a dot";
	free(real);
	return why;
}

/* Returns the canonical option for a volume; the caller frees it. SOURCE is NULL for an anonymous volume. */
static char *render(const struct parts *p, const char *source, const char *target)
{
	if (p->tmpfs)
		return xasprintf("--tmpfs=%s", target);
	return xasprintf("--volume=%s%s%s%s%s%s", source ? source : "", source ? ":" : "", target,
		p->ro || p->nocopy ? ":" : "", p->ro ? "ro" : p->nocopy ? "nocopy" : "", p->ro && p->nocopy ? ",nocopy" : "");
}

static void judge_folder(const struct d2d_alias_caller *caller, const struct parts *p, const char *target,
		struct d2d_alias_volume *v)
{
	char *path = d2d_alias_expand(caller, p->source), *real;

	if (!path) {
		v->why = "only ~, HOME and PWD are expanded, and only at its start";
		return;
	}
	/* For an option that the user allows, docker gets the path with its symbolic links. */
	v->option = render(p, path, target);
	real = resolve(path);
	v->why = !real ? "its path can't be resolved" : strchr(real, ':') ? "its path contains a colon" :
		!d2d_is_utf8(real) ? "its path isn't UTF-8" : not_for_images(real, caller->home);
	if (!v->why) {
		free(v->option);
		v->option = render(p, real, target);
		v->folder = real;
		real = NULL;
	}
	free(real);
	free(path);
}

void d2d_alias_volume(const struct d2d_alias_caller *caller, int kind, const char *value, struct d2d_alias_volume *v)
{
	struct parts p = { NULL };
	char *target = NULL;

	memset(v, 0, sizeof(*v));
	v->why = not_a_volume;
	if ((kind == D2D_OPTION_MOUNT ? parse_mount : parse_volume)(value, &p) < 0)
		goto out;
	/* "$PWD:$PWD" mounts the working directory at the same path in the container. */
	target = p.target[0] == '$' ? d2d_alias_expand(caller, p.target) : xstrdup(p.target);
	if (!target || target[0] != '/' || strchr(target, ':'))
		goto out;

	if (!p.source || is_volume_name(p.source)) {
		v->option = render(&p, p.source, target);
		v->why = NULL;
	} else if (strchr("/~$", p.source[0])) {
		judge_folder(caller, &p, target, v);
	}
 out:
	free(target);
	free_parts(&p);
}
