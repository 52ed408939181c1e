/*
 * Converts a layer's archive, while it is read, to a tar archive of the files that overlay2 would store for the layer, as the
 * input of mksquashfs. All names are kept in a tree, so that an archive that could not be unpacked is refused here, too.
 * Directories and whiteouts are written last: the entry that makes a directory opaque may follow the directory's contents,
 * and a later entry may replace a whiteout.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DIMPORT_SQUASH) += d2d_squash_layer.o

#include <search.h>
#include <sys/sysmacros.h>
#include "d2d_squash.h"

enum {
	LINK_MAX_BYTES = 4095,
	XATTR_NAME_MAX_BYTES = 255,
	XATTR_MAX = 64 * 1024,
	MAJOR_MAX = 0xfff, MINOR_MAX = 0xfffff,
};

struct squash {
	struct d2d_layer l;
	struct d2d_tar_out out;
	struct d2d_squash_tree tree;
	int err;
};

/* ---- limits of squashfs ---- */

static int check_xattrs(struct squash *q, const struct d2d_tar_entry *e)
{
	unsigned i;

	for (i = 0; i < e->n_xattrs; i++) {
		const struct d2d_xattr *x = &e->xattrs[i];
		const char *rest = is_prefixed_with(x->name, "user.");

		rest = rest ? rest : is_prefixed_with(x->name, "trusted.");
		rest = rest ? rest : is_prefixed_with(x->name, "security.");
		/* Don't drop other attributes: one is the access control list, without which other users could read the file. */
		if (!rest || !*rest)
			return d2d_layer_fail(&q->l, -EOPNOTSUPP, "'%s' has the xattr '%s', which squashfs can't store", e->name,
					x->name);
		if (strlen(x->name) > XATTR_NAME_MAX_BYTES || x->len > XATTR_MAX)
			return d2d_layer_fail(&q->l, -E2BIG, "'%s': the xattr '%.20s...' is too long", e->name, x->name);
	}
	return 0;
}

static int check(struct squash *q, const struct d2d_tar_entry *e)
{
	int r = check_xattrs(q, e);

	if (r < 0)
		return r;
	if (e->type == '2' && !e->link[0])
		return -ENOENT;
	if (e->type == '2' && strlen(e->link) > LINK_MAX_BYTES)
		return -ENAMETOOLONG;
	if ((e->type == '3' || e->type == '4') && (major(e->dev) > MAJOR_MAX || minor(e->dev) > MINOR_MAX))
		return -EINVAL;
	return e->sparse ? d2d_layer_room(&q->l, e) : 0;
}

/* ---- entries ---- */

/* Copies the metadata of an entry. The xattrs of a directory are written at the end; those of a file are compared with those of
 * its hard links. */
static void describe(struct d2d_squash_node *n, const struct d2d_tar_entry *e, char type)
{
	unsigned i;

	d2d_squash_free_xattrs(n);
	n->type = type;
	n->mode = e->mode;
	n->uid = e->uid;
	n->gid = e->gid;
	/* squashfs stores an unsigned number of 32 bits */
	n->mtime = MAX(0, MIN(e->mtime.tv_sec, (time_t)UINT32_MAX));
	n->target = NULL;
	for (i = 0; i < e->n_xattrs; i++) {
		const struct d2d_xattr *x = &e->xattrs[i];

		/* Docker drops these, too: the kernel supports user.* only on regular files and directories */
		if (is_prefixed_with(x->name, "user.") && !strchr("05", type))
			continue;
		n->xattrs = xrealloc_vector(n->xattrs, 1, n->n_xattrs);
		n->xattrs[n->n_xattrs].name = xstrdup(x->name);
		n->xattrs[n->n_xattrs].value = xmemdup(x->value, x->len);
		n->xattrs[n->n_xattrs++].len = x->len;
	}
}

static int put(struct squash *q, const struct d2d_squash_node *n, char type, const struct d2d_tar_entry *more)
{
	static const char opaque[] ALIGN1 = "trusted.overlay.opaque";
	struct d2d_tar_entry e = { .type = type, .name = (char *)n->name, .mode = n->mode, .uid = n->uid, .gid = n->gid };
	unsigned i;

	e.mtime.tv_sec = n->mtime;
	if (more) {
		e.link = more->link;
		e.size = more->size;
		e.dev = more->dev;
	}
	for (i = 0; i < n->n_xattrs; i++) {
		char *key;

		if (n->opaque && strcmp(n->xattrs[i].name, opaque) == 0)
			continue;
		key = xasprintf("SCHILY.xattr.%s", n->xattrs[i].name);
		d2d_tar_out_record(&q->out, key, n->xattrs[i].value, n->xattrs[i].len);
		free(key);
	}
	if (n->opaque)
		d2d_tar_out_record(&q->out, "SCHILY.xattr.trusted.overlay.opaque", "y", 1);
	return d2d_tar_out_entry(&q->out, &e);
}

