/*
 * d2dnet: parses d2d/network. It comes from a stick or a disk that anybody can write, so each line is checked, a line with a
 * mistake is named and left out, and the others are used. Pure functions on memory, which access no files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DNET) += d2dnet_parse.o

#include "d2dnet_plan.h"
#include "d2d_config.h"

enum { SECTIONS_MAX = 64, WORDS_MAX = 32, VLAN_MAX = 4094, WAIT_MAX = 300, WRONG_MAX = 50 };

static const char kinds[] ALIGN1 = "card\0vlan\0bond\0bridge\0network\0";
enum { KIND_NETWORK = D2DNET_BRIDGE + 1 };

/* What is known while a file is read. */
struct parser {
	struct d2dnet_plan *p;
	const char *path;
	unsigned line, n_wrong;
	unsigned since;			/* number of sections before those of this file */
	bool internal;
	bool in_network, skip;		/* skip: this section has a mistake in its head */
	struct d2dnet_section *section;	/* NULL: none yet, or in_network or skip */
	unsigned seen;			/* keys of this section that may be given once only */
};

/* Adds a message about the line TEXT. */
static void wrong(struct parser *parser, const char *text, const char *why)
{
	d2dnet_plan_wrong(parser->p, "%s:%u: '%.80s' %s", parser->path, parser->line, text, why);
	parser->n_wrong++;
}

/* Returns what means the interface NAME, a name or a MAC address, or NULL. The caller frees it. */
static char *interface_name(const char *name)
{
	char mac[D2DNET_MAC];

	if (d2dnet_mac(name, mac))
		return xstrdup(mac);
	return d2dnet_name_ok(name) ? xstrdup(name) : NULL;
}

/* ---- values ---- */

/* Parses a number from 1 to MAX. */
static bool is_number(const char *text, unsigned max, unsigned *n)
{
	unsigned number = bb_strtou(text, NULL, 10);

	if (errno || number < 1 || number > max)
		return false;
	*n = number;
	return true;
}

bool d2dnet_wait_online(const char *text, char **what, unsigned *seconds)
{
	char *copy = xstrdup(text), *p = copy, *word, *name;
	bool valid = text[0] != '\0', number = false, alone = false;
	unsigned n = 0;

	*what = xzalloc(1);
	*seconds = 0;
	while (valid && (word = strsep(&p, ",")) != NULL) {
		if (isdigit((unsigned char)word[0]) && !strchr(word, ':') && !strchr(word, '-')) {
			valid = !number && is_number(word, WAIT_MAX, seconds);
			number = true;
			continue;
		}
		name = index_in_strings("any\0all\0no\0", word) >= 0 ? xstrdup(word) : interface_name(word);
		valid = name && !alone && ++n <= WORDS_MAX;
		if (valid) {
			char *more = xasprintf("%s%s%s", *what, (*what)[0] ? "," : "", name);

			alone = index_in_strings("any\0all\0no\0", name) >= 0;
			valid = !alone || n == 1;
			free(*what);
			*what = more;
		}
		free(name);
	}
	free(copy);
	if (!valid) {
		free(*what);
		*what = NULL;
	}
	return valid;
}

/* Adds the members of a bond or bridge. Returns what is wrong, or NULL. */
static const char *set_members(struct d2dnet_section *section, char *value)
{
	const char *why = NULL;
	char *word, *name;

	while ((word = strsep(&value, " ")) != NULL) {
		if (!word[0])
			continue;
		name = interface_name(word);
		if (!name) {
			why = "names something that is neither an interface nor a MAC address";
		} else if (strcmp(name, section->name) == 0 || llist_find_str(section->cards, name)) {
			why = "names an interface twice";
			free(name);
		} else {
			llist_add_to_end(&section->cards, name);
		}
	}
	return why;
}

static const char *set_mode(struct d2dnet_section *section, const char *value)
{
	static const char modes[] ALIGN1 =
		"balance-rr\0active-backup\0balance-xor\0broadcast\0802.3ad\0balance-tlb\0balance-alb\0";

	if (index_in_strings(modes, value) < 0)
		return "is none of the modes balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb";
	section->mode = xstrdup(value);
	return NULL;
}

