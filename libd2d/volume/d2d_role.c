/*
 * Decides what each volume is used for; the first rule that applies wins. Nothing here accesses a device or prints.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_role.o

#include "d2d_volume.h"

/* Ranks of volumes that could be the store; the highest one wins. Labels have the ranks below RANK_NAMED. */
enum { RANK_NAMED = 7, RANK_OPENED, RANK_MOUNTED };

void d2d_role_set(struct d2d_volume *v, int role, const char *format, ...)
{
	va_list args;

	free(v->why);
	v->role = role;
	va_start(args, format);
	if (vasprintf(&v->why, format, args) < 0)
		bb_die_memory_exhausted();
	va_end(args);
}

static int is_luks(const struct d2d_volume *v)
{
	return strcmp(v->fstype, "crypto_LUKS") == 0;
}

/* Whether a volume is ext with a damaged superblock. */
static bool is_damaged_ext(const struct d2d_volume *v)
{
	return v->repair && !v->fstype[0];
}

static bool is_opened_store(const struct d2d_volume *v)
{
	return strcmp(v->dev, D2D_STORE_MAPPING) == 0;
}

/* A volume that was opened as the store but can't be one keeps this role, so that no other volume silently becomes the
 * store. */
static void decide_opened(struct d2d_volume *v)
{
	if (!is_opened_store(v) || v->holder || is_damaged_ext(v) || d2d_volume_is_ext(v))
		return;
	if (v->err)
		d2d_role_set(v, D2D_ROLE_STORE, "was opened as the store, but can't be read: %s", strerror(-v->err));
	else if (v->fstype[0])
		d2d_role_set(v, D2D_ROLE_STORE, "was opened as the store, but holds %s: a store must be ext4", v->fstype);
	else
		d2d_role_set(v, D2D_ROLE_STORE, "was opened as the store, but holds no known file system");
}

static void decide_unusable(struct d2d_volume *v)
{
	if (v->err)
		d2d_role_set(v, D2D_ROLE_NONE, "can't read it: %s", strerror(-v->err));
	else if (!v->fstype[0] && !v->repair)
		d2d_role_set(v, D2D_ROLE_NONE, "no known file system");
	else if (strcmp(v->fstype, "format-me") == 0)
		d2d_role_set(v, D2D_ROLE_NONE, "asks to be formatted; d2dadopt does so if there is no store");
	else if (v->holder)
		d2d_role_set(v, D2D_ROLE_NONE, "is in use as %s", v->holder);
	else if (v->mountpoint && !is_prefixed_with(v->mountpoint, D2D_RUN"/"))
		d2d_role_set(v, D2D_ROLE_NONE, "is in use");
}

/* Returns the volume that is mounted as the medium, or NULL. It may have another UUID than the ISO that was booted from, because
 * d2dmount also looks for that ISO, and its files, on volumes. */
static struct d2d_volume *mounted_medium(struct d2d_volume *list, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (list[i].mountpoint && strcmp(list[i].mountpoint, D2D_MEDIUM) == 0)
			return &list[i];
	return NULL;
}

/* Whether V is a second view of the medium, which has been found by a file in it and has another UUID than that (an ISO of 'd2d-host
 * iso' that is built for Secure Boot). */
static bool is_medium_again(const struct d2d_volume *v, const struct d2d_volume *medium)
{
	return ENABLE_D2D_SECUREBOOT && medium && v != medium && strcmp(v->fstype, "iso9660") == 0
		&& strcmp(medium->fstype, "iso9660") == 0 && strcmp(v->uuid, medium->uuid) == 0;
}

static void decide_medium(struct d2d_volume *list, int n, const char *uuid)
{
	struct d2d_volume *medium = mounted_medium(list, n);
	int i;

	if (medium && !medium->why)
		d2d_role_set(medium, D2D_ROLE_MEDIUM, "was booted from");
	for (i = 0; uuid && i < n; i++) {
		struct d2d_volume *v = &list[i];

		if (v->why || is_damaged_ext(v) || (strcasecmp(v->uuid, uuid) != 0 && !is_medium_again(v, medium)))
			continue;
		if (medium) {
			/* Usually the first partition of a USB stick that the ISO was written to. */
			d2d_role_set(v, D2D_ROLE_NONE, "same UUID as %s", medium->dev);
			continue;
		}
		medium = v;
		d2d_role_set(v, D2D_ROLE_MEDIUM, "was booted from");
	}
}

bool d2d_volume_is_named(const struct d2d_volume *v, const char *spec)
{
	if (is_prefixed_with(spec, "UUID="))
		return spec[5] && strcasecmp(v->uuid, spec + 5) == 0;
	if (is_prefixed_with(spec, "LABEL="))
		return spec[6] && strcmp(v->label, spec + 6) == 0;
	return strcmp(v->dev, spec) == 0;
}

