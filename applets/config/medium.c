/*
 * d2dconfig: the options that the medium brings (d2d-host iso -s). They are like those of the store, which take precedence, and are
 * trusted like settings of the engine, except that they can't be signed: a proxy or an SSH key is not a matter of taste.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config FEATURE_D2DCONFIG_MEDIUM
//config:	bool "Options on the medium"
//config:	default y
//config:	depends on D2DCONFIG
//config:	select D2D_LIBD2D_MOUNT
//config:	help
//config:	Uses d2d/config of the medium, which 'd2d-host iso' writes, below the
//config:	options of the store.

//kbuild:lib-$(CONFIG_FEATURE_D2DCONFIG_MEDIUM) += d2dconfig_medium.o

#include "d2dconfig.h"
#include "d2d_trust.h"

/* Returns why settings of the medium need a signature, or NULL. The text is static. */
static const char *why_refused(const struct d2dconfig *c)
{
	char *hooks = d2d_option_at(c->root, "hooks"), *spec = d2d_option_at(c->root, "store");
	struct d2d_trust trust = { .root = NULL };
	const char *why;

	d2d_trust_begin(&trust, c->root, hooks, spec);
	trust.kind = D2D_KIND_SETTINGS;
	why = d2d_trust_required(&trust, "40-mount");
	d2d_trust_free(&trust);
	free(spec);
	free(hooks);
	return why;
}

char *d2dconfig_medium(const struct d2dconfig *c, int *bad)
{
	char *path = d2dconfig_path(c, D2DCONFIG_MEDIUM"/config"), *text;
	const char *why = NULL;
	size_t len;
	int err = d2d_file_read(path, D2D_CONFIG_MAX, &text, &len);

	if (err == 0 && strlen(text) != len)
		why = "it is not a text file";
	else if (err == 0)
		why = why_refused(c);
	if (err < 0 && err != -ENOENT)
		bb_error_msg("'%s' %s", path, d2d_file_error(err));
	if (why) {
		printf("'%s' is not used: %s\n", path, why);
		free(text);
		text = NULL;
	}
	/* That an ISO isn't trusted on this machine is not a failure, as with its hooks. */
	*bad |= err < 0 && err != -ENOENT;
	free(path);
	return text;
}
