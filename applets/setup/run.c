/*
 * d2dsetup: runs the applets that do what was chosen.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_run.o

#include <newt.h>
#include <slang.h>
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
	int out;
	pid_t pid = d2d_fork_piped(STDOUT_FILENO, &out);

	if (pid == 0) {
		xdup2(STDOUT_FILENO, STDERR_FILENO);
		close(STDIN_FILENO);
		xopen(bb_dev_null, O_RDONLY);
		become(s, argv);
	}
	*output = xmalloc_read(out, &size);
	close(out);
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

/* Prints a text and waits for Enter or Esc. What was typed before is discarded first: no key counts that somebody has typed before
 * the text was there, and none is lost afterwards. */
static void wait_for_key(const char *text)
{
	struct termios raw;
	char c;

	if (tcgetattr(STDIN_FILENO, &raw) < 0)
		return;
	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_iflag |= ICRNL;
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	printf("\n%s. Press Enter to go back to the menu: ", text);
	fflush_all();
	while (safe_read(STDIN_FILENO, &c, 1) == 1 && c != '\n' && c != '\033')
		continue;
}

void d2dsetup_terminal(const struct d2dsetup *s, const char **argv)
{
	struct termios before;
	const char **arg;
	pid_t pid;

	newtSuspend();
	tcgetattr(STDIN_FILENO, &before);
	/* A second Enter on the page before isn't an answer to the applet. */
	tcflush(STDIN_FILENO, TCIFLUSH);
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
	wait_for_key(status_of(pid) == 0 ? "Done" : "Not done");
	bb_signals((1 << SIGINT) | (1 << SIGQUIT) | (1 << SIGTSTP), SIG_DFL);
	/* Also if the applet was killed while it had switched the echo off. */
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	/* newtResume() would draw the screen first, and what is typed meanwhile would be echoed there. */
	SLang_init_tty(0, 0, 0);
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
