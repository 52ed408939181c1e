/*
 * The number of CPUs. libbb's get_cpu_count() is only there with applets such as iostat.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_cpus.o

#include <sched.h>
#include "d2d_util.h"

unsigned d2d_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : CPU_COUNT(&set);
}