static const char *set_link(struct d2dnet_section *section, const char *value)
{
	section->link = interface_name(value);
	if (section->link && strcmp(section->link, section->name) != 0)
		return NULL;
	free(section->link);
	section->link = NULL;
	return "is not another interface's name or MAC address";
}

/* Sets *FLAG by "yes" or "no". */
static const char *set_flag(signed char *flag, const char *value)
{
	int which = index_in_strings("no\0yes\0", value);

	if (which < 0)
		return "is neither yes nor no";
	*flag = which;
	return NULL;
}

static const char *set_setting(struct d2dnet_section *section, const char *key, const char *value)
{
	static const struct {
		char key[10];
		const char *why;
	} words[] = {
		{ "address", "is no address with a prefix, like 192.168.1.10/24 or 2001:db8::10/64" },
		{ "gateway", "is no address of a router" },
		{ "route", "is no route like 10.0.0.0/8=192.168.1.1, or 10.0.0.0/8=- for a network on the link" },
		{ "dns", "is no list of addresses" },
		{ "search", "is no list of domains" },
		{ "ntp", "is no list of addresses" },
		{ "hostname", "is no host name" },
		{ "mtu", "is no number of bytes from 1280 to 65535" },
	};
	unsigned i;

	if (strcmp(section->name, D2DNET_ALL) == 0 && index_in_strings("address\0gateway\0route\0", key) >= 0)
		return "can't be said of all cards: name one, or write [card first]";
	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].key, key) == 0)
			return d2dnet_add(&section->s, key, value) ? NULL : words[i].why;
	return "has an unknown key";
}

/* ---- lines ---- */

static const char *set_in_network(struct parser *parser, const char *key, const char *value)
{
	unsigned seconds;
	char *what;

	if (strcmp(key, "wait-online") != 0)
		return "has an unknown key";
	if (!d2dnet_wait_online(value, &what, &seconds))
		return D2DNET_WAIT_ONLINE_WRONG;
	free(what);
	/* A file of a higher precedence has been read before. */
	if (!parser->p->wait_online)
		parser->p->wait_online = xstrdup(value);
	return NULL;
}

static const char *set_in_section(struct parser *parser, const char *key, char *value)
{
	/* The owner of a key is the only kind of section in which it may be; 0 means bonds and bridges. */
	static const char common[] ALIGN1 = "dhcp\0ra\0from\0";
	static const char special[] ALIGN1 = "link\0id\0cards\0mode\0stp\0";
	static const char owners[] ALIGN1 = { D2DNET_VLAN, D2DNET_VLAN, 0, D2DNET_BOND, D2DNET_BRIDGE };
	struct d2dnet_section *section = parser->section;
	int which = index_in_strings(common, key), own = index_in_strings(special, key);
	signed char flag;
	const char *why;

	if (own >= 0 && (owners[own] ? section->kind != owners[own] : section->kind < D2DNET_BOND))
		return "doesn't belong into a section of this kind";
	switch (which >= 0 ? which : own >= 0 ? own + 3 : -1) {
	case 0: return set_flag(&section->dhcp, value);
	case 1: return set_flag(&section->ra, value);
	case 2:
		if (!parser->internal)
			return "has an unknown key";
		free(section->from);
		section->from = xstrdup(value);
		return NULL;
	case 3: return set_link(section, value);
	case 4: return is_number(value, VLAN_MAX, &section->id) ? NULL : "is no number from 1 to 4094";
	case 5: return set_members(section, value);
	case 6: return set_mode(section, value);
	case 7:
		flag = 0;
		why = set_flag(&flag, value);
		section->stp = flag;
		return why;
	default: return set_setting(section, key, value);
	}
}

