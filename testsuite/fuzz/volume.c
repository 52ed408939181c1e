/*
 * The content of a volume: its beginning, and the offsets at which the second header of LUKS2, ISO 9660 and btrfs have their data.
 * needs: d2d_probe.c d2d_luks2.c d2d_ext.c d2d_exfat.c d2d_bytes.c d2d_role.c d2d_volume.c d2d_volume_json.c d2d_text.c d2d_recall.c d2d_sysfs.c d2d_file.c d2d_dir.c d2d_time.c
 * libs: -ljson-c -lnettle
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
#include <json-c/json.h>
#include <sys/mman.h>
#include "fuzz.h"

static const struct { off_t at; size_t len; } places[] = { { 0, 4096 }, { 0x8000, 1024 }, { 0x10000, 1024 }, { 0x4000, 512 } };

static int make_disk(const uint8_t *data, size_t size)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);
	size_t i, len;

	CHECK(fd >= 0 && ftruncate(fd, 0x20000) == 0);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		len = MIN(size, places[i].len);
		CHECK(pwrite(fd, data, len, places[i].at) == (ssize_t)len);
		data += len;
		size -= len;
	}
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = make_disk(data, size);
	struct d2d_volume v = { 0 }, *store;
	struct json_object *all;
	char path[32];

	sprintf(path, "/proc/self/fd/%d", fd);
	v.dev = xstrdup("/dev/vda");
	v.name = xstrdup("vda");
	CHECK(d2d_volume_probe(path, &v) == 0 && v.size == 0x20000);
	CHECK(is_printable(v.fstype));
	/* A copy of the LUKS2 header counts only if there is nothing else. */
	CHECK(!v.repair || !v.fstype[0] || strcmp(v.fstype, "crypto_LUKS") == 0 || strcmp(v.fstype, "linux_raid_member") == 0);
	close(fd);

	store = d2d_roles_decide(&v, 1, NULL, NULL);
	CHECK(!store || d2d_volume_is_ext(store));
	CHECK(v.why && v.role >= D2D_ROLE_NONE && v.role <= D2D_ROLE_SWAP);
	all = d2d_volumes_json(&v, 1);
	CHECK(is_printable(json_object_get_string(json_object_object_get(json_object_array_get_idx(all, 0), "why"))));
	json_object_put(all);
	d2d_volume_clear(&v);
	return 0;
}
