/*
 * d2ddisplay: the containers that have the sound cards, one for their outputs and one for their inputs. Each display with sound has a
 * process for them, of which one at a time does something: it gives the devices to these containers, also those that are plugged in
 * later, starts the containers, and starts them again when they end. The last display that ends takes them along.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_cards.o

#include <fnmatch.h>
#include <json-c/json.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include "d2ddisplay_sound.h"

enum {
	LOOK = 3 * 1000,	/* ms */
	SOUND_MAJOR = 116,	/* of the devices in /dev/snd */
};

/* A container with sound cards. */
struct cards {
	char *id;		/* of the container, or NULL */
	bool devices;		/* there was /dev/snd when it was started */
	bool started;		/* by this process, and not by that of another display */
	char *why;		/* why it wasn't started, as it was said */
};

static char *devices_dir(const char *root)
{
	return xasprintf("%s/dev/snd", root);
}

/* Opens a file for locks. A lock of LOCK_SH on "play" or "record" is held by each display that plays or records, and one of LOCK_EX on
 * "keeper" by the process that looks after the containers. */
static int open_lock(const char *root, const char *name)
{
	char *path = xasprintf("%s"D2DDISPLAY_SOUND_DIR"/%s.lock", root, name);
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	free(path);
	return fd;
}

/* Whether no display has this role. */
static bool unused(const char *root, unsigned role)
{
	int fd = open_lock(root, d2ddisplay_cards[role].role);
	bool nobody = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd >= 0)
		close(fd);
	return nobody;
}

/* Gives the devices whose names match PATTERN to a group. */
static void give(const char *dir, char **names, int n, const char *pattern, gid_t group)
{
	struct stat st;
	int i;

	for (i = 0; i < n; i++) {
		char *path;

		if (fnmatch(pattern, names[i], 0) != 0)
			continue;
		path = concat_path_file(dir, names[i]);
		if (lstat(path, &st) == 0 && S_ISCHR(st.st_mode) && major(st.st_rdev) == SOUND_MAJOR
		 && (st.st_gid != group || (st.st_mode & 07777) != 0660)
		 && (lchown(path, 0, group) < 0 || chmod(path, 0660) < 0))
			bb_perror_msg("can't give '%s' to group %u", path, group);
		free(path);
	}
}

/* Gives outputs and inputs to different groups, so that the container for the one can't open the other. The control of a card comes
 * last, since the containers wait for it. */
static void give_devices(const char *root)
{
	char *dir = devices_dir(root), **names;
	int n = d2d_dir_list(dir, INT_MAX - 1, &names);

	if (n >= 0) {
		give(dir, names, n, "pcmC*p", D2DDISPLAY_PLAYS);
		give(dir, names, n, "pcmC*c", D2DDISPLAY_RECORDS);
		/* Without a timer of its own, as in a virtual machine, PulseAudio asks for that of the card. */
		give(dir, names, n, "timer", D2DDISPLAY_MIXERS);
		give(dir, names, n, "controlC*", D2DDISPLAY_MIXERS);
		d2d_dir_list_free(names, n);
	}
	free(dir);
}

char *d2ddisplay_cards_missing(const char *root)
{
	char *dir = devices_dir(root), **names, *why = NULL;
	int i, n = d2d_dir_list(dir, INT_MAX - 1, &names), found = 0;

	for (i = 0; i < n; i++)
		found += fnmatch("controlC*", names[i], 0) == 0;
	if (n < 0)
		why = xstrdup("this kernel has no drivers for sound cards (no /dev/snd)");
	else if (!found)
		why = xstrdup("no sound card was found; one that is plugged in later is used");
	if (n >= 0)
		d2d_dir_list_free(names, n);
	free(dir);
	return why;
}

/* Starts a container. What is wrong is said once. */
static void start(const char *root, unsigned role, struct cards *c)
{
	const char *name = d2ddisplay_cards[role].container;
	char *why, *id = d2ddisplay_sound_id(root, &why);
	struct json_object *config = id ? d2ddisplay_cards_container(root, id, role, c->devices) : NULL;
	int r = id ? d2ddisplay_remove_container(name, &why) : -EACCES;

	if (r == 0)
		r = d2ddisplay_start_container(name, config, &c->id, &why);
	if (r < 0) {
		free(c->id);
		c->id = NULL;
		if (!c->why || strcmp(c->why, why) != 0)
			bb_error_msg("no sound: %s", printable_string(why));
		free(c->why);
		c->why = why;
		why = NULL;
	}
	json_object_put(config);
	free(why);
	free(id);
}