/* Writes holes as zeros: mksquashfs detects them again, whereas it fails on some maps of sparse files. */
static int put_content(struct squash *q, const struct d2d_tar_entry *e)
{
	struct d2d_piece whole = { 0, e->size };
	const struct d2d_piece *map = e->sparse ? e->map : &whole;
	unsigned i, n = e->sparse ? e->n_map : 1;
	off_t at = 0, left;
	ssize_t got;
	int r = 0;

	for (i = 0; r == 0 && i < n; i++) {
		r = d2d_tar_out_write(&q->out, NULL, map[i].from - at);
		at = map[i].from + map[i].len;
		for (left = map[i].len; r == 0 && left; left -= got) {
			got = d2d_layer_content(&q->l, e, left);
			r = got < 0 ? got : d2d_tar_out_write(&q->out, q->l.buf, got);
		}
	}
	return r < 0 ? r : d2d_tar_out_write(&q->out, NULL, e->size - at);
}

static bool same_xattrs(const struct d2d_squash_node *a, const struct d2d_squash_node *b)
{
	unsigned i, k;

	for (i = 0; i < b->n_xattrs; i++) {
		for (k = 0; k < a->n_xattrs && strcmp(a->xattrs[k].name, b->xattrs[i].name) != 0; k++)
			continue;
		if (k == a->n_xattrs || a->xattrs[k].len != b->xattrs[i].len
		 || memcmp(a->xattrs[k].value, b->xattrs[i].value, b->xattrs[i].len) != 0
		) {
			return false;
		}
	}
	return true;
}

/* The metadata in a hard link's entry applies to the file itself, which mksquashfs has already read. So metadata that differs
 * from the file's is refused. */
static int put_hardlink(struct squash *q, const struct d2d_tar_entry *e, struct d2d_squash_node *n, struct d2d_squash_node *target)
{
	struct d2d_tar_entry link = { .link = (char *)target->name };

	describe(n, e, target->type);
	n->target = target;
	n->link = target->link;
	if (target->type == D2D_SQUASH_WHITEOUT)
		return 0;
	if (n->uid != target->uid || n->gid != target->gid
	 || (target->type != '2' && n->mode != target->mode) || !same_xattrs(target, n))
		return d2d_layer_fail(&q->l, -EOPNOTSUPP, "'%s' is a hard link to '%s', but has another owner, mode or xattr",
				e->name, e->link);
	d2d_squash_free_xattrs(n);
	return put(q, n, '1', &link);
}

/* Finds the file that a hard link refers to. It must be in the same layer. */
static int find_target(struct squash *q, const struct d2d_tar_entry *e, const struct d2d_squash_node *itself,
		struct d2d_squash_node **target)
{
	char *name = d2d_layer_hardlink_target(&q->l, e);
	struct d2d_squash_node *parent;
	int r;

	if (!name)
		return -EBADMSG;
	r = d2d_squash_tree_enter(&q->tree, &q->l, name, false, &parent);
	*target = r == 0 ? d2d_squash_tree_find(&q->tree, name) : NULL;
	if (r == -ENOENT || (r == 0 && strcmp(name, ".") != 0 && (!*target || *target == itself)))
		r = d2d_layer_fail(&q->l, -ENOENT, "'%s' is a hard link to '%s', which isn't in the layer", e->name, e->link);
	else if (r == 0 && (!*target || (*target)->type == '5'))
		r = -EPERM;
	if (r == 0 && (*target)->target)
		*target = (*target)->target;
	free(name);
	return r;
}

