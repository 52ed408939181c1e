/*
 * Declarations shared by the parts of d2dswarm, which makes this machine a node of a swarm of Docker engines.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#ifndef D2DSWARM_H
#define D2DSWARM_H 1

#include "d2d_engine.h"

#define D2DSWARM_RUN D2D_RUN"/swarm"
#define D2DSWARM_STATE D2DSWARM_RUN"/state"	/* why the node has not joined, for `d2d`: a line */
#define D2DSWARM_LEAVE D2DSWARM_RUN"/leave"	/* exists if the membership is in memory: the shutdown leaves the swarm */

enum {
	D2DSWARM_MANAGE = 2377,		/* TCP: managers listen, all nodes connect */
	D2DSWARM_GOSSIP = 7946,		/* TCP and UDP: all nodes with all nodes */
	D2DSWARM_DATA = 4789,		/* UDP: VXLAN, all nodes with all nodes */
	D2DSWARM_MANAGERS_MAX = 16,
	D2DSWARM_TOKEN = 200,		/* longest token, in bytes */
	D2DSWARM_FILE = 64 * 1024,	/* longest d2d/swarm.conf, in bytes */
};

/* ---- swarm/parse.c: works on memory only; testsuite/fuzz compiles it without the rest ---- */

/* What d2d/swarm.conf says. */
struct d2dswarm_conf {
	llist_t *managers;		/* "HOST:PORT" */
	unsigned n_managers;
	char *advertise, *data_path;	/* a card, a MAC address or an address of this machine; NULL: not said */
	char token[D2DSWARM_TOKEN + 1];	/* a secret: d2dswarm_conf_free() wipes it */
	llist_t *wrong;			/* a message for each mistake, which never has a part of a token */
};

/* Adds what TEXT says, which is changed. PATH is its name in messages. A line with a mistake is named and left out. */
void d2dswarm_parse(struct d2dswarm_conf *c, char *text, const char *path);
void d2dswarm_conf_free(struct d2dswarm_conf *c);

/* Whether TEXT has a token in it, and must not be printed. */
bool d2dswarm_has_secret(const char *text);

/* ---- swarm/say.c ---- */

struct d2dswarm {
	const char *root;	/* "" for /, else a directory for tests */
	struct d2dswarm_conf conf;
	char *file;		/* the swarm.conf that counts, printable; NULL: there is none */
	char *trust;		/* why it is trusted */
	bool quiet;		/* only what is wrong is printed */
	bool silent;		/* and not even that */
	char *last;		/* of what was wrong, or NULL */
	unsigned wrong;		/* how much of it there was */
	char *blocked;		/* because of which part of it the node can't join now, or NULL */
};

