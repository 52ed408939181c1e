/*
 * Parses and classifies the 'docker run' options that an image asks for. Each option is rewritten to one canonical form, and
 * exactly this text is judged and later passed to docker, so that docker can't interpret an option differently.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_alias_option.o

#include "d2d_alias.h"

enum {
	HARMLESS = D2D_OPTION_HARMLESS,
	DEFAULT = D2D_OPTION_DEFAULT,
	RESTRICTED = D2D_OPTION_RESTRICTED,
	VOLUME = D2D_OPTION_VOLUME,
	MOUNT = D2D_OPTION_MOUNT,
	WORKDIR = D2D_OPTION_WORKDIR,
	USER = D2D_OPTION_USER,
	GUI = D2D_OPTION_GUI,
	/* Internal kinds: judge() replaces them by one of the above, depending on the option's value. */
	CAPABILITY = 16, ENVIRONMENT, NETWORK, PUBLISH, SECURITY,
	FLAG = 32,		/* bit: the option takes no value */
};

/* All options that an image may use without permission, and those of the others that have a short form or take a value.
 * Every option that isn't listed needs permission. */
static const struct spec {
	char name[19];
	char letter;
	unsigned char kind;
} specs[] = {
	{ "add-host", 0, HARMLESS },
	{ "cap-add", 0, CAPABILITY },
	{ "cap-drop", 0, DEFAULT },
	{ "cgroup-parent", 0, RESTRICTED },
	{ "cgroupns", 0, RESTRICTED },
	{ "cpu-shares", 'c', HARMLESS },
	{ "cpus", 0, HARMLESS },
	{ "cpuset-cpus", 0, HARMLESS },
	{ "detach", 'd', HARMLESS | FLAG },
	{ "device", 0, RESTRICTED },
	{ "device-cgroup-rule", 0, RESTRICTED },
	{ "dns", 0, HARMLESS },
	{ "dns-option", 0, HARMLESS },
	{ "dns-search", 0, HARMLESS },
	{ "domainname", 0, HARMLESS },
	{ "entrypoint", 0, HARMLESS },
	{ "env", 'e', ENVIRONMENT },
	{ "env-file", 0, RESTRICTED },
	{ "expose", 0, HARMLESS },
	{ "gpus", 0, RESTRICTED },
	{ "group-add", 0, RESTRICTED },
	{ "gui", 0, GUI },
	{ "hostname", 'h', HARMLESS },
	{ "init", 0, HARMLESS | FLAG },
	{ "interactive", 'i', DEFAULT | FLAG },
	{ "ipc", 0, RESTRICTED },
	{ "label", 'l', RESTRICTED },
	{ "link", 0, RESTRICTED },
	{ "log-driver", 0, RESTRICTED },
	{ "log-opt", 0, RESTRICTED },
	{ "memory", 'm', HARMLESS },
	{ "memory-reservation", 0, HARMLESS },
	{ "memory-swap", 0, HARMLESS },
	{ "mount", 0, MOUNT },
	{ "name", 0, HARMLESS },
	{ "network", 0, NETWORK },
	{ "network-alias", 0, RESTRICTED },
	{ "no-healthcheck", 0, HARMLESS | FLAG },
	{ "pid", 0, RESTRICTED },
	{ "pids-limit", 0, HARMLESS },
	{ "publish", 'p', PUBLISH },
	{ "publish-all", 'P', HARMLESS | FLAG },
	{ "read-only", 0, HARMLESS | FLAG },
	{ "restart", 0, RESTRICTED },
	{ "rm", 0, DEFAULT | FLAG },
	{ "runtime", 0, RESTRICTED },
	{ "security-opt", 0, SECURITY },
	{ "shm-size", 0, HARMLESS },
	{ "stop-signal", 0, HARMLESS },
	{ "stop-timeout", 0, HARMLESS },
	{ "sysctl", 0, RESTRICTED },
	{ "tmpfs", 0, HARMLESS },
	{ "tty", 't', DEFAULT | FLAG },
	{ "ulimit", 0, RESTRICTED },
	{ "user", 'u', USER },
	{ "userns", 0, RESTRICTED },
	{ "uts", 0, RESTRICTED },
	{ "volume", 'v', VOLUME },
	{ "volume-driver", 0, RESTRICTED },
	{ "volumes-from", 0, RESTRICTED },
	{ "workdir", 'w', WORKDIR },
};

