/*
 * d2dmount: decides what each volume is for, by its content and label, and mounts it.
 *
 * Nothing is ever formatted, and only the store is ever written to: by e2fsck, and by the kernel when the file system
 * grows. The rules are in libd2d/volume/d2d_role.c, the ways to mount in libd2d/volume/d2d_mount.c.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DMOUNT
//config:	bool "d2dmount"
//config:	default y
//config:	select D2D_LIBD2D_MOUNT
//config:	select LONG_OPTS
//config:	help
//config:	Finds the volume that the system booted from (medium), those that
//config:	carry hooks and images (payload) and the one that keeps Docker's
//config:	data (store), and mounts them. 'd2dmount --list' shows the role of
//config:	each volume.
//config:
//config:config FEATURE_D2DMOUNT_GROW
//config:	bool "Let the store grow to its partition"
//config:	default y
//config:	depends on D2DMOUNT
//config:	help
//config:	Lets the kernel enlarge a mounted ext4 store that is smaller than
//config:	its partition. Nothing is ever shrunk.
//config:
//config:config FEATURE_D2DMOUNT_LVM
//config:	bool "Linear volumes of LVM"
//config:	default y
//config:	depends on D2DMOUNT
//config:	help
//config:	Activates the linear volumes of LVM2 groups by libdevmapper, so
//config:	that each can be a store or a payload. Volumes of other types
//config:	(thin, RAID, mirrors, snapshots, caches) are only listed.
//config:
//config:config FEATURE_D2DMOUNT_NFS
//config:	bool "Payloads on other machines (NFS)"
//config:	default y
//config:	depends on D2DMOUNT
//config:	help
//config:	d2d.payload=nfs://HOST/PATH: mounts a directory with images and
//config:	scripts once the network is up. Needs a kernel with an NFS client.

//applet:IF_D2DMOUNT(APPLET(d2dmount, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DMOUNT) += d2dmount.o

//usage:#define d2dmount_trivial_usage
//usage:       "[-ljn"IF_FEATURE_D2DMOUNT_LVM("LU")"] [-r ROLE]... [-w SEC] [-s SEC]"
//usage:       " [-m UUID] [-S SPEC]"IF_FEATURE_D2DMOUNT_NFS(" [-u URL]")" [-R DIR] [FILE]..."
//usage:#define d2dmount_full_usage "\n\n"
//usage:       "Mount volumes by their role (medium, payload, store), or use swap space\n"
//usage:     "\n	-r,--role ROLE	Only this role (default: all except swap)"
//usage:     "\n	-l,--list	Show each volume, its role and the reason; mount nothing"
//usage:     "\n	-j,--json	Like -l, as JSON"
//usage:     "\n	-n,--dry-run	Print what would be mounted"
//usage:	IF_FEATURE_D2DMOUNT_LVM(
//usage:     "\n	-L,--lvm	Only activate LVM's linear volumes (-n: print tables)"
//usage:     "\n	-U,--unmap	Deactivate LVM's volumes that aren't in use"
//usage:	)
//usage:     "\n	-w,--wait SEC	Wait up to SEC seconds for volumes of the roles"
//usage:     "\n	-s,--settle SEC	Wait up to SEC seconds until all USB storage is ready"
//usage:     "\n	-m,--medium UUID	The medium, instead of d2d.medium="
//usage:     "\n	-S,--store SPEC	Store, instead of d2d.store=: UUID=X, LABEL=X or /dev/X"
//usage:	IF_FEATURE_D2DMOUNT_NFS(
//usage:     "\n	-u,--url URL	Mount nfs://HOST[:PORT]/PATH[?vers=V] as a payload,"
//usage:     "\n			trying for -w SEC"
//usage:	)
//usage:     "\n	-R,--root DIR	Use DIR/sys and DIR/dev (with -l, -j or -n)"
//usage:     "\n	FILE	Examine only these devices or images (with -l, -j or -n)"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed, 77 nothing to do: no volume has the role"

#include <sys/file.h>
#include "d2dmount.h"

#define LOCK D2D_RUN"/volumes.lock"

/* ---- mounting ---- */

static unsigned parse_roles(llist_t *names)
{
	unsigned roles = 0;

	while (names) {
		const char *name = llist_pop(&names);
		int role = d2d_role_named(name);

		if (role <= D2D_ROLE_NONE)
			bb_error_msg_and_die("no role '%s': medium, payload, store or swap", name);
		roles |= 1 << role;
	}
	return roles;
}