/* Prints a line about SUBJECT, unless d->quiet is set. */
void d2dswarm_row(const struct d2dswarm *d, const char *subject, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints a line about something that is wrong, and counts it. */
void d2dswarm_wrong(struct d2dswarm *d, const char *subject, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- swarm/load.c ---- */

/* Reads the swarm.conf that counts, or only FILE unless it is NULL, and prints what is wrong with it. Returns whether the node can
 * join with it. */
bool d2dswarm_load(struct d2dswarm *d, const char *file);

/* Forgets what d2dswarm_load() has read, and wipes the token. */
void d2dswarm_unload(struct d2dswarm *d);

/* Reads d2d.swarm=. Returns 1 for "join", 0 for "no" or none, -1 for anything else, which is printed as wrong. A token in an option
 * of the command line or of d2d/config is printed as wrong, without it. */
int d2dswarm_option(struct d2dswarm *d);

/* ---- swarm/reach.c ---- */

struct d2dswarm_peer {
	char *name;		/* "HOST:PORT", printable */
	const char *why;	/* why it can't be reached, a static text; NULL: it was reached */
	unsigned ms;		/* until it was */
	unsigned mtu;		/* bytes on the way to it, as far as the kernel knows; 0: unknown */
};

/* Tries to reach each of the names "HOST:PORT" by TCP, all at the same time, for three seconds; on another port if PORT isn't 0.
 * Returns how many there are. The caller frees them. */
unsigned d2dswarm_reach(const llist_t *names, unsigned port, struct d2dswarm_peer **peers);
void d2dswarm_peers_free(struct d2dswarm_peer *peers, unsigned n);

/* ---- swarm/kernel.c ---- */

enum {
	D2DSWARM_NO_VXLAN = 1,	/* for overlay networks */
	D2DSWARM_NO_ESP = 2,	/* for encrypted ones */
	D2DSWARM_NO_IPVS = 4,	/* for virtual addresses of services and published ports */
};

/* Tries what networks of a swarm need from the kernel. Returns which of these are missing, or a negative errno if that can't be
 * tried, without root's rights for example. */
int d2dswarm_kernel(void);

/* ---- swarm/card.c ---- */

/* Returns the name or address for the engine of what WHO, "advertise" or "data-path", says: a card, a MAC address or an address. If
 * that isn't on this machine, prints so and returns NULL. The caller frees it. */
char *d2dswarm_card(struct d2dswarm *d, const char *who, const char *what);

/* ---- swarm/check.c ---- */

/* Looks at everything that a node needs before it joins, and prints it. NODE is what the engine says, or NULL if it doesn't answer
 * for the reason ERR. Sets d->blocked, or clears it. */
void d2dswarm_check(struct d2dswarm *d, const struct d2d_swarm *node, int err);

/* ---- swarm/message.c ---- */

/* Sends a request "METHOD PATH" to the engine, with the body JSON unless that is NULL. Returns the HTTP status or a negative errno;
 * unless it is 200, *WHY is what the engine says, without tokens, or the text for the error. The caller frees it. */
int d2dswarm_request(const char *request, const char *json, char **why);

struct json_object;

/* Return the object of an object's key, or NULL; a text of O, which may be NULL, in printable ASCII, "?" if there is none. The
 * caller frees the text. */
struct json_object *d2dswarm_part(struct json_object *o, const char *key);
char *d2dswarm_text(struct json_object *o, const char *key);

/* ---- swarm/join.c ---- */

enum d2dswarm_result {
	D2DSWARM_IS_IN,		/* it has joined, or was in a swarm already */
	D2DSWARM_LATER,		/* it may join later */
	D2DSWARM_NEVER,		/* something has to be changed first */
};

/* Checks, and joins. Prints what has happened. With WAIT, asks again until the result isn't D2DSWARM_LATER. */
enum d2dswarm_result d2dswarm_join(struct d2dswarm *d, bool wait);

/* Whether Docker's data, and with it the membership, is in memory. */
bool d2dswarm_in_memory(const struct d2dswarm *d);

/* ---- swarm/leave.c ---- */

/* The verb 'leave': leaves the swarm. A manager becomes a worker first, so that the others keep their majority. Returns the exit
 * status. */
int d2dswarm_leave(struct d2dswarm *d);

/* ---- swarm/nodes.c ---- */

struct d2dswarm_node {
	char *id, *name, *state;
	bool up, manager, reachable, leader;
};

/* Asks the engine of a manager. Returns the number of nodes, or a negative errno. The caller frees them. */
int d2dswarm_nodes(struct d2dswarm_node **nodes);
void d2dswarm_nodes_free(struct d2dswarm_node *nodes, int n);

/* Shows what a manager knows: nodes that are down or stale, whether there is a majority, and tasks. SELF is the ID of this node. */
void d2dswarm_show_nodes(struct d2dswarm *d, const char *self);

/* ---- swarm/tasks.c: tasks that nodes have rejected, and no other ones have replaced ---- */

void d2dswarm_show_tasks(struct d2dswarm *d, const struct d2dswarm_node *nodes, int n);

/* ---- swarm/show.c ---- */

/* The verb 'show'. The verb 'conf': prints a swarm.conf for other machines, with MANAGER for managers. Return the exit status. */
int d2dswarm_show(struct d2dswarm *d);
int d2dswarm_print_conf(struct d2dswarm *d, bool manager);

#endif