static int take_file(struct squash *q, const struct d2d_tar_entry *e, struct d2d_squash_node *n)
{
	struct d2d_squash_node *target = NULL;
	int r = check(q, e);

	if (r < 0)
		return r;
	switch (e->type) {
	case '0': case '7': case 'S':
		describe(n, e, '0');
		q->l.size += e->size;
		r = put(q, n, '0', e);
		return r < 0 ? r : put_content(q, e);
	case '1':
		r = find_target(q, e, n, &target);
		return r < 0 ? r : put_hardlink(q, e, n, target);
	case '2':
		q->l.size += strlen(e->link);
		break;
	case '3': case '4': case '6':
		break;
	case '5':
		describe(n, e, '5');
		return 0;
	default:
		return d2d_layer_fail(&q->l, -EBADMSG, "'%s' is of an unknown type (%u)", e->name, (unsigned char)e->type);
	}
	describe(n, e, e->type);
	if (e->type == '2')
		d2d_squash_tree_set_link(&q->tree, n, e->link);
	return put(q, n, e->type, e);
}

static int take_whiteout(struct squash *q, const struct d2d_tar_entry *e, const char *base, struct d2d_squash_node *parent)
{
	struct d2d_tar_entry none = { .uid = e->uid, .gid = e->gid };
	struct d2d_squash_node *n;
	char *path;
	int r;

	if (strcmp(base, ".wh..wh..opq") == 0) {
		/* overlayfs ignores the attribute on the root directory */
		if (parent)
			parent->opaque = true;
		return 0;
	}
	base = d2d_layer_whiteout_target(&q->l, e, base);
	if (!base)
		return -EBADMSG;
	path = parent ? xasprintf("%s/%s", parent->name, base) : xstrdup(base);
	r = d2d_squash_tree_find(&q->tree, path) ? -EEXIST : d2d_squash_tree_add(&q->tree, &q->l, path, &n);
	if (r == 0)
		describe(n, &none, D2D_SQUASH_WHITEOUT);
	free(path);
	return r;
}

static int pack_entry(struct d2d_layer *l, const struct d2d_tar_entry *e, const char *name)
{
	struct squash *q = (struct squash *)l;
	const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
	struct d2d_squash_node *n, *parent;
	int r;

	/* nobody sees the metadata of the root directory: that of a container covers it */
	if (strcmp(name, ".") == 0)
		return 0;
	r = d2d_squash_tree_enter(&q->tree, &q->l, name, true, &parent);
	if (r < 0)
		return r;
	if (l->whiteout)
		return take_whiteout(q, e, base, parent);
	n = d2d_squash_tree_find(&q->tree, name);
	if (n && n->type != D2D_SQUASH_WHITEOUT && (n->type == '5') != (e->type == '5'))
		return d2d_layer_fail(l, -EBADMSG, "'%s' is both a directory and something else", e->name);
	/* mksquashfs has read the file already, and the archive could not be rebuilt without it */
	if (n && n->type != D2D_SQUASH_WHITEOUT && n->type != '5')
		return d2d_layer_fail(l, -EOPNOTSUPP, "'%s' replaces a file of the same layer that has another name there",
				e->name);
	if (!n)
		r = d2d_squash_tree_add(&q->tree, &q->l, name, &n);
	return r < 0 ? r : take_file(q, e, n);
}

static int find_link(struct d2d_layer *l, const char *path, char **target)
{
	const struct d2d_squash_node *n = d2d_squash_tree_find(&((struct squash *)l)->tree, path);

	/* a node has no links before its last component, because it was added under a name without them */
	if (!n || !n->link)
		return n ? 0 : -ELOOP;
	*target = xstrdup(n->link);
	return 1;
}

/* Writes a directory or a whiteout; for twalk_r(). */
static void put_late(const void *node, VISIT visit, void *arg)
{
	const struct d2d_squash_node *n = *(struct d2d_squash_node *const *)node;
	struct squash *q = arg;

	if (q->err < 0 || (visit != postorder && visit != leaf))
		return;
	if (n->type == '5')
		q->err = put(q, n, '5', NULL);
	else if (n->type == D2D_SQUASH_WHITEOUT)
		q->err = put(q, n, '3', NULL);
}

static int end(struct d2d_layer *l)
{
	struct squash *q = (struct squash *)l;

	twalk_r(q->tree.root, put_late, q);
	return q->err < 0 ? q->err : d2d_tar_out_end(&q->out);
}

int d2d_layer_squash(struct d2d_stream *in, FILE *to, int dir, int split, struct d2d_layer_result *result, char **why)
{
	struct squash q = {
		.l = { .on_entry = pack_entry, .on_link = find_link, .on_end = end, .diff = dir },
		.out = { .to = to },
	};
	int r = d2d_layer_read(&q.l, in, split, result);

	*why = q.l.why;
	d2d_squash_tree_free(&q.tree);
	free(q.out.pax);
	return r;
}
