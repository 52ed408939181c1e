/*
 * d2dconfig: applies the settings of the store, and below them those of a metadata disk and of the medium. Each error is
 * reported and affects no other setting.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DCONFIG) += d2dconfig_apply.o

#include "d2dconfig.h"
#include "d2d_net.h"

#define MACHINE_ID "/etc/machine-id"
#define ZONEINFO "/etc/localtime"
#define ZONE_NAME "/etc/timezone"
/* Exists if the hardware clock was wrong, and the clock was set to the date of the image instead. */
#define CLOCK_WRONG D2D_RUN"/clock/wrong"

enum { MACHINE_ID_LEN = 32, ZONEINFO_MAX = 64 * 1024 };

static int write_file(const char *path, const void *data, size_t len)
{
	int err = d2d_make_parent_dirs(path);

	if (!err)
		err = d2d_file_save(path, data, len);
	if (err < 0)
		bb_error_msg("can't write '%s': %s", path, strerror(-err));
	return err < 0;
}

/* Reads a file of the store. Returns its text, which the caller frees, or NULL if there is no file or it can't be read; in the
 * latter case *BAD is set. */
static char *read_stored(const char *path, size_t max, size_t *len, int *bad)
{
	char *text;
	int err = d2d_file_read(path, max, &text, len);

	if (err < 0 && err != -ENOENT) {
		bb_error_msg("'%s' %s", path, d2d_file_error(err));
		*bad = 1;
	}
	return text;
}

/* ---- the metadata disk ---- */

/* Returns a file that d2dmeta has written, or NULL; the caller frees it. d2dmeta has refused a disk beside an encrypted
 * store, but one may have appeared since. */
static char *read_metadata(const struct d2dconfig *c, const char *name)
{
	char *path = d2dconfig_path(c, D2D_METADATA), *file = concat_path_file(path, name), *open = d2dconfig_path(c, D2D_STORE_MAPPING);
	char *text = NULL;
	size_t len;

	if (access(open, F_OK) != 0)
		d2d_file_read(file, D2D_CONFIG_MAX, &text, &len);
	free(open);
	free(file);
	free(path);
	return text;
}

/* ---- d2d/config ---- */

/* Returns the valid lines of TEXT in the format of D2D_CMDLINE. The caller frees them. Sets *BAD if a line is not valid. */
static char *good_lines(char *text, const char *path, int *bad)
{
	char *out = xstrdup(""), *line, *longer;
	unsigned n = 0, used = 0;

	while ((line = strsep(&text, "\n")) != NULL) {
		const char *wrong;

		n++;
		trim(line);
		line = skip_whitespace(line);
		if (!*line || *line == '#')
			continue;
		wrong = d2d_config_line_error(line);
		if (wrong) {
			bb_error_msg("%s:%u: '%s' %s", path, n, printable_string(line), wrong);
			*bad = 1;
			continue;
		}
		if (++used > D2D_CONFIG_LINES) {
			bb_error_msg("'%s' has more than %u options: those from line %u on are ignored", path, D2D_CONFIG_LINES, n);
			*bad = 1;
			break;
		}
		longer = xasprintf("%s%s%s\n", out, line, strchr(line, '=') ? "" : "=");
		free(out);
		out = longer;
	}
	return out;
}

static int apply_config(const struct d2dconfig *c)
{
	char *from = d2dconfig_stored(c, "config"), *to = d2dconfig_path(c, D2D_CONFIG), *text, *out = NULL;
	char *metadata = read_metadata(c, "config"), *medium = NULL, *defaults = NULL, *all;
	size_t len;
	int bad = 0;

	text = read_stored(from, D2D_CONFIG_MAX, &len, &bad);
	if (text && strlen(text) != len) {
		bb_error_msg("'%s' is not a text file", from);
		bad = 1;
	} else if (text) {
		out = good_lines(text, from, &bad);
	}
	if (ENABLE_FEATURE_D2DCONFIG_MEDIUM && (medium = d2dconfig_medium(c, &bad)) != NULL)
		defaults = good_lines(medium, "d2d/config of the medium", &bad);
	/* The last line of a name counts: the store's. */
	all = xasprintf("%s%s%s", defaults ? : "", metadata ? : "", out ? : "");
	if (*all)
		bad |= write_file(to, all, strlen(all));
	else
		unlink(to);
	free(all);
	free(defaults);
	free(medium);
	free(metadata);
	free(out);
	free(text);
	free(to);
	free(from);
	return bad;
}

