/*
 * d2dtty: finds the consoles, and prints them for the user and for init.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DTTY) += d2dtty_consoles.o

#include "d2dtty.h"

#define LOGIN "d2dtty login "

bool d2dtty_name_ok(const char *name)
{
	size_t len = strlen(name);

	/* The kernel's names end in a number. This leaves out "null" and the like, which are no terminals. */
	return isalpha((unsigned char)name[0]) && len < sizeof(((struct d2dtty_console *)NULL)->name)
		&& isdigit((unsigned char)name[len - 1])
		&& strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == len;
}

/* Adds a console, or another reason to one that is in the list already. Returns the new number of consoles. */
static int add(struct d2dtty_console *list, int n, const char *name, unsigned why)
{
	int i;

	/* tty0 is the virtual terminal that is shown at the moment; the login is on tty1. */
	if (strcmp(name, "tty0") == 0)
		name = "tty1";
	if (!d2dtty_name_ok(name))
		return n;
	for (i = 0; i < n; i++) {
		if (strcmp(list[i].name, name) == 0) {
			list[i].why |= why;
			return n;
		}
	}
	if (n == D2DTTY_CONSOLES)
		return n;
	strcpy(list[n].name, name);
	list[n].why = why;
	return n + 1;
}

static char *read_below(const char *root, const char *path)
{
	char *full = xasprintf("%s%s", root, path), *text = xmalloc_open_read_close(full, NULL);

	free(full);
	return text;
}

/* console=ttyS1,115200n8; a number alone means ttyS with this number (console_setup() of the kernel). */
static int add_word(struct d2dtty_console *list, int n, char *word)
{
	char *name = is_prefixed_with(word, "console="), *full;

	if (!name)
		return n;
	name[strcspn(name, ",")] = '\0';
	if (!isdigit((unsigned char)name[0]))
		return add(list, n, name, D2DTTY_CMDLINE);
	full = xasprintf("ttyS%s", name);
	n = add(list, n, full, D2DTTY_CMDLINE);
	free(full);
	return n;
}

int d2dtty_consoles(const char *root, struct d2dtty_console list[D2DTTY_CONSOLES])
{
	char *inittab = read_below(root, "/etc/inittab"), *cmdline = read_below(root, "/proc/cmdline"),
		*active = read_below(root, "/sys/class/tty/console/active");
	char *rest, *word, *login;
	int n = 0;

	for (rest = inittab; rest && (word = strsep(&rest, "\n")) != NULL;) {
		login = word[0] == '#' ? NULL : strstr(word, LOGIN);
		if (login)
			n = add(list, n, login + sizeof(LOGIN) - 1, D2DTTY_INITTAB);
	}
	/* A quoted word with a blank isn't console=, so quotes need no attention. */
	for (rest = cmdline; rest && (word = strsep(&rest, " \t\n")) != NULL;)
		n = add_word(list, n, word);
	for (rest = active; rest && (word = strsep(&rest, " \n")) != NULL;)
		n = add(list, n, word, D2DTTY_KERNEL);
	free(active);
	free(cmdline);
	free(inittab);
	return n;
}

int d2dtty_list(const char *root)
{
	struct d2dtty_console list[D2DTTY_CONSOLES];
	int i, n = d2dtty_consoles(root, list);

	for (i = 0; i < n; i++)
		printf("%-10s %s%s%s\n", list[i].name, list[i].why & D2DTTY_CMDLINE ? "console= of the kernel command line"
			: list[i].why & D2DTTY_KERNEL ? "chosen by the kernel" : "always",
			list[i].why & D2DTTY_KERNEL ? ", shows the kernel's messages" : "",
			(list[i].why & (D2DTTY_CMDLINE | D2DTTY_KERNEL)) == D2DTTY_CMDLINE ? ", not known to the kernel yet" : "");
	return EXIT_SUCCESS;
}

int d2dtty_inittab(const char *root)
{
	struct d2dtty_console list[D2DTTY_CONSOLES];
	int i, n = d2dtty_consoles(root, list);

	/* The first field stays empty: init itself would fail to open a terminal that isn't there yet, once a second. */
	for (i = 0; i < n; i++)
		if (!(list[i].why & D2DTTY_INITTAB))
			printf("::respawn:"LOGIN"%s\n", list[i].name);
	return EXIT_SUCCESS;
}
