/*
 * Disks that request to be formatted.
 * needs: d2d_formatme.c
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "fuzz.h"
#include "d2d_volume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = MAX(size, 512), i;
	char *head = xzalloc(len);
	const char *label;
	ssize_t userdata;

	memcpy(head, data, size);
	label = d2d_formatme_label(head, len);
	CHECK(!label || strstr(head, ", please format-me") != NULL);
	userdata = d2d_formatme_userdata(head, len);
	CHECK(userdata == -EFBIG || (userdata >= 0 && (size_t)userdata <= len && userdata % 512 == 0));
	if (userdata >= 0 && !d2d_formatme_refuses(head, len, userdata))
		for (i = MAX(userdata, 64); i < len; i++)
			CHECK(!head[i]);
	free(head);
	return 0;
}
