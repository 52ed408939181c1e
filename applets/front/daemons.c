/*
 * d2d: reports daemons that have ended and were started again.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_daemons.o

#include "d2dfront.h"

#define SERVICES D2D_RUN"/service"
#define MAX_SERVICES 100

/* Prints a line for the daemon of this service directory, if it has ended. Returns whether it has. */
static bool print_deaths(const char *name, const char *label)
{
	char *path = xasprintf(SERVICES"/%s/deaths", name), *text = xmalloc_open_read_close(path, NULL);
	unsigned long count, pause, uptime;
	int reason;
	bool found = text && sscanf(text, "%lu %lu %lu %n", &count, &pause, &uptime, &reason) == 3;

	if (found) {
		time_t when = time(NULL) - (time_t)(d2d_now() / 1000 - uptime);
		char clock[sizeof("12:34:56")];

		strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&when));
		*strchrnul(text + reason, '\n') = '\0';
		printf("%-10s ! %s has ended %lu time%s, last at %s (%s), and was started again; log: "D2D_RUN"/log/%s.log\n",
			label, name, count, count == 1 ? "" : "s", clock, printable_string(text + reason), name);
	}
	free(text);
	free(path);
	return found;
}

int d2dfront_daemon_rows(void)
{
	char **names;
	int i, n = d2d_dir_list(SERVICES, MAX_SERVICES, &names), problems = 0;

	for (i = 0; i < n; i++)
		problems += print_deaths(names[i], problems ? "" : "daemons");
	if (n >= 0)
		d2d_dir_list_free(names, n);
	return problems;
}
