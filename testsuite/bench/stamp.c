/*
 * stamp: prints the processor's time stamp counter on the serial line, with its own program name or its argument.
 * Under QEMU's -icount shift=0 the counter is the number of instructions since power-on.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <x86intrin.h>

int main(int argc, char **argv)
{
	unsigned long long now = __rdtsc();
	int fd = open("/dev/ttyS0", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return 1;
	dprintf(fd, "\nstamp %llu %s\n", now, argv[argc > 1 ? 1 : 0]);
	if (argc > 2)
		execv(argv[2], argv + 2);
	return argc > 2;
}
