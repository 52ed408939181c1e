/*
 * d2dmeta: YAML as the objects of json-c, by libyaml. Metadata comes from a disk that anybody may have written, so size, depth and
 * what aliases multiply are limited. Pure functions on memory.
 *
 * All scalars become strings, or null: each reader knows which type it wants, and a MAC address or a mode is no number.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DMETA) += d2dmeta_yaml.o

#include <yaml.h>
#include "d2dmeta_text.h"

enum {
	DEPTH_MAX = 32,
	ANCHORS_MAX = 100,
	WEIGHT_MAX = 8 * D2DMETA_TEXT_MAX,	/* bytes of all scalars, and NODE for each node, with those that aliases repeat */
	NODE = 16,
};

struct anchor {
	char *name;
	struct json_object *o;
	size_t weight;
};

struct builder {
	yaml_parser_t parser;
	struct level {
		struct json_object *o;
		char *key;		/* of a mapping: the key whose value comes next, or NULL */
		char *anchor;		/* name, or NULL */
		size_t before;		/* weight when the collection began */
	} level[DEPTH_MAX];
	unsigned depth;
	struct anchor anchor[ANCHORS_MAX];
	unsigned anchors;
	size_t weight;
	struct json_object *root;
	bool done;			/* the document is complete */
	char *why;
};

static void fail(struct builder *b, const yaml_event_t *event, const char *why)
{
	d2d_fail(-EBADMSG, &b->why, "line %u: %s", (unsigned)event->start_mark.line + 1, why);
}

/* Gives an object the name of an anchor. It is not before the object is complete, so that none contains itself. */
static void name_anchor(struct builder *b, const yaml_event_t *event, const char *name, struct json_object *o, size_t weight)
{
	struct anchor *a;

	if (b->anchors == ANCHORS_MAX) {
		fail(b, event, "too many anchors");
		return;
	}
	a = &b->anchor[b->anchors++];
	a->name = xstrdup(name);
	a->o = json_object_get(o);
	a->weight = weight;
}

/* Adds a value where the parser stands. Takes over O. */
static void add(struct builder *b, const yaml_event_t *event, struct json_object *o)
{
	struct level *top = b->depth ? &b->level[b->depth - 1] : NULL;

	b->weight += NODE;
	if (b->weight > WEIGHT_MAX)
		fail(b, event, "aliases and values take too much memory");
	if (!top) {
		b->root = o;
		return;
	}
	if (json_object_is_type(top->o, json_type_array)) {
		json_object_array_add(top->o, o);
		return;
	}
	json_object_object_add(top->o, top->key, o);
	free(top->key);
	top->key = NULL;
}

/* Whether the next node is a key. */
static bool wants_key(const struct builder *b)
{
	const struct level *top = b->depth ? &b->level[b->depth - 1] : NULL;

	return top && json_object_is_type(top->o, json_type_object) && !top->key;
}

/* Whether a tag is one of those whose values are text or null here. */
static bool tag_ok(const char *tag)
{
	static const char known[] ALIGN1 = "str\0int\0float\0bool\0null\0timestamp\0seq\0map\0";
	static const char core[] ALIGN1 = "tag:yaml.org,2002:";

	if (!tag || strcmp(tag, "!") == 0)
		return true;
	return is_prefixed_with(tag, core) && index_in_strings(known, tag + sizeof(core) - 1) >= 0;
}

static void scalar(struct builder *b, const yaml_event_t *event)
{
	static const char nulls[] ALIGN1 = "~\0null\0Null\0NULL\0";
	const char *text = (const char *)event->data.scalar.value, *anchor = (const char *)event->data.scalar.anchor;
	size_t len = event->data.scalar.length;
	struct json_object *o = NULL;

	if (strlen(text) != len) {
		fail(b, event, "a null byte");
		return;
	}
	if (!tag_ok((const char *)event->data.scalar.tag)) {
		fail(b, event, "a tag of a type that is not known here");
		return;
	}
	b->weight += len;
	if (wants_key(b)) {
		b->level[b->depth - 1].key = xstrdup(text);
		return;
	}
	if (!event->data.scalar.plain_implicit || (len && index_in_strings(nulls, text) < 0))
		o = json_object_new_string(text);
	if (anchor)
		name_anchor(b, event, anchor, o, len + NODE);
	add(b, event, o);
}