/* Returns the rank of a volume as the store, 0 if it can't be the store. The mounted store comes first, then the opened
 * LUKS volume, then the volume that SPEC (d2d.store=) names or, without SPEC, the volumes with these labels, of which
 * the last has the highest rank. */
static int store_rank(const struct d2d_volume *v, const char *spec)
{
	static const char labels[] ALIGN1 = "boot2docker-data\0""DOCKER\0""D2D-STORE\0";
	int named = index_in_strings(labels, v->label) + 1;

	if (v->mountpoint && strcmp(v->mountpoint, D2D_STORE) == 0)
		return RANK_MOUNTED;
	if (is_opened_store(v))
		return RANK_OPENED;
	if (!spec)
		return d2d_volume_is_ext(v) || is_damaged_ext(v) || (is_luks(v) && strcmp(v->label, D2D_STORE_LABEL) == 0) ? named : 0;
	return d2d_volume_is_named(v, spec) ? RANK_NAMED : 0;
}

static const char *store_why(int rank)
{
	if (rank == RANK_MOUNTED)
		return "is mounted";
	if (rank == RANK_OPENED)
		return "was opened as the store";
	return rank == RANK_NAMED ? "is named by d2d.store=" : "has the label of a store";
}

static int usable_rank(const struct d2d_volume *v, const char *spec)
{
	if (v->role == D2D_ROLE_STORE)
		return RANK_OPENED;
	return v->why || !(d2d_volume_is_ext(v) || is_damaged_ext(v) || is_luks(v)) ? 0 : store_rank(v, spec);
}

/* Returns the first volume of the highest rank, and in *TWIN another one of that rank. Two volumes have the same rank
 * only by equal labels or a cloned UUID; then it is unknown which of them is meant. A locked or damaged volume counts
 * as much as one that could be mounted. */
static struct d2d_volume *best_store(struct d2d_volume *list, int n, const char *spec, struct d2d_volume **twin)
{
	struct d2d_volume *first = NULL;
	int i, rank, best = 0;

	*twin = NULL;
	for (i = 0; i < n; i++) {
		rank = usable_rank(&list[i], spec);
		if (rank > best) {
			best = rank;
			first = &list[i];
			*twin = NULL;
		} else if (rank && rank == best && !*twin) {
			*twin = &list[i];
		}
	}
	return first;
}

static bool has_own_uuid(const struct d2d_volume *v, const struct d2d_volume *other)
{
	return v->uuid[0] && strcmp(v->uuid, other->uuid) != 0;
}

static struct d2d_volume *decide_store(struct d2d_volume *list, int n, const char *spec)
{
	struct d2d_volume *twin, *first = best_store(list, n, spec, &twin);
	int i, best = first ? usable_rank(first, spec) : 0;

	for (i = 0; i < n; i++) {
		struct d2d_volume *v = &list[i];
		const struct d2d_volume *other = v == first ? twin : first;
		int rank = v->why ? 0 : store_rank(v, spec);

		if (!rank)
			continue;
		if (is_luks(v) && v->repair)
			d2d_role_set(v, D2D_ROLE_STORE, "locked: LUKS, d2dunlock opens it; a copy of its header is damaged: '%s' repairs it",
				v->repair);
		else if (is_luks(v))
			d2d_role_set(v, D2D_ROLE_STORE, "locked: LUKS, d2dunlock opens it");
		else if (v->repair)
			d2d_role_set(v, D2D_ROLE_STORE, "its superblock is damaged: '%s' repairs it and asks before each change",
				v->repair);
		else if (!d2d_volume_is_ext(v))
			d2d_role_set(v, D2D_ROLE_STORE, "is named by d2d.store=, but holds %s: a store must be ext4", v->fstype);
		else if (rank < best)
			d2d_role_set(v, D2D_ROLE_STORE, "%s comes first", first->dev);
		else if (other)
			d2d_role_set(v, D2D_ROLE_STORE,
				"has the same label as %s: neither is used, d2d.store=%s%s selects this one", other->dev,
				has_own_uuid(v, other) ? "UUID=" : "", has_own_uuid(v, other) ? v->uuid : v->dev);
		else
			d2d_role_set(v, D2D_ROLE_STORE, "%s", store_why(rank));
	}
	return twin || !first || !d2d_volume_is_ext(first) ? NULL : first;
}

/* Whether the store is encrypted, or another LUKS volume was opened (d2d.luks=). A LUKS volume with a detached header looks like
 * random data, so the opened mapping is checked as well. */
