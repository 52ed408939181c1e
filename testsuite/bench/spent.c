/*
 * spent: runs a command and prints on the serial line how long it took, in nanoseconds and in ticks of the processor's time
 * stamp counter, which are instructions under QEMU's -icount shift=0. A failed command is also reported there.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static long long nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv)
{
	int status = -1, out = open("/dev/ttyS0", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	unsigned long long ticks;
	long long ns;
	pid_t pid;

	if (argc < 3 || out < 0)
		return 2;
	ns = nanoseconds();
	ticks = __rdtsc();
	if (posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ) == 0)
		waitpid(pid, &status, 0);
	ticks = __rdtsc() - ticks;
	ns = nanoseconds() - ns;
	dprintf(out, "\n%s %s %llu %lld\n", status ? "failed" : "spent", argv[1], ticks, ns);
	return status != 0;
}
