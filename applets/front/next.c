/*
 * d2d: the next steps that make sense in the state of this system, at the end of its status.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D) += d2dfront_next.o

#include "d2dfront.h"

enum { STEPS = 3 };	/* printed at most */

/* Prints a step unless there are enough. *N counts the printed steps. */
static void step(unsigned *n, const char *aim, const char *command, const char *arg)
{
	if (*n < STEPS)
		printf("%-10s %s: %s%s\n", *n ? "" : "next", aim, command, arg);
	++*n;
}

void d2dfront_next_steps(const struct d2dfront_state *state)
{
	unsigned n = 0;

	/* Problems come first. */
	if (state->failed_log && state->failed_log[0])
		step(&n, "see why a hook failed", "cat ", state->failed_log);
	else if (state->failed_log)
		step(&n, "see what the hooks did", "d2d hook report", "");
	if (state->engine == -EACCES)
		step(&n, "see Docker's images", "sudo d2d", "");
	else if (state->engine < 0)
		step(&n, "see why Docker doesn't answer", "tail "D2D_RUN"/log/dockerd.log", "");
	if (state->keep)
		step(&n, "keep Docker's data", state->keep, "");
	if (state->image)
		step(&n, "run an image", "docker run --rm -it ", state->image);
	else if (state->engine >= 0)
		step(&n, "get an image", "plug in a USB stick with files of 'docker save' in d2d/images", "");
	step(&n, "see all verbs", "d2d help", "");
}
