/*
 * clock: prints the processor's time stamp counter, and what it was when the kernel's clock began. Under QEMU's -icount shift=0 the
 * counter is the number of instructions since power-on, and the second number those of the firmware, the boot loader and the kernel's
 * first steps.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

int main(void)
{
	struct timespec since;
	unsigned long long now;

	clock_gettime(CLOCK_BOOTTIME, &since);
	now = __rdtsc();
	/* One instruction takes one nanosecond of the guest's time. */
	printf("clock %llu %llu\n", now, now - since.tv_sec * 1000000000ULL - since.tv_nsec);
	return 0;
}
