/*
 * sudo, for scripts that expect it: the options of sudo(8), with the effect they have in Debian, by means of doas. doas is smaller
 * by far, and decides who may do this (iso/base/doas.conf); this program has no privilege of its own.
 *
 * doas keeps the environment but for PATH, HOME, SHELL, USER and LOGNAME. These, and variables that the caller gives as arguments, are
 * set by env behind doas. All others are passed on in the environment, because arguments can be read by all users of the machine.
 *
 * Nobody is asked for a password, so the options about passwords have no effect. Options that can't be served are refused, because
 * a script would go on under a wrong assumption.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DSUDO
//config:	bool "sudo"
//config:	default y
//config:	depends on D2D_SUDO
//config:	select LONG_OPTS
//config:	select ENV
//config:	help
//config:	Runs a command as root or another user, by means of doas, with the
//config:	options of sudo.

//applet:IF_D2DSUDO(APPLET_ODDNAME(sudo, d2dsudo, BB_DIR_USR_BIN, BB_SUID_DROP, d2dsudo))

//kbuild:lib-$(CONFIG_D2DSUDO) += d2dsudo.o

//usage:#define d2dsudo_trivial_usage
//usage:       "[-EHbknS] [-u USER] [-D DIR] [NAME=VALUE]... COMMAND [ARG]... |\n"
//usage:       "	[-EHbknS] [-u USER] -i|-s [NAME=VALUE]... [COMMAND [ARG]...] |\n"
//usage:       "	-l [COMMAND] | -v | -k | -K | -V"
//usage:#define d2dsudo_full_usage "\n\n"
//usage:       "Run a command as root or as another user. Members of group docker may do so; no\n"
//usage:       "password is asked for\n"
//usage:     "\n	-u,--user USER		Run it as USER, or #UID, instead of root"
//usage:     "\n	-i,--login		Run it, or an interactive shell, by a login shell"
//usage:     "\n	-s,--shell		Run it, or an interactive shell, by $SHELL"
//usage:     "\n	-E,--preserve-env	Keep the environment, except for PATH, USER and LOGNAME"
//usage:     "\n	--preserve-env=NAME,...	Keep these variables"
//usage:     "\n	-H,--set-home		With -E: HOME is that of USER"
//usage:     "\n	-D,--chdir DIR		Run it in DIR"
//usage:     "\n	-b,--background		Don't wait for its end"
//usage:     "\n	-l,--list		Show what the caller may do, or the path of COMMAND"
//usage:     "\n	-v,-k,-K,-n,-S,-A,-B,-P,-p PROMPT	Accepted, without an effect"
//usage:     "\n	-V,--version		Show the version"
//usage:     "\n"
//usage:     "\nWithout -E, the command gets TERM, TZ, the language, the display and the proxies"
//usage:     "\nfrom the environment, NAME=VALUE, and a PATH of its own.\n"
//usage:       "Exit status: that of the command, 1 if it could not be run"
//usage:#define d2dsudo_example_usage
//usage:       "$ sudo -u docker -H sh -c 'docker ps'\n"

#include "libbb.h"

#define DOAS "/usr/bin/doas"
#define SECURE_PATH "/usr/local/bin:/usr/bin:/usr/sbin"

enum {
	OPT_E = 1 << 0,
	OPT_H = 1 << 1,
	OPT_i = 1 << 2,
	OPT_s = 1 << 3,
	OPT_b = 1 << 4,
	OPT_l = 1 << 5,
	OPT_v = 1 << 6,
	OPT_V = 1 << 7,
	OPT_k = 1 << 8,		/* also -K */
	OPT_K = 1 << 9,
	OPT_u = 1 << 15,
	OPT_D = 1 << 17,
	OPT_keep = 1 << 18,
	OPT_REFUSED = 1 << 19 | 1 << 20 | 1 << 21 | 1 << 22 | 1 << 23 | 1 << 24 | 1 << 25,
};

struct variables {
	char **text;		/* "NAME=VALUE"; NULL-terminated */
	unsigned n;
};

struct sudo {
	unsigned opts;
	const char *user, *dir, *keep;
	struct passwd *target, *caller;
	struct variables kept, set;	/* of the command; those that are set count */
};

/* Sets NAME=VALUE, and takes over the text. */
static void add(struct variables *to, char *text)
{
	size_t len = strchrnul(text, '=') - text + 1;
	unsigned i;

	for (i = 0; i < to->n; i++)
		if (strncmp(to->text[i], text, len) == 0)
			break;
	if (i == to->n) {
		to->text = xrealloc_vector(to->text, 4, to->n);
		to->n++;
	}
	to->text[i] = text;
}

static void set(struct sudo *s, const char *name, const char *value)
{
	if (value)
		add(&s->set, xasprintf("%s=%s", name, value));
}

/* Keeps a variable of the caller's environment. */
static void keep(struct sudo *s, const char *name)
{
	const char *value = getenv(name);

	/* doas would replace these two. */
	if (strcmp(name, "HOME") == 0 || strcmp(name, "SHELL") == 0)
		set(s, name, value);
	else if (value)
		add(&s->kept, xasprintf("%s=%s", name, value));
}

