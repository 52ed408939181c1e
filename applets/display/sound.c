/*
 * d2ddisplay: sound. A daemon in a container of its own has the sound cards, or one their inputs. A display that may be heard has a
 * daemon in another container, which has no device but the socket of the first: PulseAudio lets each client of a daemon see and record
 * what the others play, so a display's application is a client of one that has no others. This file says how these containers are
 * run; cards.c looks after those with devices, player.c after that of a display.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_sound.o

#include <json-c/json.h>
#include "d2ddisplay_sound.h"

#define TRUST "have the sound cards"

enum { MEMORY = 128 << 20 };	/* bytes for the daemon of a display, whose application decides how much it needs */

const struct d2ddisplay_cards d2ddisplay_cards[D2DDISPLAY_ROLES] = {
	{ "d2d-sound", "play", D2DDISPLAY_PLAYS },
	{ "d2d-microphone", "record", D2DDISPLAY_RECORDS },
};

char *d2ddisplay_sound_name(const struct d2ddisplay *d)
{
	return xasprintf("display-%s-sound", d->name);
}

char *d2ddisplay_sound_id(const char *root, char **why)
{
	return d2ddisplay_trusted_id(root, D2DDISPLAY_SOUND, "sound", TRUST, why);
}

/* Appends TEXT to an array, and frees it. */
static void append(struct json_object *o, const char *key, char *text)
{
	d2ddisplay_append(o, key, json_object_new_string(text));
	free(text);
}

/* What these containers have in common: a user of their own, and nothing of the machine. Returns the HostConfig. */
static struct json_object *confined(struct json_object *config, const char *of, const char *id, unsigned user)
{
	static const char *const capabilities[] = { NULL };
	char *text = xasprintf("%u:%u", user, user);
	struct json_object *host, *tmpfs = json_object_new_object();

	json_object_object_add(config, "Image", json_object_new_string(id));
	json_object_object_add(config, "User", json_object_new_string(text));
	host = d2ddisplay_host(config, of, capabilities);
	json_object_object_add(host, "NetworkMode", json_object_new_string("none"));
	json_object_object_add(host, "ReadonlyRootfs", json_object_new_boolean(true));
	json_object_object_add(host, "Init", json_object_new_boolean(true));
	json_object_object_add(tmpfs, "/tmp", json_object_new_string("mode=1777"));
	json_object_object_add(host, "Tmpfs", tmpfs);
	free(text);
	return host;
}

struct json_object *d2ddisplay_cards_container(const char *root, const char *id, unsigned role, bool devices)
{
	const struct d2ddisplay_cards *c = &d2ddisplay_cards[role];
	struct json_object *config = json_object_new_object(), *host;

	append(config, "Env", xasprintf("ROLE=%s", c->role));
	host = confined(config, "sound", id, c->user);
	if (devices) {
		/* With those that are plugged in later. Which of them it can open is decided by their group. */
		append(host, "Binds", xstrdup("/dev/snd:/dev/snd"));
		append(host, "DeviceCgroupRules", xstrdup("c 116:* rw"));
		append(host, "GroupAdd", xasprintf("%u", D2DDISPLAY_MIXERS));
	}
	append(host, "Binds", xasprintf("%s"D2DDISPLAY_SOUND_DIR"/%s:/d2d/out", root, c->role));
	return config;
}

struct json_object *d2ddisplay_sound(const struct d2ddisplay *d, const char *id)
{
	struct json_object *config = json_object_new_object(), *host;
	unsigned i;

	append(config, "Env", xstrdup("ROLE=display"));
	if (d->wish.microphone)
		append(config, "Env", xstrdup("MICROPHONE=yes"));
	host = confined(config, d->name, id, D2DDISPLAY_MIXES);
	for (i = 0; i < D2DDISPLAY_ROLES; i++)
		if (i == D2DDISPLAY_PLAY || d->wish.microphone)
			append(host, "Binds", xasprintf("%s"D2DDISPLAY_SOUND_DIR"/%s:/d2d/%s:ro", d->root, d2ddisplay_cards[i].role,
				d2ddisplay_cards[i].role));
	append(host, "Binds", xasprintf("%s/sound/out:/d2d/out", d->dir));
	json_object_object_add(host, "Memory", json_object_new_int(MEMORY));
	return config;
}
