/*
 * d2dreset --container: the console container (d2d.console=container) as it was at first. Removes the name of its image and
 * the container, and imports what media bring.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DRESET) += d2dreset_container.o
#include <glob.h>
#include "d2dreset.h"
#include "d2d_engine.h"

/* Lets the engine delete something. Something that isn't there is fine; dies after any other error. */
static void delete(const char *what, const char *path)
{
	char *request = xasprintf("DELETE %s", path), *reply;
	int r = d2d_engine_request(request, NULL, &reply);

	if (r < 0)
		bb_error_msg_and_die("no Docker engine at '%s': %s", d2d_engine_socket(), strerror(-r));
	if (r != 404 && r / 100 != 2)
		bb_error_msg_and_die("Docker doesn't remove %s: %s", what, reply ? printable_string(reply) : "unexpected reply");
	printf(r == 404 ? "There is no %s\n" : "The %s is removed\n", what);
	free(reply);
	free(request);
}

static bool has_files(const char *dir)
{
	char **names;
	int n = d2d_dir_list(dir, INT_MAX - 1, &names);

	if (n >= 0)
		d2d_dir_list_free(names, n);
	return n > 0;
}

/* Imports images of the medium and of sticks that Docker lacks. Returns an exit status. */
static int import(void)
{
	glob_t g;
	char **argv;
	size_t i, n = 0;
	int r = EXIT_SUCCESS;

	if (glob(D2D_MEDIUM"/d2d/images", 0, NULL, &g) == GLOB_NOSPACE
	 || glob(D2D_PAYLOAD"/*/d2d/images", GLOB_APPEND, NULL, &g) == GLOB_NOSPACE)
		bb_die_memory_exhausted();
	argv = xzalloc((g.gl_pathc + 3) * sizeof(*argv));
	argv[0] = (char *)"d2dimport";
	argv[1] = (char *)"--quiet";
	for (i = 0; i < g.gl_pathc; i++)
		if (has_files(g.gl_pathv[i]))
			argv[2 + n++] = g.gl_pathv[i];
	if (n)
		r = spawn_and_wait(argv);
	free(argv);
	globfree(&g);
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int d2dreset_container(unsigned opt)
{
	int r;

	puts("The container 'console' and the image console-image:latest will be removed. Who works in it is logged out.");
	d2dreset_ask(opt, "container");
	delete("image console-image:latest", "/images/console-image:latest?force=1");
	fflush_all();
	r = import();
	/* Last, because this program may have been started in that container. */
	delete("container 'console'", "/containers/console?force=1&v=1");
	return r;
}