/* Whether a word is NAME=VALUE. */
static bool is_variable(const char *word)
{
	const char *p = word;

	while (isalnum(*p) || *p == '_')
		p++;
	return p > word && *p == '=' && !isdigit(word[0]);
}

/* Prepares the environment, except for the variables that are given as arguments. */
static void make_environment(struct sudo *s)
{
	static const char kept[] ALIGN1 = "TERM\0COLORTERM\0TZ\0LANG\0LANGUAGE\0LC_ALL\0LC_CTYPE\0LC_COLLATE\0LC_MESSAGES\0LC_MONETARY\0"
		"LC_NUMERIC\0LC_TIME\0DISPLAY\0XAUTHORITY\0"
		"http_proxy\0https_proxy\0ftp_proxy\0no_proxy\0HTTP_PROXY\0HTTPS_PROXY\0FTP_PROXY\0NO_PROXY\0";
	char **var, *list = xstrdup(s->keep ? : ""), *rest = list, *word;
	const char *name;

	if (s->opts & OPT_E) {
		for (var = environ; *var; var++)
			if (is_variable(*var))
				keep(s, auto_string(xstrndup(*var, strcspn(*var, "="))));
	} else {
		for (name = kept; *name; name += strlen(name) + 1)
			keep(s, name);
	}
	while ((word = strsep(&rest, ",")) != NULL)
		if (*word)
			keep(s, word);
	free(list);
	/* A login shell and a new environment get the user's home directory, also if HOME was listed to be kept. */
	if (!(s->opts & OPT_E) || (s->opts & (OPT_H | OPT_i))) {
		set(s, "HOME", s->target->pw_dir);
		set(s, "SHELL", s->opts & OPT_s ? getenv("SHELL") ? : s->caller->pw_shell : s->target->pw_shell);
	}
	set(s, "USER", s->target->pw_name);
	set(s, "LOGNAME", s->target->pw_name);
	set(s, "PATH", SECURE_PATH);
	set(s, "SUDO_USER", s->caller->pw_name);
	set(s, "SUDO_UID", utoa(getuid()));
	set(s, "SUDO_GID", utoa(getgid()));
}

/* Joins words to a command line for a shell, in which a shell expands only variables, as sudo does it. */
static char *command_line(char **words)
{
	size_t len = 1;
	char *line, *to, **word;
	const char *p;

	for (word = words; *word; word++)
		len += 2 * strlen(*word) + 3;
	to = line = xmalloc(len);
	for (word = words; *word; word++) {
		if (word > words)
			*to++ = ' ';
		if (!**word)
			to = stpcpy(to, "''");
		for (p = *word; *p; p++) {
			if (!isalnum(*p) && !strchr("_-$", *p))
				*to++ = '\\';
			*to++ = *p;
		}
	}
	*to = '\0';
	return line;
}

/* Returns the path of a program; exits if it isn't there. A path in a directory that the caller can't search is left to doas. */
static char *find_program(const char *name)
{
	char *path = xstrdup(SECURE_PATH), *rest = path, *found;

	if (strchr(name, '/')) {
		if (access(name, F_OK) < 0 && errno != EACCES)
			bb_error_msg_and_die("%s: command not found", name);
		return xstrdup(name);
	}
	found = find_executable(name, &rest);
	if (!found)
		bb_error_msg_and_die("%s: command not found", name);
	return found;
}

/* Executes COMMAND, which has room for nothing more, as the user. */
static void run(struct sudo *s, char **command) NORETURN;
static void run(struct sudo *s, char **command)
{
	unsigned n = 0, i, words = string_array_len(command);
	char **argv = xzalloc((words + s->set.n + 16) * sizeof(*argv)), *none[] = { NULL };

	argv[n++] = (char *)DOAS;
	argv[n++] = (char *)"-u";
	argv[n++] = s->target->pw_name;
	argv[n++] = (char *)"--";
	argv[n++] = (char *)"/usr/bin/env";
	argv[n++] = (char *)"-u";
	argv[n++] = (char *)"DOAS_USER";
	for (i = 0; i < s->set.n; i++)
		argv[n++] = s->set.text[i];
	/* The user may enter directories that the caller can't, and env would take a command with '=' for a variable. */
	if (s->dir || (s->opts & OPT_i) || strchr(command[0], '=')) {
		argv[n++] = (char *)"/bin/sh";
		argv[n++] = (char *)"-c";
		argv[n++] = (char *)(s->dir ? "cd \"$0\" && exec \"$@\"" : s->opts & OPT_i ? "cd 2>/dev/null; exec \"$@\"" : "exec \"$@\"");
		argv[n++] = (char *)(s->dir ? : "sh");
	}
	memcpy(argv + n, command, words * sizeof(*argv));
	if ((s->opts & OPT_b) && xfork() > 0)
		exit_SUCCESS();
	execve(argv[0], argv, s->kept.text ? : none);
	bb_perror_msg_and_die("can't execute '%s'", DOAS);
}

