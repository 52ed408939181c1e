/*
 * d2dautostart: the words of the label, and whether there is the store that they ask for.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DAUTOSTART) += d2dautostart_words.o

#include <mntent.h>
#include "d2dautostart.h"
#include "d2d_luks.h"

int d2dautostart_words(const char *text, struct d2dautostart_wish *wish, char **why)
{
	static const char words[] ALIGN1 = "yes\0console\0store\0encrypted\0";
	enum { YES, CONSOLE, STORE, ENCRYPTED };
	char *copy = xstrdup(text), *p = copy, *word;
	bool first = true;
	int r = 0;

	memset(wish, 0, sizeof(*wish));
	*why = NULL;
	while (r == 0 && (word = strsep(&p, ",")) != NULL) {
		int n = index_in_strings(words, word);

		if (first && n != YES && n != CONSOLE)
			r = d2d_fail(-EINVAL, why, "'%s' doesn't begin with 'yes' or 'console'", printable_string(text));
		else if (!first && n != STORE && n != ENCRYPTED)
			r = d2d_fail(-EINVAL, why, "the word '%s' is unknown", printable_string(word));
		wish->console |= n == CONSOLE;
		wish->store |= n == STORE;
		wish->encrypted |= n == ENCRYPTED;
		first = false;
	}
	free(copy);
	return r;
}

/* Returns the device that is mounted as the store, or NULL. The caller frees it. */
static char *store_device(const char *root)
{
	char *path = xasprintf("%s/proc/mounts", root), *found = NULL;
	FILE *f = setmntent(path, "r");
	struct mntent *m;

	while (f && (m = getmntent(f)) != NULL)
		if (strcmp(m->mnt_dir, D2D_STORE) == 0) {
			free(found);
			found = xstrdup(m->mnt_fsname);
		}
	if (f)
		endmntent(f);
	free(path);
	return found;
}

bool d2dautostart_store_is_encrypted(const char *root)
{
	char *dev = store_device(root);
	bool is = dev && strcmp(dev, D2D_STORE_MAPPING) == 0;

	free(dev);
	return is;
}

char *d2dautostart_lacks(const char *root, const struct d2dautostart_wish *wish)
{
	char *dev = store_device(root), *why = NULL;

	if ((wish->store || wish->encrypted) && !dev)
		why = xasprintf("it needs %s store, and there is none: 'sudo d2d install -s%s' makes one, then restart",
			wish->encrypted ? "an encrypted" : "a", wish->encrypted ? " -e" : "");
	else if (wish->encrypted && strcmp(dev, D2D_STORE_MAPPING) != 0 && !d2d_is_crypt(dev))
		why = xasprintf("it needs an encrypted store, and the one on %s isn't: see 'd2d help install', option -e",
			printable_string(dev));
	free(dev);
	return why;
}
