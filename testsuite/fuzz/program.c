/*
 * The first bytes of a hook, from which d2d_hook_program decides whether it can be executed.
 * needs: d2d_hook_program.c d2d_text.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *why = NULL;
	int err = d2d_hook_program((const char *)data, size, "", &why);

	CHECK(err == 0 || err == -ENOEXEC);
	CHECK((why != NULL) == (err < 0));
	CHECK(!why || is_printable(why));
	free(why);
	return 0;
}
