/*
 * Shared by the fuzz targets that read image files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef FUZZ_IMAGE_H
#define FUZZ_IMAGE_H 1

#include <sys/mman.h>
#include "fuzz.h"
#include "bb_archive.h"

/* Busybox's decompressors run in a process of their own and are not tested here. */
IF_DESKTOP(long long) int FAST_FUNC unpack_xz_stream(transformer_state_t *xstate) { return -1; }
IF_DESKTOP(long long) int FAST_FUNC unpack_bz2_stream(transformer_state_t *xstate) { return -1; }
void FAST_FUNC init_transformer_state(transformer_state_t *xstate) { memset(xstate, 0, sizeof(*xstate)); }

/* Checks what must be true for each image of an archive. */
static inline void check_image(const struct d2d_image *image)
{
	unsigned i;
	char *again;

	CHECK(d2d_is_digest(image->id) && image->config && image->config->text);
	CHECK(image->n_layers <= 125);
	for (i = 0; i < image->n_tags; i++) {
		again = d2d_reference(image->tags[i]);
		CHECK(again && strcmp(again, image->tags[i]) == 0 && is_printable(again));
		free(again);
	}
	for (i = 0; i < image->n_layers; i++)
		CHECK(d2d_is_digest(image->layers[i].chain) && d2d_is_digest(image->layers[i].diff) && image->layers[i].member);
}

#endif
