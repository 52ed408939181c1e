/*
 * join SPLIT DIR: rebuilds the archive of a layer from its tar-split and its files and writes it to stdout. join SPLIT:
 * prints the length of the archive.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include "d2d_store.h"
#include "bb_archive.h"

/* What libbb needs from the rest of Busybox. */
const char *applet_name = "join";
IF_DESKTOP(long long) int FAST_FUNC unpack_xz_stream(transformer_state_t *xstate) { return -1; }
IF_DESKTOP(long long) int FAST_FUNC unpack_bz2_stream(transformer_state_t *xstate) { return -1; }
void FAST_FUNC init_transformer_state(transformer_state_t *xstate) { memset(xstate, 0, sizeof(*xstate)); }

static int to_stdout(void *arg UNUSED_PARAM, const void *buf, size_t len)
{
	return full_write(STDOUT_FILENO, buf, len) == (ssize_t)len ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	char *why = NULL;
	off_t length;
	int split, dir, r;

	ASSIGN_CONST_PTR(&bb_errno, __errno_location());
	split = argc < 2 ? -1 : open(argv[1], O_RDONLY);
	dir = argc < 3 ? -1 : open(argv[2], O_RDONLY | O_DIRECTORY);
	if (split < 0 || (argc > 2 && dir < 0))
		return 2;
	r = dir < 0 ? d2d_tarsplit_length(split, &length, &why) : d2d_tarsplit_join(split, dir, to_stdout, NULL, &why);
	if (r < 0)
		fprintf(stderr, "join: %s\n", why ? printable_string(why) : strerror(-r));
	else if (dir < 0)
		printf("%llu\n", (unsigned long long)length);
	free(why);
	return r < 0;
}