static bool is_url(const char *spec)
{
	return ENABLE_FEATURE_D2DMOUNT_NFS && spec && d2d_nfs_is_url(spec);
}

static const char *or_option(const char *given, const char *name)
{
	if (!given)
		given = d2d_option(name);
	return given && given[0] ? given : NULL;
}

int d2dmount_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dmount_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"list\0"    No_argument       "l"
		"dry-run\0" No_argument       "n"
		"json\0"    No_argument       "j"
		"role\0"    Required_argument "r"
		"wait\0"    Required_argument "w"
		"settle\0"  Required_argument "s"
		"medium\0"  Required_argument "m"
		"store\0"   Required_argument "S"
		"root\0"    Required_argument "R"
		IF_FEATURE_D2DMOUNT_NFS("url\0" Required_argument "u")
		IF_FEATURE_D2DMOUNT_LVM(
		"lvm\0"     No_argument       "L"
		"unmap\0"   No_argument       "U"
		)
		;
	struct d2dmount st = { .root = "" };
	const char *url = NULL;
	llist_t *names = NULL;
	unsigned roles, seconds = 0, settle = 0;
	int r, fd = -1, lock = -1;

	st.opt = getopt32long(argv, "^" "lnjr:*w:+s:+m:S:R:" IF_FEATURE_D2DMOUNT_NFS("u:") IF_FEATURE_D2DMOUNT_LVM("LU")
		"\0" "l--nj:n--lj:j--ln" IF_FEATURE_D2DMOUNT_NFS(":u--lnjr:l--u:n--u:j--u:r--u")
		IF_FEATURE_D2DMOUNT_LVM(":L--ljrU:U--lnjrL:l--LU:j--LU:r--LU:n--U"), longopts,
		&names, &seconds, &settle, &st.medium, &st.spec, &st.root IF_FEATURE_D2DMOUNT_NFS(, &url));
	st.files = argv + optind;
	if ((st.files[0] || st.root[0]) && !(st.opt & OPT_LOOK))
		bb_show_usage();
	if (!(st.opt & OPT_LOOK) && geteuid() != 0)
		bb_error_msg_and_die("%s: sudo d2d mount (d2d mount -l only shows the volumes)", bb_msg_you_must_be_root);
	st.medium = or_option(st.medium, "medium");
	st.spec = or_option(st.spec, "store");
	d2dmount_iso_option(&st);
	roles = names ? parse_roles(names) : (1 << D2D_ROLE_MEDIUM) | (1 << D2D_ROLE_PAYLOAD) | (1 << D2D_ROLE_STORE);

	/* Subscribe to uevents before the first scan, so that no device is missed. */
	if (st.opt & (OPT_w | OPT_s)) {
		fd = d2d_uevent_open();
		if (fd < 0)
			bb_error_msg_and_die("can't listen for devices: %s", strerror(-fd));
	}
	r = d2d_usb_settle(st.root, fd, settle);
	if (r < 0)
		bb_error_msg_and_die("can't wait for devices: %s", strerror(-r));

	if (ENABLE_FEATURE_D2DMOUNT_NFS && url) {
		r = d2dmount_nfs(url, seconds);
		if (r != EXIT_SUCCESS)
			return r;
		seconds = roles = 0;	/* nothing else is mounted, only the list of volumes is written again */
	}
	/* A URL never appears as a volume, so waiting is useless. */
	if (is_url(st.spec))
		seconds = 0;

	/* Hooks run in parallel, so only one process at a time may decide roles and mount. */
	if (!(st.opt & OPT_LOOK))
		lock = xopen3(LOCK, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (ENABLE_FEATURE_D2DMOUNT_LVM && (st.opt & (OPT_L | OPT_U))) {
		if (lock >= 0)
			flock(lock, LOCK_EX);
		fflush_stdout_and_exit(d2dmount_lvm(&st));
	}
	d2dmount_gather(&st, lock, fd, roles, seconds);
	if (st.opt & (OPT_l | OPT_j)) {
		d2dmount_list(&st);
		fflush_stdout_and_exit_SUCCESS();
	}
	r = st.opt & OPT_n ? d2dmount_roles(&st, roles) : d2dmount_all(&st, roles);
	fflush_stdout_and_exit(url ? EXIT_SUCCESS : r);
}