static void look_after(const char *root, unsigned role, struct cards *c)
{
	char *end = NULL, *dir = devices_dir(root);
	bool devices = access(dir, F_OK) == 0;

	if (c->id && (devices != c->devices || d2d_engine_is_running(c->id, &end) == 0)) {
		if (end && c->started)
			bb_error_msg("%s has ended (%s) and is started again", d2ddisplay_cards[role].container, end);
		free(c->id);
		c->id = NULL;
	}
	if (!c->id) {
		c->devices = devices;
		c->started = true;
		start(root, role, c);
	}
	free(end);
	free(dir);
}

static void remove_cards(unsigned role)
{
	char *why;

	if (d2ddisplay_remove_container(d2ddisplay_cards[role].container, &why) < 0)
		bb_error_msg("%s", printable_string(why));
	free(why);
}

/* The process that looks after the containers. It holds no lock of its own on the roles. */
static void keep(const char *root) NORETURN;
static void keep(const char *root)
{
	struct cards cards[D2DDISPLAY_ROLES] = { { NULL } };
	int lock = open_lock(root, "keeper"), watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	struct pollfd p = { watch, POLLIN, 0 };
	char *dir = devices_dir(root), events[4096];
	unsigned i;

	for (i = 0; i < D2DDISPLAY_ROLES; i++) {
		/* It may run, because of a display that has ended. */
		cards[i].id = xstrdup(d2ddisplay_cards[i].container);
		cards[i].devices = access(dir, F_OK) == 0;
	}
	/* Another display's process does this until that display ends. */
	while (lock < 0 || flock(lock, LOCK_EX) < 0)
		if (errno != EINTR)
			bb_simple_perror_msg_and_die("no sound");
	for (;;) {
		/* It is added again, because the directory may come and go; the kernel has it once. */
		inotify_add_watch(watch, dir, IN_CREATE | IN_DELETE);
		give_devices(root);
		for (i = 0; i < D2DDISPLAY_ROLES; i++) {
			if (!unused(root, i)) {
				look_after(root, i, &cards[i]);
			} else if (cards[i].id) {
				free(cards[i].id);
				cards[i].id = NULL;
				remove_cards(i);
			}
		}
		safe_poll(&p, 1, LOOK);
		while (read(watch, events, sizeof(events)) > 0)
			continue;
	}
}

int d2ddisplay_cards_start(const struct d2ddisplay *d, struct d2ddisplay_player *p)
{
	unsigned i;
	int r = 0;

	for (i = 0; r == 0 && i < D2DDISPLAY_ROLES; i++) {
		if (i == D2DDISPLAY_RECORD && !d->wish.microphone)
			continue;
		p->lock[i] = open_lock(d->root, d2ddisplay_cards[i].role);
		/* This waits while the last display before takes the containers along. */
		if (p->lock[i] < 0 || flock(p->lock[i], LOCK_SH) < 0)
			r = -errno;
	}
	if (r < 0)
		return r;
	fflush_all();
	p->keeper = fork();
	if (p->keeper == 0) {
		/* It ends with the supervisor, however that ends. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (i = 0; i < D2DDISPLAY_ROLES; i++)
			if (p->lock[i] > 0)
				close(p->lock[i]);
		keep(d->root);
	}
	return p->keeper < 0 ? -errno : 0;
}

void d2ddisplay_cards_end(const char *root, struct d2ddisplay_player *p)
{
	unsigned i;

	if (p->keeper > 0) {
		kill(p->keeper, SIGKILL);
		safe_waitpid(p->keeper, NULL, 0);
	}
	p->keeper = 0;
	for (i = 0; i < D2DDISPLAY_ROLES; i++) {
		int fd = p->lock[i] > 0 ? p->lock[i] : open_lock(root, d2ddisplay_cards[i].role);

		/* Held while the container is removed, so that nobody starts it at the same time. */
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_cards(i);
		if (fd >= 0)
			close(fd);
		p->lock[i] = 0;
	}
}