/* ---- host name, time zone, machine-id ---- */

/* Returns the value of the option NAME, else the first line of the file NAME on the store, else NULL. *FROM is set to where
 * the value comes from. The caller frees both. */
static char *setting(const struct d2dconfig *c, const char *name, char **from, int *bad)
{
	char *value = d2d_option_at(c->root, name);
	size_t len;

	*from = xasprintf("d2d.%s", name);
	if (value)
		return value;
	free(*from);
	*from = d2dconfig_stored(c, name);
	value = read_stored(*from, ZONEINFO_MAX, &len, bad);
	if (value)
		value[strcspn(value, "\r\n")] = '\0';
	return value;
}

/* Returns the host name that boot2docker has saved on the store, or NULL. Replaces *FROM. */
static char *old_hostname(const struct d2dconfig *c, char **from, int *bad)
{
	char *name;
	size_t len;

	free(*from);
	*from = d2dconfig_path(c, D2D_STORE"/var/lib/boot2docker/etc/hostname");
	name = read_stored(*from, ZONEINFO_MAX, &len, bad);
	if (name)
		name[strcspn(name, "\r\n")] = '\0';
	return name;
}

static int set_hostname(const struct d2dconfig *c)
{
	int bad = 0;
	char *from, *name = setting(c, "hostname", &from, &bad), *path, *line;

	if (!name)
		name = old_hostname(c, &from, &bad);
	if (!name)
		name = read_metadata(c, "hostname");
	if (name && !d2d_hostname_ok(name)) {
		bb_error_msg("%s: '%s' is not a valid host name", from, printable_string(name));
		bad = 1;
	} else if (name) {
		int err;

		path = d2dconfig_path(c, "/etc/hostname");
		line = xasprintf("%s\n", name);
		bad |= write_file(path, line, strlen(line));
		free(path);
		/* A DHCP server doesn't change it then. */
		path = d2dconfig_path(c, D2D_NET_NAMED);
		bad |= write_file(path, line, strlen(line));
		err = d2d_net_set_name(c->root, name);
		if (err < 0) {
			bb_error_msg("can't set the host name: %s", strerror(-err));
			bad = 1;
		}
		free(line);
		free(path);
	}
	free(name);
	free(from);
	return bad;
}

/* Programs that read /etc/timezone put its line into TZ, which may also be a rule. Names of zones are not known here. */
static int write_zone_name(const struct d2dconfig *c, const char *rule)
{
	char *to = d2dconfig_path(c, ZONE_NAME), *line = xasprintf("%s\n", rule);
	int bad = write_file(to, line, strlen(line));

	free(line);
	free(to);
	return bad;
}

static int set_rule(const struct d2dconfig *c, const char *to, const char *from, const char *rule)
{
	char file[D2D_ZONEINFO_MAX];

	if (!d2d_timezone_ok(rule)) {
		bb_error_msg("%s: '%s' is not a time zone rule like CET-1CEST,M3.5.0,M10.5.0/3, and zone names are not supported",
			from, printable_string(rule));
		return 1;
	}
	return write_file(to, file, d2d_timezone_file(file, rule)) | write_zone_name(c, rule);
}

/* Writes a copy of a zoneinfo file. Its last line is the rule for the present and the future. */
static int set_zoneinfo(const struct d2dconfig *c, const char *to, char *file, size_t len)
{
	int bad = write_file(to, file, len);
	char *rule;

	if (len && file[len - 1] == '\n') {
		file[len - 1] = '\0';
		rule = memrchr(file, '\n', len - 1);
		if (rule && d2d_timezone_ok(rule + 1))
			bad |= write_zone_name(c, rule + 1);
	}
	return bad;
}

