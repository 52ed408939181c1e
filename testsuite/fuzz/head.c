/*
 * The head of a hook: its comment lines with "d2d:".
 * needs: d2d_hook_head.c d2d_text.c d2d_name.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"

static void check_names(const llist_t *names)
{
	for (; names; names = names->link)
		CHECK(d2d_hook_name_ok(names->data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct d2d_hook_head head;
	char *why;
	int err = d2d_hook_head_parse(&head, (const char *)data, size, &why);

	CHECK(err == 0 || err == -EINVAL);
	CHECK((why != NULL) == (err == -EINVAL));
	CHECK(!why || is_printable(why));
	CHECK(head.timeout <= 3600); /* 0: it waits for somebody */
	check_names(head.needs);
	check_names(head.after);
	CHECK(!head.exists || head.exists[0] == '/');

	free(why);
	d2d_hook_head_free(&head);
	return 0;
}
