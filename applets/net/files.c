/*
 * d2dnet: the files below /run/net, and resolv.conf. Each source of settings has a file for each interface, so that what one of
 * them says or withdraws leaves the others alone; what other programs read is made from all of these.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_files.o

#include "d2dnet.h"
#include <sys/file.h>

#define SOURCE_MAX (64 * 1024)
#define INTERFACES_MAX 4096

/* In the order in which their name servers are used. */
static const char sources[] ALIGN1 = "static\0config\0dhcp\0dhcp6\0ra\0";

static char *path_of(const struct d2dnet *d, const char *interface, const char *file)
{
	return xasprintf("%s"D2D_NET_RUN"/%s/%s", d->root, interface, file);
}

int d2dnet_lock(const struct d2dnet *d)
{
	char *path = xasprintf("%s"D2D_NET_RUN"/lock", d->root);
	int fd;

	d2d_make_parent_dirs(path);
	fd = xopen(path, O_RDWR | O_CREAT | O_CLOEXEC);
	if (flock(fd, LOCK_EX) < 0)
		bb_perror_msg_and_die("can't lock '%s'", path);
	free(path);
	return fd;
}

llist_t *d2dnet_read(const struct d2dnet *d, const char *interface, const char *source)
{
	char *path = path_of(d, interface, source), *text, *p, *line;
	llist_t *lines = NULL;
	size_t len;

	if (d2d_file_read(path, SOURCE_MAX, &text, &len) == 0) {
		for (p = text; (line = strsep(&p, "\n")) != NULL; )
			if (line[0])
				llist_add_to_end(&lines, xstrdup(line));
		free(text);
	}
	free(path);
	return lines;
}

llist_t *d2dnet_read_all(const struct d2dnet *d, const char *interface)
{
	llist_t *all = NULL, *lines;
	const char *source;

	for (source = sources; *source; source += strlen(source) + 1)
		for (lines = d2dnet_read(d, interface, source); lines; )
			llist_add_to_end(&all, llist_pop(&lines));
	return all;
}

bool d2dnet_others_say(const struct d2dnet *d, const char *interface, const char *source, const char *line)
{
	const char *other;
	bool found = false;

	for (other = sources; *other; other += strlen(other) + 1) {
		llist_t *lines = strcmp(other, source) == 0 ? NULL : d2dnet_read(d, interface, other), *l;

		for (l = lines; l; l = l->link)
			found |= strcmp(l->data, line) == 0;
		llist_free(lines, free);
	}
	return found;
}

int d2dnet_replace(const struct d2dnet *d, const char *interface, const char *file, const char *text)
{
	char *path = path_of(d, interface, file), *old;
	size_t len;
	int r;

	if (d2d_file_read(path, SOURCE_MAX, &old, &len) < 0)
		old = NULL;
	r = strcmp(old ? old : "", text) != 0;
	if (r && !text[0]) {
		r = unlink(path) < 0 ? -errno : 1;
	} else if (r) {
		d2d_make_parent_dirs(path);
		r = d2d_file_write(path, text);
		r = r < 0 ? r : 1;
	}
	free(old);
	free(path);
	return r;
}

int d2dnet_write(const struct d2dnet *d, const char *interface, const char *source, llist_t *lines)
{
	char *text = xzalloc(1);
	int r;

	for (; lines; lines = lines->link) {
		char *more = xasprintf("%s%s\n", text, lines->data);

		free(text);
		text = more;
	}
	r = d2dnet_replace(d, interface, source, text);
	free(text);
	return MIN(r, 0);
}

/* Adds WORD to a list, unless it is in it. */
static void add_once(llist_t **list, const char *word)
{
	llist_t *l;

	for (l = *list; l; l = l->link)
		if (strcmp(l->data, word) == 0)
			return;
	llist_add_to_end(list, xstrdup(word));
}

/* Adds the values of KEY that all sources of an interface have. A name server with a link-local address can be reached over this
 * interface only. */
static void collect(const struct d2dnet *d, const char *interface, const char *key, llist_t **list)
{
	const char *source;

	for (source = sources; *source; source += strlen(source) + 1) {
		llist_t *lines = d2dnet_read(d, interface, source), *l;

		for (l = lines; l; l = l->link) {
			const char *value = d2dnet_value(l->data, key);
			bool scoped = value && d2dnet_is_in(value, "fe80::/10");

			if (value)
				add_once(list, auto_string(xasprintf(scoped ? "%s%%%s" : "%s", value, interface)));
		}
		llist_free(lines, free);
	}
}

/* Appends each word with FORMAT to a text, which is reallocated. */
static char *print(char *text, const char *format, llist_t *words)
{
	for (; words; words = words->link) {
		char *word = xasprintf(format, words->data), *more = xasprintf("%s%s", text, word);

		free(word);
		free(text);
		text = more;
	}
	return text;
}

/* Returns the text of a resolv.conf. It has one line "search", because only the last such line of a file counts. */
static char *resolv_text(llist_t *search, llist_t *dns)
{
	char *text = xstrdup(search ? "search" : "");

	text = print(text, " %s", search);
	if (search)
		text = xasprintf("%s\n", auto_string(text));
	return print(text, "nameserver %s\n", dns);
}

static int replace_in(const struct d2dnet *d, const char *interface, const char *file, char *text)
{
	int r = d2dnet_replace(d, interface, file, text);

	free(text);
	return r;
}

int d2dnet_merge(const struct d2dnet *d, bool *ntp_changed)
{
	char *dir = xasprintf("%s"D2D_NET_RUN, d->root), *conf = xasprintf("%s/run/resolv.conf", d->root), *text, **names;
	llist_t *all_dns = NULL, *all_search = NULL, *l;
	int i, r, n = d2d_dir_list(dir, INTERFACES_MAX, &names), err = MIN(n, 0);

	for (i = 0; i < n; i++) {
		llist_t *dns = NULL, *search = NULL, *ntp = NULL, *name = NULL;

		if (strcmp(names[i], "lock") == 0)
			continue;
		collect(d, names[i], "dns", &dns);
		collect(d, names[i], "search", &search);
		collect(d, names[i], "ntp", &ntp);
		collect(d, names[i], "hostname", &name);
		for (l = dns; l; l = l->link)
			add_once(&all_dns, l->data);
		for (l = search; l; l = l->link)
			add_once(&all_search, l->data);
		r = replace_in(d, names[i], "resolv", resolv_text(search, dns));
		err = r < 0 ? r : err;
		r = replace_in(d, names[i], "ntp", print(xzalloc(1), "%s\n", ntp));
		err = r < 0 ? r : err;
		*ntp_changed |= r > 0;
		r = replace_in(d, names[i], "hostname", print(xzalloc(1), "%s\n", name));
		err = r < 0 ? r : err;
		llist_free(dns, free);
		llist_free(search, free);
		llist_free(ntp, free);
		llist_free(name, free);
	}
	if (n > 0)
		d2d_dir_list_free(names, n);
	text = resolv_text(all_search, all_dns);
	r = d2d_file_write(conf, text);
	err = r < 0 ? r : err;
	free(text);
	llist_free(all_dns, free);
	llist_free(all_search, free);
	free(conf);
	free(dir);
	return err;
}
