/*
 * Keeps what a scan has read from the devices for the next scans. In a boot, five programs look at all volumes, one after the
 * other. An empty drive takes the longest each time: the kernel handles its answer as an error, which takes 65 ms with AHCI.
 *
 * What was read from a device counts for a limited time, and as long as nobody has written to its disk.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D_PROBE) += d2d_recall.o

#include <sys/file.h>
#include "d2d_volume_private.h"

#define RECORDS D2D_RUN"/probed"

enum {
	RECORDS_MAX = 1024 * 1024,	/* bytes of the file */
	DEVICE_MS = 60000,	/* others may write to a disk that is shared, such as one of a SAN */
	EMPTY_MS = 3000,	/* the kernel reports a new disc only if it was told to look for one */
};

/* A record of the file: strings, each with its '\0'. */
enum { NAME, STATE, TIME, ERROR, FSTYPE, UUID, LABEL, REPAIR, FIELDS };

struct d2d_recall {
	char *path;
	int lock;		/* locked while devices are read: who scans at the same time waits for what is found; or -1 */
	char *old;		/* the file as it was found */
	const char **field;	/* its strings */
	unsigned n;		/* records */
	FILE *out;		/* the records of the devices of this scan */
	char *text;
	size_t len;
	bool fresh;		/* a device was read */
};

struct d2d_recall *d2d_recall_begin(const char *root)
{
	struct d2d_recall *r = xzalloc(sizeof(*r));
	unsigned fields = 0;
	size_t len;
	char *p;

	r->path = xasprintf("%s"RECORDS, root);
	p = xasprintf("%s.lock", r->path);
	r->lock = open(p, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	free(p);
	if (r->lock >= 0)
		flock(r->lock, LOCK_EX);
	d2d_file_read(r->path, RECORDS_MAX, &r->old, &len);
	for (p = r->old; p && p < r->old + len; p += strlen(p) + 1) {
		r->field = xrealloc_vector(r->field, 5, fields);
		r->field[fields++] = p;
	}
	r->n = fields / FIELDS;
	r->out = open_memstream(&r->text, &r->len);
	if (!r->out)
		bb_die_memory_exhausted();
	return r;
}

void d2d_recall_end(struct d2d_recall *r)
{
	/* Without the file, the next scan reads all devices again. */
	if (fclose(r->out) == 0 && r->fresh)
		d2d_file_save(r->path, r->text, r->len);
	if (r->lock >= 0)
		close(r->lock);
	free(r->text);
	free(r->field);
	free(r->old);
	free(r->path);
	free(r);
}

/* Returns counts of all that was written to or discarded on the disk in the sysfs directory DISK, or NULL if they are not known:
 * the kernel doesn't count, or the disk is made of others, which may be written to directly. The caller frees it. */
static char *written(const char *disk)
{
	char *counting = d2d_sysfs_read(disk, "queue/iostats"), *stat = d2d_sysfs_read(disk, "stat"), *text = NULL;
	char *made_of = concat_path_file(disk, "slaves"), **names;
	/* Documentation/block/stat.rst: writes and sectors written are fields 5 and 7, discards and sectors discarded 12 and 14. */
	unsigned long long n[14];
	int slaves = d2d_dir_list(made_of, 1, &names);

	d2d_dir_list_free(names, slaves);
	if (slaves <= 0 && slaves != -E2BIG && counting && strcmp(counting, "1") == 0 && stat
	 && sscanf(stat, "%llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu", n, n + 1, n + 2, n + 3, n + 4, n + 5,
			n + 6, n + 7, n + 8, n + 9, n + 10, n + 11, n + 12, n + 13) == 14)
		text = xasprintf("%llu %llu %llu %llu", n[4], n[6], n[11], n[13]);
	free(made_of);
	free(stat);
	free(counting);
	return text;
}

/* Returns the disk of the device in the sysfs directory DIR, also as a directory. The caller frees it. */
static char *disk_of(const char *dir)
{
	char *partition = concat_path_file(dir, "partition"), *disk;

	disk = access(partition, F_OK) == 0 ? concat_path_file(dir, "..") : xstrdup(dir);
	free(partition);
	return disk;
}

/* Returns a text that differs when the device isn't the same any more or has another content: WRITTEN, and the number that the
 * kernel gives to each disk that it finds and to each disc in a drive. NULL if that isn't known. The caller frees it. */
static char *state_of(const char *dir, const char *disk, const char *writes)
{
	char *number = d2d_sysfs_read(disk, "diskseq"), *size = d2d_sysfs_read(dir, "size"), *state = NULL;

	if (writes && number && size)
		state = xasprintf("%s %s %s", number, size, writes);
	free(size);
	free(number);
	return state;
}

static const char **find(const struct d2d_recall *r, const char *name, const char *state)
{
	unsigned long long now = d2d_now(), time;
	const char **record;
	unsigned i;

	for (i = 0; i < r->n; i++) {
		record = r->field + i * FIELDS;
		if (strcmp(record[NAME], name) != 0 || strcmp(record[STATE], state) != 0)
			continue;
		time = bb_strtoull(record[TIME], NULL, 10);
		if (!errno && time <= now && now - time < (record[ERROR][0] ? EMPTY_MS : DEVICE_MS))
			return record;
	}
	return NULL;
}

static void put(struct d2d_recall *r, const char *text)
{
	fwrite(text, 1, strlen(text) + 1, r->out);
}

static int recall(struct d2d_recall *r, const char **record, struct d2d_volume *v)
{
	unsigned i;

	for (i = 0; i < FIELDS; i++)
		put(r, record[i]);
	v->fstype = xstrdup(record[FSTYPE]);
	v->uuid = xstrdup(record[UUID]);
	v->label = xstrdup(record[LABEL]);
	v->repair = record[REPAIR][0] ? xstrdup(record[REPAIR]) : NULL;
	return record[ERROR][0] ? -ENOMEDIUM : 0;
}

static void record(struct d2d_recall *r, const char *state, const struct d2d_volume *v, int err)
{
	char *time = xasprintf("%llu", d2d_now());

	put(r, v->name);
	put(r, state);
	put(r, time);
	put(r, err ? "empty" : "");
	put(r, v->fstype);
	put(r, v->uuid);
	put(r, v->label);
	put(r, v->repair ? : "");
	r->fresh = true;
	free(time);
}

int d2d_recall_probe(struct d2d_recall *r, const char *dir, struct d2d_volume *v)
{
	char *disk = disk_of(dir), *before = written(disk), *state = state_of(dir, disk, before), *after;
	const char **known = state ? find(r, v->name, state) : NULL;
	int err;

	if (known) {
		err = recall(r, known, v);
	} else {
		err = d2d_volume_probe(v->dev, v);
		/* The kernel may have noticed only now that there is another disc in the drive. */
		after = written(disk);
		free(state);
		state = before && after && strcmp(before, after) == 0 ? state_of(dir, disk, after) : NULL;
		free(after);
		if (state && (!err || err == -ENOMEDIUM))
			record(r, state, v, err);
	}
	free(state);
	free(before);
	free(disk);
	return err;
}
