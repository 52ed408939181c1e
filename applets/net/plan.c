/*
 * d2dnet: the plan, which is what the command line and d2d/network say about interfaces. It is made once ('load'), from
 * sources that have to be trusted, and written as a file for the daemon, which configures each interface by the first section
 * that fits.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_plan.o

#include "d2dnet_plan.h"

static void free_section(struct d2dnet_section *section)
{
	d2dnet_settings_free(&section->s);
	llist_free(section->cards, free);
	free(section->mode);
	free(section->link);
	free(section->from);
	free(section->name);
	free(section);
}

void d2dnet_plan_free(struct d2dnet_plan *p)
{
	while (p->n)
		free_section(p->section[--p->n]);
	free(p->section);
	free(p->wait_online);
	llist_free(p->wrong, free);
	memset(p, 0, sizeof(*p));
}

struct d2dnet_section *d2dnet_plan_add(struct d2dnet_plan *p, enum d2dnet_kind kind, char *name, unsigned since, bool replace)
{
	struct d2dnet_section *section;
	unsigned i;

	for (i = since; i < p->n; i++) {
		if (strcmp(p->section[i]->name, name) != 0)
			continue;
		if (!replace) {
			free(name);
			return NULL;
		}
		d2dnet_plan_drop(p, i);
		break;
	}
	section = xzalloc(sizeof(*section));
	section->kind = kind;
	section->name = name;
	section->dhcp = section->ra = -1;
	p->section = xrealloc_vector(p->section, 4, p->n);
	p->section[p->n++] = section;
	return section;
}

void d2dnet_plan_drop(struct d2dnet_plan *p, unsigned i)
{
	free_section(p->section[i]);
	memmove(&p->section[i], &p->section[i + 1], (--p->n - i) * sizeof(p->section[0]));
}

void d2dnet_plan_wrong(struct d2dnet_plan *p, const char *format, ...)
{
	va_list args;
	char *text, *shown;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	shown = d2d_printable(text, strlen(text));
	llist_add_to_end(&p->wrong, shown);
	free(text);
}

/* ---- which section is for an interface ---- */

/* Whether TEXT, a name or a MAC address, means this interface. */
static bool means(const char *text, const char *name, const char *mac)
{
	return strcmp(text, name) == 0 || (mac[0] && strcmp(text, mac) == 0);
}

/* Whether the plan makes an interface of this name. It has the MAC address of a card, but what is said about that card isn't meant. */
static bool is_made(const struct d2dnet_plan *p, const char *name)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (p->section[i]->kind != D2DNET_CARD && strcmp(p->section[i]->name, name) == 0)
			return true;
	return false;
}

const struct d2dnet_section *d2dnet_plan_find(const struct d2dnet_plan *p, const char *name, const char *mac, bool first)
{
	bool made = is_made(p, name);
	unsigned i;

	for (i = 0; i < p->n; i++) {
		struct d2dnet_section *section = p->section[i];
		bool card = section->kind == D2DNET_CARD && !made;

		if (strcmp(section->name, name) == 0 || (card && (means(section->name, name, mac)
				|| strcmp(section->name, D2DNET_ALL) == 0 || (first && strcmp(section->name, D2DNET_FIRST) == 0))))
			return section;
	}
	return NULL;
}

const struct d2dnet_section *d2dnet_plan_master(const struct d2dnet_plan *p, const char *name, const char *mac)
{
	const llist_t *l;
	unsigned i;

	if (is_made(p, name))
		mac = "";
	for (i = 0; i < p->n; i++) {
		for (l = p->section[i]->cards; l; l = l->link)
			if (means(l->data, name, mac))
				return p->section[i];
		if (p->section[i]->kind == D2DNET_CARD && means(p->section[i]->name, name, mac))
			return NULL;
	}
	return NULL;
}

/* Whether the section has an address of the family that has MARK in its addresses. */
static bool has_address(const struct d2dnet_section *section, char mark)
{
	const llist_t *l;

	for (l = section->s.lines; l; l = l->link) {
		const char *address = d2dnet_value(l->data, "address");

		if (address && strchr(address, mark))
			return true;
	}
	return false;
}

bool d2dnet_wants_dhcp(const struct d2dnet_section *section)
{
	return !section || (section->dhcp < 0 ? !has_address(section, '.') : section->dhcp);
}

bool d2dnet_wants_ra(const struct d2dnet_section *section)
{
	return !section || (section->ra < 0 ? !has_address(section, ':') : section->ra);
}

/* ---- the plan as text ---- */

static const char kinds[] ALIGN1 = "card\0vlan\0bond\0bridge\0";

static void print_section(FILE *f, const struct d2dnet_section *section)
{
	const llist_t *l;

	fprintf(f, "[%s %s]\nfrom = %s\n", nth_string(kinds, section->kind), section->name, section->from);
	if (section->link)
		fprintf(f, "link = %s\nid = %u\n", section->link, section->id);
	for (l = section->cards; l; l = l->link)
		fprintf(f, "cards = %s\n", l->data);
	if (section->mode)
		fprintf(f, "mode = %s\n", section->mode);
	if (section->stp)
		fputs("stp = yes\n", f);
	if (section->dhcp >= 0)
		fprintf(f, "dhcp = %s\n", section->dhcp ? "yes" : "no");
	if (section->ra >= 0)
		fprintf(f, "ra = %s\n", section->ra ? "yes" : "no");
	for (l = section->s.lines; l; l = l->link) {
		const char *route = d2dnet_value(l->data, "route"), *value = strchr(l->data, ' ');

		if (route)	/* "NETWORK GATEWAY" */
			fprintf(f, "route = %.*s=%s\n", (int)strcspn(route, " "), route, strchr(route, ' ') + 1);
		else
			fprintf(f, "%.*s = %s\n", (int)(value - l->data), l->data, value + 1);
	}
}

char *d2dnet_plan_text(const struct d2dnet_plan *p)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	unsigned i;

	if (!f)
		bb_die_memory_exhausted();
	if (p->wait_online)
		fprintf(f, "[network]\nwait-online = %s\n", p->wait_online);
	for (i = 0; i < p->n; i++)
		print_section(f, p->section[i]);
	fclose(f);
	return text;
}
