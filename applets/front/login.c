/*
 * d2d -l: what somebody needs to know who has just logged in: the address of this machine, how to log in from another one, and
 * what is missing. /etc/profile runs it in interactive shells. It asks neither the network nor Docker, so it never makes them wait.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_login.o

#include "d2dfront.h"
#include "d2d_net.h"
#include "d2d_volume.h"

/* Prints a line below "missing". *N counts these lines. */
static void missing(unsigned *n, const char *what, const char *how)
{
	printf("%-10s %s: %s\n", *n ? "" : "missing", what, how);
	++*n;
}

static char *hostname(void)
{
	char name[65] = "";

	gethostname(name, sizeof(name) - 1);
	return xstrdup(printable_string(name));
}

/* How to log in, from the state that d2dssh has noted. */
static void login_row(const char *address, unsigned *lacks)
{
	char *state = xmalloc_open_read_close(D2D_RUN"/ssh/state", NULL);

	if (state)
		*strchrnul(state, '\n') = '\0';
	if (state && strcmp(state, "listens") == 0 && address)
		printf("%-10s ssh docker@%s\n", "log in", address);
	else
		printf("%-10s on the screen and serial lines of this machine\n", "log in");
	if (state && strcmp(state, "waits") == 0)
		missing(lacks, "an SSH key, so nobody can log in from elsewhere",
			find_applet_by_name("d2dsetup") >= 0 ? "sudo d2d setup" : "~/.ssh/authorized_keys");
	free(state);
}

/* The hooks that failed, from the summary of the boot: "ready in 5.1 s: 20 done, 1 failed (...), 3 skipped". */
static void hooks_row(unsigned *lacks)
{
	char *summary = xmalloc_open_read_close(D2D_RUN"/summary", NULL), *p = summary ? strstr(summary, " failed") : NULL;

	while (p && p > summary && isdigit((unsigned char)p[-1]))
		p--;
	if (p && atoi(p) > 0) {
		char *what = xasprintf("what %d failed hook%s should have done", atoi(p), atoi(p) == 1 ? "" : "s");

		missing(lacks, what, "d2d");
		free(what);
	}
	free(summary);
}

static void store_row(unsigned *lacks)
{
	struct d2d_volume *volumes;
	int i, n = d2d_volumes_read(&volumes);
	bool mounted = false;
	char *how;

	for (i = 0; i < n; i++)
		mounted |= volumes[i].role == D2D_ROLE_STORE && volumes[i].mountpoint;
	how = d2dfront_how_to_keep(volumes, MAX(n, 0));
	if (!mounted)
		missing(lacks, "a store, so Docker's data is LOST at power-off", how);
	free(how);
	if (n >= 0)
		d2d_volumes_free(volumes, n);
}

int d2dfront_login(void)
{
	struct d2d_card *cards;
	int i, n = d2d_net_cards(NULL, &cards);
	char *address = d2d_net_first_address(cards, n), *name = hostname(), *clock = d2dfront_clock_wrong();
	unsigned lacks = 0;

	printf("%-10s %s", "machine", name);
	for (i = 0; i < n; i++)
		if (cards[i].addresses[0])
			printf(", %s%s", cards[i].name, cards[i].addresses);
	bb_putchar('\n');
	login_row(address, &lacks);
	if (!address)
		missing(&lacks, "a network address", "d2d net");
	store_row(&lacks);
	hooks_row(&lacks);
	if (clock)
		missing(&lacks, "the right time", clock);
	printf("%-10s d2d%s\n", "more", find_applet_by_name("d2dsetup") >= 0 ? ", sudo d2d setup" : "");
	free(clock);
	free(name);
	free(address);
	d2d_net_cards_free(cards, n);
	return lacks ? EXIT_FAILURE : EXIT_SUCCESS;
}
