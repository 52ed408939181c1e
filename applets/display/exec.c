/*
 * d2ddisplay: small programs in the container of an X server, which has X's cookie: what is on the screen, and the clipboard.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_exec.o

#include "d2ddisplay.h"

pid_t d2ddisplay_exec(const struct d2ddisplay *d, const char *const *command, int in, int *out)
{
	/* The time limit is one in the container, because the program there goes on when 'docker exec' is killed. */
	static const char *const head[] = {
		"docker", "exec", "-i", "-e", "DISPLAY=:0", "-e", "XAUTHORITY=/d2d/in/cookie", "-e", "HOME=/tmp"
	};
	static const char *const limit[] = { "busybox", "timeout", D2DDISPLAY_LIMIT };
	const char *argv[ARRAY_SIZE(head) + ARRAY_SIZE(limit) + 10];
	char *server;
	unsigned n, i;
	pid_t pid;

	pid = out ? d2d_fork_piped(STDOUT_FILENO, out) : xfork();
	if (pid != 0)
		return pid;
	if (in >= 0)
		xmove_fd(in, STDIN_FILENO);
	else
		xmove_fd(xopen(bb_dev_null, O_RDONLY), STDIN_FILENO);
	server = d2ddisplay_server_name(d);
	for (n = 0; n < ARRAY_SIZE(head); n++)
		argv[n] = head[n];
	argv[n++] = server;
	for (i = 0; i < ARRAY_SIZE(limit); i++)
		argv[n++] = limit[i];
	for (; *command && n < ARRAY_SIZE(argv) - 1; command++)
		argv[n++] = *command;
	argv[n] = NULL;
	BB_EXECVP(argv[0], (char **)argv);
	bb_perror_msg("can't execute '%s'", argv[0]);
	_exit(127);
}

void d2ddisplay_load_running(struct d2ddisplay *d, const char *name)
{
	char *state;
	int r = d2ddisplay_load(d, name);

	if (r < 0)
		bb_error_msg_and_die(r == -ENOENT ? "there is no display '%s'" : "the settings of the display '%s' can't be read",
			printable_string(name));
	state = d2ddisplay_state(d);
	if (strcmp(state, "runs") != 0)
		bb_error_msg_and_die("the display '%s' doesn't run: %s", name, state);
	free(state);
}