/* Finds an option by its long name of LEN bytes or by one of docker's synonyms for it. */
static const struct spec *spec_named(const char *name, size_t len)
{
	static const char *const others[][2] = {
		{ "net", "network" }, { "dns-opt", "dns-option" }, { "net-alias", "network-alias" },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (strlen(others[i][0]) == len && memcmp(others[i][0], name, len) == 0)
			return spec_named(others[i][1], strlen(others[i][1]));
	for (i = 0; i < ARRAY_SIZE(specs); i++)
		if (strlen(specs[i].name) == len && memcmp(specs[i].name, name, len) == 0)
			return &specs[i];
	return NULL;
}

static const struct spec *spec_lettered(char letter)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(specs); i++)
		if (specs[i].letter && specs[i].letter == letter)
			return &specs[i];
	return NULL;
}

/* NAME=VALUE is harmless. NAME without a value passes the caller's variable to the container, which may be a secret, so that only
 * well-known variables are allowed. */
static int judge_env(const char *value)
{
	static const char passed[] ALIGN1 =
		"TERM\0" "COLORTERM\0" "NO_COLOR\0" "COLUMNS\0" "LINES\0" "LANG\0" "LANGUAGE\0" "TZ\0"
		"LC_ALL\0" "LC_COLLATE\0" "LC_CTYPE\0" "LC_MESSAGES\0" "LC_MONETARY\0" "LC_NUMERIC\0" "LC_TIME\0";
	const char *end = endofname(value);

	if (end == value || (*end && *end != '='))
		return RESTRICTED;
	return *end || index_in_strings(passed, value) >= 0 ? HARMLESS : RESTRICTED;
}

static int judge(const struct spec *spec, const char *value)
{
	static const char networks[] ALIGN1 = "none\0" "bridge\0" "default\0";
	static const char no_news[] ALIGN1 =
		"no-new-privileges\0" "no-new-privileges=true\0" "no-new-privileges:true\0";

	if (!spec || !!value == !!(spec->kind & FLAG))
		return RESTRICTED;
	switch (spec->kind) {
	case CAPABILITY:
		return RESTRICTED;
	case ENVIRONMENT:
		return judge_env(value);
	case NETWORK:
		return index_in_strings(networks, value) >= 0 ? HARMLESS : RESTRICTED;
	case PUBLISH:
		return *value && value[strspn(value, "0123456789abcdefptuds.:[]/-")] == '\0' ? HARMLESS : RESTRICTED;
	case SECURITY:
		return index_in_strings(no_news, value) >= 0 ? DEFAULT : RESTRICTED;
	case GUI:
		return strcmp(value, "x11") == 0 ? GUI : RESTRICTED;
	}
	return spec->kind & ~FLAG;
}

/* Returns the canonical name of a capability, which the caller frees: "cap_sys_admin" becomes "SYS_ADMIN". */
static char *capability(const char *value)
{
	char *upper = xstrdup(value), *p;

	for (p = upper; *p; p++)
		*p = toupper(*p);
	p = is_prefixed_with(upper, "CAP_");
	if (p)
		overlapping_strcpy(upper, p);
	return upper;
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return true;
	return false;
}

/* Appends the option TEXT, "--name" or "--name=value" in canonical form, which must be malloc'ed; the list owns it, or it is
 * freed after an error. Returns 0, or -EINVAL and *why. */
