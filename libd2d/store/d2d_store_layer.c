/*
 * Layers in Docker's store, found by their chain IDs.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2d_store_layer.o

#include "d2d_store_private.h"

/* Docker would accept any 64 digits. These are derived from the chain ID, so that they are the same each time and the
 * remains of a killed import are found by their names. */
void d2d_store_own_cache_id(const char *chain, char *id)
{
	char *text = xasprintf("debian2docker sha256:%s", chain);

	d2d_digest(id, text, strlen(text));
	free(text);
}

void d2d_store_cache_id(const struct d2d_store *s, const char *chain, char *id)
{
	char *text = d2d_store_read(s, D2D_DIGEST + 1, STORE_LAYERDB"/%s/cache-id", chain);

	if (text)
		chomp(text);
	if (d2d_is_digest(text))
		strcpy(id, text);
	else
		d2d_store_own_cache_id(chain, id);
	free(text);
}

void d2d_store_link_id(const char *cache_id, char *link)
{
	char hex[D2D_DIGEST + 1];
	unsigned i, bits = 0, n_bits = 0;
	const char *p = hex;

	d2d_digest(hex, cache_id, D2D_DIGEST);
	for (i = 0; i < D2D_LINK; i++) {
		while (n_bits < 5) {
			bits = bits << 4 | (isdigit(*p) ? *p - '0' : *p - 'a' + 10);
			n_bits += 4;
			p++;
		}
		n_bits -= 5;
		link[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[bits >> n_bits & 31];
	}
	link[i] = '\0';
}

bool d2d_store_parent(const struct d2d_store *s, const char *chain, char *parent)
{
	char *text = d2d_store_read(s, sizeof("sha256:") + D2D_DIGEST, STORE_LAYERDB"/%s/parent", chain);
	const char *hex;

	if (text)
		chomp(text);
	hex = d2d_digest_hex(text);
	if (hex)
		strcpy(parent, hex);
	free(text);
	return hex != NULL;
}

bool d2d_store_is_link(const struct d2d_store *s, const char *chain)
{
	char id[D2D_DIGEST + 1], *path, *place, *target;
	bool is;

	d2d_store_cache_id(s, chain, id);
	path = xasprintf("%s/"STORE_LAYERS"/%s/diff", s->path, id);
	target = xmalloc_readlink(path);
	place = d2d_squash_mountpoint(chain);
	is = target && strcmp(target, place) == 0;
	free(target);
	free(place);
	free(path);
	return is;
}

bool d2d_store_has_layer(const struct d2d_store *s, const char *chain)
{
	char *id = d2d_store_read(s, D2D_DIGEST + 1, STORE_LAYERDB"/%s/cache-id", chain);
	struct stat st;
	char *diff;
	bool there;

	if (id)
		chomp(id);
	there = d2d_is_digest(id) && d2d_store_exists(s, STORE_LAYERDB"/%s/size", chain)
		&& d2d_store_exists(s, STORE_LAYERDB"/%s/diff", chain);
	if (there) {
		diff = xasprintf(STORE_LAYERS"/%s/diff", id);
		there = fstatat(s->fd, diff, &st, 0) == 0 && S_ISDIR(st.st_mode)
			&& d2d_store_exists(s, STORE_LAYERS"/%s/link", id)
			/* the mount point of a layer on a medium also exists without the medium */
			&& (!d2d_store_is_link(s, chain) || d2d_squash_is_mounted(chain));
		free(diff);
	}
	free(id);
	return there;
}
