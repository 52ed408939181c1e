/*
 * What libbb needs from the rest of Busybox.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

const char *applet_name = "fuzz";

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc UNUSED_PARAM, char ***argv UNUSED_PARAM)
{
	ASSIGN_CONST_PTR(&bb_errno, __errno_location());
	return 0;
}
