/*
 * d2d: whether the clock of this machine can be trusted, from the notes in D2D_RUN/clock that the hooks 10-early/40-clock and
 * 60-services/15-clock and the scripts of ntpd have written.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_clock.o

#include "d2dfront.h"

#define DIR D2D_RUN"/clock/"

enum {
	SILENT = 30 * 60,	/* seconds; ntpd runs its script every 11 minutes */
	NEAR = 120,		/* seconds between two clocks that may be the same */
};

static long long uptime(void)
{
	return d2d_now() / 1000;
}

/* Returns the NTP servers, separated by ", ". The caller frees the text. */
static char *servers(void)
{
	char *text = xmalloc_open_read_close(DIR"servers", NULL), *list = xstrdup(""), *rest = text, *one, *longer;

	while (rest && (one = strsep(&rest, "\n")) != NULL) {
		if (!*one)
			continue;
		longer = xasprintf("%s%s%s", list, *list ? ", " : "", printable_string(one));
		free(list);
		list = longer;
	}
	free(text);
	return list;
}

/* Whether the clock still has the date of the image, to which the boot has set it, and counts from there. If so, *HARDWARE is
 * the time that the hardware clock had. */
static bool has_image_date(time_t *hardware)
{
	char *text = xmalloc_open_read_close(DIR"wrong", NULL);
	long long old, set, at;
	bool is = text && sscanf(text, "%lld %lld %lld", &old, &set, &at) == 3
		&& llabs(time(NULL) - uptime() - (set - at)) < NEAR;

	if (is)
		*hardware = old;
	free(text);
	return is;
}

char *d2dfront_clock_wrong(void)
{
	time_t hardware;
	char when[32];

	if (!has_image_date(&hardware))
		return NULL;
	strftime(when, sizeof(when), "%F %H:%M", gmtime(&hardware));
	return xasprintf("the clock is wrong, since the hardware clock said %s UTC: "
		"set it with 'sudo date -s \"YYYY-MM-DD hh:mm\"'", when);
}

char *d2dfront_clock(void)
{
	char *text = xmalloc_open_read_close(DIR"state", NULL), *list = servers(), *what = NULL;
	char word[16] = "";
	long long since = 0;

	if (!text || sscanf(text, "%15s %lld", word, &since) < 1)
		word[0] = '\0';
	since = uptime() - since;
	if (strcmp(word, "off") == 0)
		what = xstrdup("kept by the hardware clock alone (d2d.ntp=no)");
	else if (strcmp(word, "waiting") == 0)
		what = xasprintf("! NOT SYNCHRONISED: no answer from %s", list);
	else if (strcmp(word, "lost") == 0)
		what = xasprintf("! NOT SYNCHRONISED any more: no answer for %lld min from %s", since / 60, list);
	else if (strcmp(word, "synchronised") == 0 && since > SILENT)
		what = xasprintf("! NOT SYNCHRONISED any more: ntpd has said nothing for %lld min, see "D2D_RUN"/log/ntp.log", since / 60);
	free(list);
	free(text);
	return what;
}