/* Runs a shell, with the words as its command. */
static void run_shell(struct sudo *s, char **words) NORETURN;
static void run_shell(struct sudo *s, char **words)
{
	const char *shell = s->opts & OPT_i ? s->target->pw_shell : getenv("SHELL") ? : s->caller->pw_shell;
	char *argv[5], **arg = argv;

	*arg++ = (char *)(shell && *shell ? shell : "/bin/sh");
	if (s->opts & OPT_i)
		*arg++ = (char *)"-l";
	if (words[0]) {
		*arg++ = (char *)"-c";
		*arg++ = command_line(words);
	}
	*arg = NULL;
	set(s, "SUDO_COMMAND", argv[0]);
	run(s, argv);
}

/* Prints what the caller may do, which doas allows or refuses. */
static void list(struct sudo *s, char **words) NORETURN;
static void list(struct sudo *s, char **words)
{
	const char *argv[] = { "/usr/bin/printf", "%s\n", NULL, NULL };

	argv[2] = words[0] ? find_program(words[0]) : xasprintf("User %s may run the following commands:\n    (ALL) NOPASSWD: ALL",
		s->caller->pw_name);
	run(s, (char **)argv);
}

static struct passwd *account(const char *user)
{
	struct passwd *found = user[0] == '#' && isdigit(user[1]) ? getpwuid(xatou(user + 1)) : getpwnam(user), *copy;

	if (!found) {
		bb_error_msg_and_die("unknown user %s", printable_string(user));
		return NULL;
	}
	copy = xmalloc(sizeof(*copy));
	copy->pw_name = xstrdup(found->pw_name);
	copy->pw_dir = xstrdup(found->pw_dir);
	copy->pw_shell = xstrdup(found->pw_shell);
	return copy;
}

/* Reads options, and variables among them. Returns the words that remain: the command. The variables are added to *VARIABLES. */
static char **parse(struct sudo *s, char **argv, llist_t **variables)
{
	static const char longopts[] ALIGN1 =
		"preserve-env\0" Optional_argument "\xff" "set-home\0" No_argument "H" "login\0" No_argument "i" "shell\0" No_argument "s"
		"background\0" No_argument "b" "list\0" No_argument "l" "validate\0" No_argument "v" "version\0" No_argument "V"
		"reset-timestamp\0" No_argument "k" "remove-timestamp\0" No_argument "K" "non-interactive\0" No_argument "n"
		"stdin\0" No_argument "S" "askpass\0" No_argument "A" "bell\0" No_argument "B" "preserve-groups\0" No_argument "P"
		"user\0" Required_argument "u" "prompt\0" Required_argument "p" "chdir\0" Required_argument "D"
		"edit\0" No_argument "e" "group\0" Required_argument "g" "close-from\0" Required_argument "C"
		"command-timeout\0" Required_argument "T" "chroot\0" Required_argument "R" "role\0" Required_argument "r"
		"type\0" Required_argument "t";
	const char *prompt, *refused;
	bool again, end;

	do {
		const char *keep = NULL;
		unsigned opts = getopt32long(argv, "^+" "EHisblvVkKnSABPu:p:D:\xff::eg:C:T:R:r:t:" "\0" "i--s:s--i", longopts, &s->user, &prompt,
			&s->dir, &keep, &refused, &refused, &refused, &refused, &refused, &refused);

		if (opts & OPT_REFUSED)
			bb_error_msg_and_die("an option is not supported here: -e, -g, -C, -T, -R, -r, -t");
		if ((opts & OPT_keep) && !keep)
			opts |= OPT_E;
		if (keep)
			s->keep = s->keep ? xasprintf("%s,%s", s->keep, keep) : keep;
		s->opts |= opts;
		end = optind > 1 && strcmp(argv[optind - 1], "--") == 0;
		argv += optind;
		again = false;
		while (!end && *argv && is_variable(*argv)) {
			llist_add_to_end(variables, *argv++);
			again = true;
		}
		again = again && *argv && (*argv)[0] == '-';
		argv--;
	} while (again);
	return argv + 1;
}

int d2dsudo_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dsudo_main(int argc UNUSED_PARAM, char **argv)
{
	struct sudo s = { .user = "root" };
	llist_t *variables = NULL;
	char **words = parse(&s, argv, &variables), *numeric;

	if (s.opts & OPT_V) {
		puts("sudo of debian2docker, by means of doas");
		return EXIT_SUCCESS;
	}
	if ((s.opts & (OPT_k | OPT_K)) && !words[0] && !(s.opts & (OPT_i | OPT_s | OPT_l | OPT_v)))
		return EXIT_SUCCESS;
	numeric = xasprintf("#%u", (unsigned)getuid());
	s.caller = account(numeric);
	s.target = account(s.user);
	make_environment(&s);
	while (variables)
		add(&s.set, llist_pop(&variables));
	if (s.opts & OPT_l)
		list(&s, words);
	if (s.opts & OPT_v) {
		char *nothing[] = { (char *)"/usr/bin/true", NULL };

		run(&s, nothing);
	}
	if (s.opts & (OPT_i | OPT_s))
		run_shell(&s, words);
	if (!words[0])
		bb_show_usage();
	words[0] = find_program(words[0]);
	set(&s, "SUDO_COMMAND", words[0]);
	run(&s, words);
}
