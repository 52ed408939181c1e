/*
 * d2dimport: imports images into Docker, either by writing to Docker's store while no engine runs, or through the engine's
 * API. Images that Docker has already are not written or sent again. Files that are damaged or not image files are reported
 * and don't prevent the import of other files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DIMPORT
//config:	bool "d2dimport"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select LONG_OPTS
//config:	select FEATURE_SEAMLESS_XZ
//config:	select FEATURE_SEAMLESS_BZ2
//config:	select XZ
//config:	select LOSETUP
//config:	help
//config:	Imports image files (made by 'docker save', OCI layouts) into
//config:	Docker, skips images that Docker has already, and shows progress.
//config:	(The engine itself runs 'xz' to unpack archives in that format.)

//applet:IF_D2DIMPORT(APPLET(d2dimport, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport.o

//usage:#define d2dimport_trivial_usage
//usage:       "[-qfncm] [-j N] [-s DIR | -a [-H SOCKET]" IF_FEATURE_D2DIMPORT_SQUASH(" | -S -o OUT") "]\n"
//usage:       "	FILE|DIR...\n"
//usage:       "d2dimport -r [-qcm] [-s DIR] [FILE|DIR]..."
//usage:#define d2dimport_full_usage "\n\n"
//usage:       "Import images into Docker. FILE is an archive of 'docker save' or of an OCI\n"
//usage:       "layout (plain, gzip, xz, bzip2 or zstd). DIR is an OCI layout, or a directory\n"
//usage:       "with OCI layouts or files *.tar, *.tar.gz, *.tgz, *.tar.xz, *.txz, *.tar.zst,\n"
//usage:       "*.tzst or *.d2i in it.\n"
//usage:       "NAME.rootfs.tar[.gz|.xz|.zst] is a root file system and becomes NAME:latest. The\n"
//usage:       "file NAME.rootfs.conf (lines CMD=, ENV=...) or NAME.rootfs.json in the same\n"
//usage:       "directory says how to run it\n"
//usage:     "\n	-q,--quiet	Show no progress"
//usage:     "\n	-f,--force	Also import images that exist already or look incomplete"
//usage:     "\n	-n,--dry-run	Only read the files and list their images"
//usage:     "\n	-s,--store DIR	Write to Docker's data-root DIR; no engine may run on it"
//usage:     "\n	-a,--api	Send the images to the running engine"
//usage:     "\n	-j,--jobs N	Use up to N processes (default: one per CPU, at most 8)"
//usage:     "\n	-H,--host SOCKET	The engine's socket ($DOCKER_HOST or"
//usage:     "\n			/var/run/docker.sock)"
//usage:     "\n	-m,--mount	Mount the layers of *.d2i files in place"
//usage:     "\n	-c,--copy	Copy the layers of *.d2i files into the store"
//usage:     "\n			(default: -c if the store is on a disk, else -m)"
//usage:     "\n	-r,--relink	Mount layers of the store again, from FILEs, DIRs or the"
//usage:     "\n			original file. If no engine runs, also remove from the"
//usage:     "\n			store the images whose file is missing"
//usage:	IF_FEATURE_D2DIMPORT_SQUASH(
//usage:     "\n	-S,--squash	Make a *.d2i file, whose layers can be mounted in place,"
//usage:     "\n			instead of importing (needs mksquashfs)"
//usage:     "\n	-o,--output OUT	For -S: the file NAME.d2i to write; or a directory, if"
//usage:     "\n			it exists or OUT ends in /"
//usage:	)
//usage:     "\n"
//usage:     "\nWithout -s and -a the engine is used; if none runs, /var/lib/docker is written."
//usage:     "\n"
//usage:     "\nExit status: 0 Docker has all images, 1 a file failed, 2 the store can't be used"

#include <json-c/json.h>
#include "d2dimport.h"

int d2dimport_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2dimport_main(int argc UNUSED_PARAM, char **argv)
{
	struct d2dimport d = { .store = NULL };
	char *where, *dir = NULL, *out = NULL;
	int r, jobs = 0;

	getopt32long(argv, "^" "H:qfns:acmrj:+" IF_FEATURE_D2DIMPORT_SQUASH("So:") "\0"
		"a--s:s--a:c--m:m--c:r--afn" IF_FEATURE_D2DIMPORT_SQUASH(":S--saHr:s--S:a--S:H--S:S?o:o?S"),
		"host\0" Required_argument "H" "quiet\0" No_argument "q" "force\0" No_argument "f"
		"dry-run\0" No_argument "n" "store\0" Required_argument "s" "api\0" No_argument "a"
		"copy\0" No_argument "c" "mount\0" No_argument "m" "relink\0" No_argument "r"
		"jobs\0" Required_argument "j"
		IF_FEATURE_D2DIMPORT_SQUASH("squash\0" No_argument "S" "output\0" Required_argument "o"),
		&where, &dir, &jobs, &out);
	argv += optind;
	if (option_mask32 & OPT_r)
		return d2dimport_relink(&d, dir ? dir : D2DIMPORT_STORE, argv);
	if (!*argv)
		bb_show_usage();
	if (option_mask32 & OPT_H)
		xsetenv("DOCKER_HOST", where);
	if (ENABLE_FEATURE_D2DIMPORT_SQUASH && out && !(option_mask32 & OPT_n))
		d2dimport_squash_begin(&d, out);
	else if (!(option_mask32 & OPT_n))
		d2dimport_choose_way(&d, dir);
	if (d.store && jobs > 0)
		d2d_store_jobs(d.store, jobs);

	r = d2dimport_files(&d, argv);
	if (ENABLE_FEATURE_D2DIMPORT_SQUASH && d.squash)
		r = d2dimport_squash_end(&d, out, r);
	d2d_store_close(d.store);
	return r;
}