/* Whether a key that may be given once has been given before in this section. */
static bool is_repeated(struct parser *parser, const char *key)
{
	static const char single[] ALIGN1 = "dhcp\0ra\0link\0id\0mode\0stp\0hostname\0mtu\0wait-online\0";
	int which = index_in_strings(single, key);
	unsigned bit = which < 0 ? 0 : 1U << which, before = parser->seen & bit;

	parser->seen |= bit;
	return before;
}

static void key_line(struct parser *parser, char *line)
{
	char *sign = strchr(line, '='), *key, *value, *shown;
	const char *why;

	if (parser->skip)
		return;
	if (!sign) {
		wrong(parser, line, "is neither [KIND NAME] nor KEY = VALUE");
		return;
	}
	if (!parser->section && !parser->in_network) {
		wrong(parser, line, "is before the first section, like [card eth0]");
		return;
	}
	shown = xstrdup(line);
	*sign = '\0';
	key = line;
	trim(key);
	value = skip_whitespace(sign + 1);
	if (!value[0])
		why = "has no value";
	else if (is_repeated(parser, key))
		why = "is the second one in this section";
	else
		why = parser->in_network ? set_in_network(parser, key, value) : set_in_section(parser, key, value);
	if (why)
		wrong(parser, shown, why);
	free(shown);
}

/* Returns the name of a section in the form that the plan has, or NULL. The caller frees it. */
static char *section_name(unsigned kind, const char *name)
{
	if (kind == D2DNET_CARD && index_in_strings(D2DNET_FIRST"\0"D2DNET_ALL"\0", name) >= 0)
		return xstrdup(name);
	if (kind != D2DNET_CARD)
		return d2dnet_name_ok(name) ? xstrdup(name) : NULL;
	return interface_name(name);
}

static void section_line(struct parser *parser, char *line)
{
	size_t len = strlen(line);
	char *word = line + 1, *name, *own;
	int kind;
	const char *why = NULL;

	parser->section = NULL;
	parser->in_network = false;
	parser->seen = 0;
	parser->skip = true;
	if (line[len - 1] != ']') {
		wrong(parser, line, "has no ']' at its end: the lines of this section are left out");
		return;
	}
	own = xstrndup(word, len - 2);
	name = own + strcspn(own, " ");
	if (*name)
		*name++ = '\0';
	name = skip_whitespace(name);
	kind = index_in_strings(kinds, own);
	if (kind == KIND_NETWORK) {
		parser->in_network = !name[0];
		why = name[0] ? "has a name, but [network] has none" : NULL;
	} else if (kind < 0) {
		why = "is none of [card NAME], [vlan NAME], [bond NAME], [bridge NAME], [network]";
	} else if (!parser->internal && parser->p->n - parser->since >= SECTIONS_MAX) {
		why = "is one section too many";
	} else {
		name = section_name(kind, name);
		parser->section = name ? d2dnet_plan_add(parser->p, kind, name, parser->since, false) : NULL;
		if (parser->section)
			parser->section->from = xasprintf("%s:%u", parser->path, parser->line);
		else
			why = name ? "is the second section with this name" : kind == D2DNET_CARD ?
				"names no card: eth0, its MAC address, first, or *" : "has no valid name: at most 15 letters and digits";
	}
	if (why)
		wrong(parser, line, auto_string(xasprintf("%s: the lines of this section are left out", why)));
	parser->skip = why != NULL;
	free(own);
}

void d2dnet_plan_file(struct d2dnet_plan *p, char *text, const char *path, bool internal)
{
	struct parser parser = { .p = p, .path = path, .since = p->n, .internal = internal };
	char *line;

	while ((line = d2d_config_line(&text, &parser.line)) != NULL) {
		if (line[0] == '[')
			section_line(&parser, line);
		else
			key_line(&parser, line);
		if (parser.n_wrong >= WRONG_MAX) {
			d2dnet_plan_wrong(p, "%s:%u: too many mistakes: the rest of the file is left out", path, parser.line);
			break;
		}
	}
	if (!internal)
		d2dnet_plan_check(p, parser.since);
}