/* The option d2d.timezone is a rule. The file d2d/timezone on the store is a rule or a copy of a zoneinfo file. */
static int set_timezone(const struct d2dconfig *c)
{
	char *from = d2dconfig_stored(c, "timezone"), *to = d2dconfig_path(c, ZONEINFO), *text;
	char *rule = d2d_option_at(c->root, "timezone");
	size_t len;
	int bad = 0;

	if (rule) {
		bad = set_rule(c, to, "d2d.timezone", rule);
	} else if ((text = read_stored(from, ZONEINFO_MAX, &len, &bad)) != NULL) {
		if (is_prefixed_with(text, "TZif")) {
			bad |= set_zoneinfo(c, to, text, len);
		} else {
			text[strcspn(text, "\r\n")] = '\0';
			bad |= set_rule(c, to, from, text);
		}
		free(text);
	}
	free(rule);
	free(to);
	free(from);
	return bad;
}

/* The kernel has read the hardware clock as UTC. If it has local time (d2d.rtc=local), the kernel corrects the clock by the
 * offset that the first settimeofday() with a time zone names. A clock that was set to the date of the image stays. */
static int set_rtc(const struct d2dconfig *c)
{
	char *value = d2d_option_at(c->root, "rtc");
	struct timezone zone = { 0 };
	time_t now = time(NULL);
	int bad = value && !d2dconfig_rtc_ok(value);

	if (bad) {
		bb_error_msg("d2d.rtc: '%s' is neither 'utc' nor 'local'", printable_string(value));
	} else if (value && strcmp(value, "local") == 0 && !c->root[0] && access(CLOCK_WRONG, F_OK) != 0) {
		zone.tz_minuteswest = -localtime(&now)->tm_gmtoff / 60;
		bad = settimeofday(NULL, &zone) < 0;
		if (bad)
			bb_perror_msg("can't correct the clock, which has local time");
	}
	free(value);
	return bad;
}

/* Returns a random ID from the kernel without the hyphens of its UUID form, or NULL. The caller frees it. */
static char *new_machine_id(void)
{
	char *id = xmalloc_open_read_close("/proc/sys/kernel/random/uuid", NULL), *p, *to;

	for (p = to = id; id && *p; p++)
		if (isxdigit((unsigned char)*p))
			*to++ = *p;
	if (id)
		*to = '\0';
	return id;
}

static bool is_machine_id(const char *id)
{
	return strlen(id) == MACHINE_ID_LEN && strspn(id, "0123456789abcdef") == MACHINE_ID_LEN;
}

/* Uses the machine-id of the store. If the store has none, creates one and saves it there. Without a store, keeps the one in
 * /etc or creates one for this boot. */
static int set_machine_id(const struct d2dconfig *c, bool store)
{
	char *stored = d2dconfig_stored(c, "machine-id"), *here = d2dconfig_path(c, MACHINE_ID), *id = NULL, *line;
	bool new = true;
	size_t len;
	int bad = 0;

	if (store)
		id = read_stored(stored, 64, &len, &bad);
	if (id) {
		new = false;
		chomp(id);
		if (!is_machine_id(id)) {
			bb_error_msg("'%s' is not 32 hexadecimal digits; remove it, and the next boot will make a new one", stored);
			bad = 1;
			free(id);
			id = NULL;
		}
	}
	if (!id && (store || access(here, F_OK) != 0))
		id = new_machine_id();
	if (id) {
		line = xasprintf("%s\n", id);
		if (store && new && !bad)
			bad |= write_file(stored, line, strlen(line));
		bad |= write_file(here, line, strlen(line));
		free(line);
	}
	free(id);
	free(here);
	free(stored);
	return bad;
}

int d2dconfig_take_effect(const struct d2dconfig *c)
{
	int bad = set_hostname(c);

	bad |= set_timezone(c);
	bad |= set_rtc(c);
	return bad | set_machine_id(c, d2dconfig_has_store(c));
}

int d2dconfig_apply(const struct d2dconfig *c)
{
	int bad = apply_config(c);

	bad |= d2dconfig_take_effect(c);
	if (!bad && !d2dconfig_has_store(c)) {
		char *metadata = read_metadata(c, "config") ? : read_metadata(c, "hostname"),
			*medium = ENABLE_FEATURE_D2DCONFIG_MEDIUM ? d2dconfig_medium(c, &bad) : NULL;

		printf("no store: only the options of the kernel command line%s%s apply\n", metadata ? " and of the metadata disk" : "",
			medium ? " and of the medium" : "");
		free(medium);
		free(metadata);
		return D2D_EXIT_NOTHING;
	}
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