static int append(struct d2d_alias_options *list, const char *label, const struct spec *spec, char *text, char **why)
{
	struct d2d_alias_option *o;
	char *value = strchr(text, '=');

	if (has_control(text)) {
		char *shown = d2d_printable(text, strlen(text));

		*why = xasprintf("'%s' has control characters", shown);
		free(shown);
		free(text);
		return -EINVAL;
	}
	/* "--rm=true" is the same as "--rm". "--rm=false" is a flag with a value, which needs permission. */
	if (spec && (spec->kind & FLAG) && value && strcmp(value, "=true") == 0) {
		*value = '\0';
		value = NULL;
	}
	list->option = xrealloc_vector(list->option, 4, list->n);
	o = &list->option[list->n++];
	o->label = xstrdup(label);
	o->text = text;
	o->value = value ? value + 1 : NULL;
	o->kind = judge(spec, o->value);
	return 0;
}

int d2d_alias_option_add(struct d2d_alias_options *list, const char *label, const char *name, const char *value,
		char **why)
{
	const struct spec *spec = spec_named(name, strlen(name));
	char *text;

	*why = NULL;
	if (spec && spec->kind == CAPABILITY && value) {
		char *upper = capability(value);

		text = xasprintf("--%s=%s", spec->name, upper);
		free(upper);
	} else {
		text = xasprintf(value ? "--%s=%s" : "--%s", spec ? spec->name : name, value);
	}
	return append(list, label, spec, text, why);
}

static int lacks_value(const char *word, char **why)
{
	char *shown = d2d_printable(word, strlen(word));

	*why = xasprintf("'%s' needs a value", shown);
	free(shown);
	return -EINVAL;
}

/* Parses a word of short options: "-it", "-p80:80", "-e=A=B", or "-v" with its value in the next word. Returns the number of
 * words that were used, or -EINVAL and *why. */
static int parse_short(struct d2d_alias_options *list, const char *label, char **words, char **why)
{
	const char *p;
	int r;

	for (p = words[0] + 1; *p; p++) {
		const struct spec *spec = spec_lettered(*p);
		const char letter[] = { *p, '\0' };

		if (!spec || (spec->kind & FLAG)) {
			r = d2d_alias_option_add(list, label, spec ? spec->name : letter, NULL, why);
			if (r < 0)
				return r;
			continue;
		}
		if (!p[1] && !words[1])
			return lacks_value(words[0], why);
		r = d2d_alias_option_add(list, label, spec->name, !p[1] ? words[1] : p[1] == '=' ? p + 2 : p + 1, why);
		return r < 0 ? r : p[1] ? 1 : 2;
	}
	return 1;
}

/* Parses "--name", "--name=value", or "--name" with its value in the next word, with the same results as parse_short(). */
static int parse_long(struct d2d_alias_options *list, const char *label, char **words, char **why)
{
	char *name = xstrdup(words[0] + 2), *value = strchr(name, '=');
	const struct spec *spec;
	int r, n = 1;

	if (value)
		*value++ = '\0';
	spec = spec_named(name, strlen(name));
	if (!value && spec && !(spec->kind & FLAG)) {
		value = words[1];
		n = 2;
	}
	if (n == 2 && !value)
		r = lacks_value(words[0], why);
	else
		r = d2d_alias_option_add(list, label, name, value, why);
	free(name);
	return r < 0 ? r : n;
}

int d2d_alias_options_parse(struct d2d_alias_options *list, const char *label, char **words, char ***rest, char **why)
{
	int n;

	*why = NULL;
	for (*rest = words; **rest && (*rest)[0][0] == '-' && (*rest)[0][1]; *rest += n) {
		if (strcmp(**rest, "--") == 0) {
			*rest += 1;
			break;
		}
		n = ((*rest)[0][1] == '-' ? parse_long : parse_short)(list, label, *rest, why);
		if (n < 0)
			return n;
	}
	return 0;
}

void d2d_alias_options_free(struct d2d_alias_options *list)
{
	unsigned i;

	for (i = 0; i < list->n; i++) {
		free(list->option[i].label);
		free(list->option[i].text);
	}
	free(list->option);
}
