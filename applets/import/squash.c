/*
 * d2dimport --squash: writes images to a .d2i file, whose layers are squashfs file systems, instead of importing them.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config FEATURE_D2DIMPORT_SQUASH
//config:	bool "Make .d2i files (images whose layers are mounted in place)"
//config:	default y
//config:	depends on D2DIMPORT
//config:	help
//config:	'd2dimport --squash' stores the layers of images as squashfs file
//config:	systems in one file, from which they can be mounted without
//config:	unpacking. It runs mksquashfs, which the image doesn't contain. This
//config:	feature is meant for the machine on which media are made
//config:	('make host').

//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2dimport_squash.o

#include <json-c/json.h>
#include "d2dimport.h"

/* Forks. The function returns in the child process, which does the work. The parent waits, forwards signals to the child, and
 * removes the temporary files when the child has ended in whatever way, also by SIGKILL. */
static void fork_worker(struct d2d_squash *squash)
{
	sigset_t set, before;
	int sig, status = 0;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &before);
	pid = xfork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		/* If mksquashfs ends early, a write to its pipe must fail with EPIPE, so that its error message can be reported. */
		signal(SIGPIPE, SIG_IGN);
		return;
	}
	while (safe_waitpid(pid, &status, WNOHANG) == 0) {
		sig = sigwaitinfo(&set, NULL);
		if (sig > 0 && sig != SIGCHLD)
			kill(pid, sig);
	}
	d2d_squash_close(squash);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void d2dimport_squash_begin(struct d2dimport *d, const char *out)
{
	struct stat st;
	bool is_dir = last_char_is(out, '/') != NULL;
	char *why, **names;
	int n;

	if (!executable_exists("mksquashfs"))
		bb_simple_error_msg_and_die("mksquashfs isn't installed: apt install squashfs-tools");
	if (stat(out, &st) == 0) {
		is_dir |= S_ISDIR(st.st_mode);
		if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
			bb_error_msg_and_die("'%s' is neither a regular file nor a directory", printable_string(out));
		n = is_dir ? d2d_dir_list(out, INT_MAX - 1, &names) : 0;
		if (n < 0)
			bb_error_msg_and_die("can't write '%s': %s", printable_string(out), strerror(-n));
		if (n > 0)
			bb_error_msg_and_die("'%s' isn't empty", printable_string(out));
	}
	if (d2d_squash_open(&d->squash, out, is_dir, &why) < 0)
		bb_error_msg_and_die("'%s': %s", printable_string(out), why);
	fork_worker(d->squash);
}

int d2dimport_squash(struct d2dimport *d, const char *file, struct d2d_archive *a, const struct d2d_images *images)
{
	struct json_object *list;
	char *why;

	if (d2d_squash_add(d->squash, a, images, &why) < 0) {
		d2dimport_fail(d, file, "%s", printable_string(why));
		free(why);
		return EXIT_FAILURE;
	}
	list = d2d_images_json(images);
	d2dimport_print(file, list, "squashed ");
	json_object_put(list);
	return EXIT_SUCCESS;
}

int d2dimport_squash_end(struct d2dimport *d, const char *out, int r)
{
	char *why;

	if (r != EXIT_SUCCESS) {
		bb_error_msg("'%s' was not written", printable_string(out));
	} else if (d2d_squash_end(d->squash, &why) < 0) {
		bb_error_msg("'%s': %s", printable_string(out), printable_string(why));
		free(why);
		r = EXIT_FAILURE;
	}
	d2d_squash_close(d->squash);
	return r;
}
