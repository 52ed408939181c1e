/*
 * d2dimport: decides whether images are written to a store or sent to the engine.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_way.o

#include "d2dimport.h"
#include "d2d_engine.h"

int d2dimport_open_store(struct d2dimport *d, const char *dir, char **why)
{
	const char *policy = getenv("D2D_OPT_IMAGES") ?: "auto";
	int r = d2d_store_open(&d->store, dir, why), known = index_in_strings("copy\0mount\0auto\0", policy);

	if (option_mask32 & (OPT_c | OPT_m))
		known = option_mask32 & OPT_m ? 1 : 0;
	if (known < 0)
		bb_error_msg("d2d.images=%s: not 'mount', 'copy' or 'auto'; using 'auto'", printable_string(policy));
	if (r == 0 && (known == 0 || known == 1))
		d2d_store_set_mount(d->store, known);
	return r;
}

/* Chooses between store and API: as the options say, else the engine, or the default store if no engine runs. */
void d2dimport_choose_way(struct d2dimport *d, const char *dir)
{
	char *text, *why;
	int r = 0;

	if (!dir) {
		r = d2d_engine_request("GET /_ping", NULL, &text);
		free(text);
		d->api = r == 200;
		if (!d->api && !(option_mask32 & (OPT_a | OPT_H)) && access(D2DIMPORT_STORE, F_OK) == 0)
			dir = D2DIMPORT_STORE;
	}
	if (!d->api && !dir)
		bb_error_msg_and_die("no Docker engine at '%s': %s", d2d_engine_socket(),
			r < 0 ? strerror(-r) : "unexpected reply");
	if (!dir) {
		d->limit = d2dimport_engine_limit();
		return;
	}
	if (d2dimport_open_store(d, dir, &why) < 0) {
		xfunc_error_retval = D2DIMPORT_NO_STORE;
		bb_error_msg_and_die("can't write to the store '%s': %s", printable_string(dir), why);
	}
}
