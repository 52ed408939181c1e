/*
 * The host name, and its line in /etc/hosts.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_net_name.o

#include "d2d_net.h"
#include "d2d_config.h"

/* The address of the machine's own name, as in Debian: it is reachable whether or not a card has an address. */
#define OWN "127.0.1.1"
#define HOSTS_MAX (1024 * 1024)

bool d2d_domain_ok(const char *name)
{
	size_t len = strlen(name);

	return len && len <= 253 && isalnum((unsigned char)name[0])
		&& strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") == len;
}

/* Replaces the line of OWN in a hosts file, or appends one. Other lines stay as they are. */
static int set_hosts(const char *path, const char *name)
{
	size_t len, size = 0, short_len = strcspn(name, ".");
	char *old, *p, *line, *text = NULL;
	FILE *out;
	int err = d2d_file_read(path, HOSTS_MAX, &old, &len);

	if (err < 0 && err != -ENOENT)
		return err;
	out = open_memstream(&text, &size);
	if (!out)
		bb_die_memory_exhausted();
	p = old;
	while (p && (line = strsep(&p, "\n")) != NULL) {
		bool is_end = !p && !line[0];

		if (!is_end && !(strncmp(line, OWN, sizeof(OWN) - 1) == 0 && isspace((unsigned char)line[sizeof(OWN) - 1])))
			fprintf(out, "%s\n", line);
	}
	fprintf(out, OWN"\t%s", name);
	if (name[short_len])
		fprintf(out, " %.*s", (int)short_len, name);
	fputc('\n', out);
	fclose(out);
	err = d2d_file_save(path, text, size);
	free(text);
	free(old);
	return err;
}

int d2d_net_set_name(const char *root, const char *name)
{
	char *path;
	int err;

	if (!d2d_hostname_ok(name))
		return -EINVAL;
	if (!root[0] && sethostname(name, strlen(name)) < 0)
		return -errno;
	path = xasprintf("%s/etc/hosts", root);
	err = set_hosts(path, name);
	free(path);
	return err;
}