static bool has_encrypted_volume(const struct d2d_volume *list, int n)
{
	const struct d2d_volume *v;

	for (v = list; v < list + n; v++)
		if (is_opened_store(v) || (v->holder && strcmp(v->holder, D2D_STORE_MAPPING) == 0)
		 || (is_luks(v) && (v->holder || v->role == D2D_ROLE_STORE)))
			return true;
	return false;
}

/* Decides by the label alone, because any other swap space may hold the image of a hibernated system. */
static void decide_swap(struct d2d_volume *v, bool encrypted)
{
	if (strcmp(v->fstype, "swap") != 0 || strcmp(v->label, "D2D-SWAP") != 0)
		return;
	if (v->removable)
		d2d_role_set(v, D2D_ROLE_NONE, "is removable: programs would lose the memory that is swapped out to it");
	else if (encrypted)
		d2d_role_set(v, D2D_ROLE_NONE, "not used beside an encrypted volume: it would hold memory in the clear");
	else
		d2d_role_set(v, D2D_ROLE_SWAP, "has the label of swap space");
}

static int is_mounted_payload(const struct d2d_volume *v)
{
	return v->mountpoint && is_prefixed_with(v->mountpoint, D2D_PAYLOAD"/");
}

bool d2d_volume_is_mountable(const struct d2d_volume *v)
{
	static const char types[] ALIGN1 = "vfat\0""ext4\0""ext3\0""ext2\0""iso9660\0""exfat\0"
		"squashfs\0""xfs\0""btrfs\0""ntfs\0";

	return index_in_strings(types, v->fstype) >= 0;
}

/* The content of a volume can't be seen before it is mounted; d2d_payload_check_directory() takes the role back if there is
 * no directory d2d/. */
static void decide_payload(struct d2d_volume *v)
{
	if (is_luks(v) && v->repair)
		d2d_role_set(v, D2D_ROLE_NONE, "locked: LUKS; a copy of its header is damaged: '%s' repairs it", v->repair);
	else if (is_luks(v))
		d2d_role_set(v, D2D_ROLE_NONE, "locked: LUKS");
	else if (v->repair)
		d2d_role_set(v, D2D_ROLE_NONE, "no known file system");
	else if (strcmp(v->fstype, "LVM2_member") == 0)
		d2d_role_set(v, D2D_ROLE_NONE, "part of an LVM volume group%s",
			ENABLE_FEATURE_D2DMOUNT_LVM ? "" : ": LVM is not activated here");
	else if (strcmp(v->fstype, "linux_raid_member") == 0)
		d2d_role_set(v, D2D_ROLE_NONE, "part of a RAID: it is not assembled here");
	else if (!d2d_volume_is_mountable(v))
		d2d_role_set(v, D2D_ROLE_NONE, "%s is not used here", v->fstype);
	else if (!v->removable && !v->label[0])
		d2d_role_set(v, D2D_ROLE_NONE, "is neither removable nor labelled");
	else
		d2d_role_set(v, D2D_ROLE_PAYLOAD, "%s%s", v->removable ? "removable" : "labelled",
			is_mounted_payload(v) ? ", has a directory d2d/" : ", if it has a directory d2d/");
}

struct d2d_volume *d2d_roles_decide(struct d2d_volume *list, int n, const char *medium, const char *spec)
{
	struct d2d_volume *store;
	bool encrypted;
	int i;

	for (i = 0; i < n; i++) {
		decide_opened(&list[i]);
		if (!list[i].why)
			decide_unusable(&list[i]);
	}
	decide_medium(list, n, medium);
	store = decide_store(list, n, spec);
	encrypted = has_encrypted_volume(list, n);
	for (i = 0; i < n; i++) {
		if (!list[i].why)
			decide_swap(&list[i], encrypted);
		if (!list[i].why)
			decide_payload(&list[i]);
		if (list[i].role == D2D_ROLE_NONE && list[i].mountpoint && strcmp(list[i].mountpoint, D2D_ISO) == 0)
			d2d_role_set(&list[i], D2D_ROLE_NONE, D2D_HOLDS_ISO);
	}
	return store;
}

/* This happens with two USB sticks of the same label, or if the first sector of a file system holds a partition table,
 * too. */
bool d2d_payload_is_duplicate(struct d2d_volume *v, const struct d2d_volume *list, int n)
{
	const struct d2d_volume *other;

	for (other = list; other < list + n; other++) {
		if (other == v || !is_mounted_payload(other))
			continue;
		if (strcmp(v->label, other->label) != 0)
			continue;
		if (v->label[0])
			d2d_role_set(v, v->role, "same label as %s", other->dev);
		else if (v->uuid[0] && strcmp(v->uuid, other->uuid) == 0)
			d2d_role_set(v, v->role, "same UUID as %s", other->dev);
		else
			continue;
		return true;
	}
	return false;
}
