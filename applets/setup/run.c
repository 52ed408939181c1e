/*
 * d2dsetup: runs the applets that do what was chosen.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_run.o

#include <newt.h>
#include "d2dsetup.h"

enum { OUTPUT_MAX = 32 * 1024 };	/* bytes; the rest isn't shown */

/* In the child: becomes an applet of this program, with the user's own variables. */
static void become(const struct d2dsetup *s, const char **argv) NORETURN;
static void become(const struct d2dsetup *s, const char **argv)
{
	xsetenv("TERM", s->term);
	if (s->lc_all)
		xsetenv("LC_ALL", s->lc_all);
	else
		unsetenv("LC_ALL");
	bb_signals((1 << SIGINT) | (1 << SIGQUIT) | (1 << SIGTSTP), SIG_DFL);
	execv(bb_busybox_exec_path, (char **)argv);
	bb_perror_msg_and_die("can't run '%s'", argv[0]);
}

static int status_of(pid_t pid)
{
	int status;

	if (safe_waitpid(pid, &status, 0) < 0)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

/* Makes a text fit for a page: what isn't printable may come from a disk or a network. */
static void clean(char *text)
{
	char *p;

	for (p = text; *p; p++)
		if (*p == '\t')
			*p = ' ';
		else if (*p != '\n' && (*p < ' ' || *p > '~'))
			*p = '?';
	chomp(text);
}

int d2dsetup_run(const struct d2dsetup *s, const char **argv, char **output)
{
	size_t size = OUTPUT_MAX;
	struct fd_pair out;
	pid_t pid;

	fflush_all();
	xpiped_pair(out);
	pid = xfork();
	if (pid == 0) {
		close(out.rd);
		xmove_fd(out.wr, STDOUT_FILENO);
		xdup2(STDOUT_FILENO, STDERR_FILENO);
		close(STDIN_FILENO);
		xopen(bb_dev_null, O_RDONLY);
		become(s, argv);
	}
	close(out.wr);
	*output = xmalloc_read(out.rd, &size);
	close(out.rd);
	if (!*output)
		*output = xstrdup("");
	clean(*output);
	return status_of(pid);
}

int d2dsetup_show(const struct d2dsetup *s, const char *title, const char **argv)
{
	char *output;
	int status = d2dsetup_run(s, argv, &output);

	d2dsetup_message(title, output[0] ? output : status ? "This failed." : "Done.");
	free(output);
	return status;
}

void d2dsetup_terminal(const struct d2dsetup *s, const char **argv)
{
	const char **arg;
	pid_t pid;
	char c;

	newtSuspend();
	printf("\n\n$");
	for (arg = argv; *arg; arg++)
		printf(" %s", *arg);
	bb_putchar('\n');
	fflush_all();
	/* Ctrl-C and Ctrl-Z are for the applet. */
	bb_signals((1 << SIGINT) | (1 << SIGQUIT) | (1 << SIGTSTP), SIG_IGN);
	pid = xfork();
	if (pid == 0)
		become(s, argv);
	printf("\n%s. Press Enter to go back to the menu: ", status_of(pid) == 0 ? "Done" : "Not done");
	fflush_all();
	tcflush(STDIN_FILENO, TCIFLUSH);
	while (safe_read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
		continue;
	bb_signals((1 << SIGINT) | (1 << SIGQUIT) | (1 << SIGTSTP), SIG_DFL);
	newtResume();
}

int d2dsetup_config(const struct d2dsetup *s, const char *setting, char **output)
{
	const char *argv[] = { "d2dconfig", "-t", "-R", s->root, "-d", setting, NULL };

	if (strchr(setting, '=')) {
		argv[4] = setting;
		argv[5] = NULL;
	}
	return d2dsetup_run(s, argv, output);
}