static void alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	unsigned i = b->anchors;

	if (wants_key(b)) {
		fail(b, event, "an alias as a key");
		return;
	}
	/* The last anchor of a name counts. */
	while (i > 0 && strcmp(b->anchor[i - 1].name, name) != 0)
		i--;
	if (i == 0) {
		fail(b, event, "an alias without its anchor before it");
		return;
	}
	b->weight += b->anchor[i - 1].weight;
	add(b, event, json_object_get(b->anchor[i - 1].o));
}

static void begin(struct builder *b, const yaml_event_t *event, struct json_object *o, const char *tag, const char *anchor)
{
	size_t before = b->weight;
	const char *why = NULL;

	if (wants_key(b))
		why = "a key that is no text";
	else if (b->depth == DEPTH_MAX)
		why = "too many levels";
	else if (!tag_ok(tag))
		why = "a tag of a type that is not known here";
	if (why) {
		json_object_put(o);
		fail(b, event, why);
		return;
	}
	add(b, event, o);
	b->level[b->depth++] = (struct level){ .o = o, .anchor = anchor ? xstrdup(anchor) : NULL, .before = before };
}

static void end(struct builder *b, const yaml_event_t *event)
{
	struct level *top = &b->level[--b->depth];

	if (top->anchor)
		name_anchor(b, event, top->anchor, top->o, b->weight - top->before);
	free(top->anchor);
	top->anchor = NULL;
}

static void take(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->done)
			fail(b, event, "a second document");
		break;
	case YAML_DOCUMENT_END_EVENT:
		b->done = true;
		break;
	case YAML_SCALAR_EVENT:
		scalar(b, event);
		break;
	case YAML_ALIAS_EVENT:
		alias(b, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		begin(b, event, json_object_new_array(), (const char *)event->data.sequence_start.tag,
			(const char *)event->data.sequence_start.anchor);
		break;
	case YAML_MAPPING_START_EVENT:
		begin(b, event, json_object_new_object(), (const char *)event->data.mapping_start.tag,
			(const char *)event->data.mapping_start.anchor);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		end(b, event);
		break;
	default:
		break;
	}
}

/* Sets the reason to what libyaml says. */
static void fail_syntax(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;

	if (p->error == YAML_MEMORY_ERROR || !p->problem)
		bb_die_memory_exhausted();
	/* The reader finds wrong bytes before a line is known. */
	if (p->error == YAML_READER_ERROR)
		d2d_fail(-EBADMSG, &b->why, "byte %zu: %s", p->problem_offset + 1, p->problem);
	else
		d2d_fail(-EBADMSG, &b->why, "line %u: %s", (unsigned)p->problem_mark.line + 1, p->problem);
}

struct json_object *d2dmeta_yaml(const char *text, size_t len, struct d2dmeta_notes *n)
{
	struct builder *b = xzalloc(sizeof(*b));
	struct json_object *root = NULL;
	bool ended = false;

	if (!yaml_parser_initialize(&b->parser))
		bb_die_memory_exhausted();
	yaml_parser_set_input_string(&b->parser, (const unsigned char *)text, len);
	while (!ended && !b->why) {
		yaml_event_t event;

		if (!yaml_parser_parse(&b->parser, &event)) {
			fail_syntax(b);
			break;
		}
		take(b, &event);
		ended = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&b->parser);

	/* A comment alone is a document without anything in it. */
	if (!b->why && !b->root)
		b->root = json_object_new_object();
	if (!b->why && !json_object_is_type(b->root, json_type_object))
		d2d_fail(-EBADMSG, &b->why, "it has no keys");
	while (b->depth) {
		free(b->level[--b->depth].key);
		free(b->level[b->depth].anchor);
	}
	while (b->anchors) {
		free(b->anchor[--b->anchors].name);
		json_object_put(b->anchor[b->anchors].o);
	}
	if (!b->why) {
		root = b->root;
	} else {
		d2dmeta_wrong(n, "%s: nothing of it is used", b->why);
		json_object_put(b->root);
	}
	free(b->why);
	free(b);
	return root;
}
