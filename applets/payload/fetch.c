/*
 * d2dpayload fetch: gets the payloads that d2d.payload= names. Each is independent of the others.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DPAYLOAD_FETCH) += d2dpayload_fetch.o

#include "d2dpayload.h"

static void add_options(const struct d2dpayload *d, const char *file, llist_t **urls)
{
	llist_t *lines = NULL, *l;

	d2d_options_read(d->root, file, &lines);
	for (l = lines; l; l = l->link) {
		const char *value = is_prefixed_with(l->data, "payload=");

		if (value)
			d2d_url_split(value, urls);
	}
	llist_free(lines, free);
}

/* An NFS export is mounted, not copied. */
static int mount_nfs(const struct d2dpayload *d, const char *url)
{
	char seconds[sizeof(int) * 3 + 1];
	char *argv[] = { (char *)"d2dmount", (char *)"--url", (char *)url, (char *)"--wait", seconds, NULL };
	pid_t pid;
	int status = -1;

	sprintf(seconds, "%u", d->wait);
	fflush_all();
	pid = xfork();
	if (pid == 0) {
		execv(bb_busybox_exec_path, argv);
		bb_perror_msg_and_die("can't run '%s'", argv[0]);
	}
	safe_waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

int d2dpayload_fetch(const struct d2dpayload *d, char **argv)
{
	llist_t *urls = NULL, *l;
	int code = EXIT_SUCCESS;

	for (; *argv; argv++)
		llist_add_to_end(&urls, xstrdup(*argv));
	if (!urls)
		add_options(d, D2D_CMDLINE, &urls);
	if (!urls)
		add_options(d, D2D_CONFIG, &urls);
	if (!urls) {
		puts("d2d.payload= isn't set");
		return D2D_EXIT_NOTHING;
	}
	for (l = urls; l; l = l->link) {
		const char *url = l->data;

		if (is_prefixed_with(url, "nfs://") ? mount_nfs(d, url) : d2dpayload_download(d, url))
			code = EXIT_FAILURE;
	}
	llist_free(urls, free);
	return code;
}
