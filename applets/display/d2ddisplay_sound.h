/*
 * Declarations of d2ddisplay's sound.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DDISPLAY_SOUND_H
#define D2DDISPLAY_SOUND_H 1

#include "d2ddisplay.h"

/* ---- display/sound.c: the containers for sound ---- */

/* The containers with the sound cards, and their directories in D2DDISPLAY_SOUND_DIR. */
enum { D2DDISPLAY_PLAY, D2DDISPLAY_RECORD, D2DDISPLAY_ROLES };
extern const struct d2ddisplay_cards {
	const char *container, *role;
	unsigned user;
} d2ddisplay_cards[D2DDISPLAY_ROLES];

/* Returns the name of the container of a display's daemon; the caller frees it. */
char *d2ddisplay_sound_name(const struct d2ddisplay *d);

/* Returns the ID of the image that may have the sound cards, or NULL and sets *why; the caller frees both. */
char *d2ddisplay_sound_id(const char *root, char **why);

/* Return the objects for POST /containers/create: of a display's daemon, and of the one with the cards (D2DDISPLAY_PLAY or
 * D2DDISPLAY_RECORD), if there are any. */
struct json_object *d2ddisplay_sound(const struct d2ddisplay *d, const char *id);
struct json_object *d2ddisplay_cards_container(const char *root, const char *id, unsigned role, bool devices);

/* ---- display/cards.c: the containers with the sound cards ---- */

/* What plays for a display. All zero: nothing. */
struct d2ddisplay_player {
	char *id;		/* of the container of its daemon, or NULL */
	unsigned long long began;	/* ms: when that was started */
	pid_t keeper;		/* of the process that looks after the sound cards, or 0 */
	int lock[D2DDISPLAY_ROLES];	/* what says that these are used, or 0 */
};

/* Returns why nothing can be heard, or NULL. The caller frees it. */
char *d2ddisplay_cards_missing(const char *root);

/* Starts the process that looks after these containers. Returns 0 or a negative errno. */
int d2ddisplay_cards_start(const struct d2ddisplay *d, struct d2ddisplay_player *p);

/* Ends it, and removes the containers that no other display needs. */
void d2ddisplay_cards_end(const char *root, struct d2ddisplay_player *p);

/* ---- display/player.c: the daemon of a display ---- */

/* Starts what a display with sound needs, and waits some seconds for its socket, with the signals OPEN. Says what is wrong: a display
 * without sound is better than none. */
void d2ddisplay_sound_start(const struct d2ddisplay *d, struct d2ddisplay_player *p, const sigset_t *open);

/* Starts the daemon again if it has ended. */
void d2ddisplay_sound_look(const struct d2ddisplay *d, struct d2ddisplay_player *p);

#endif
