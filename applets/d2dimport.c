/*
 * d2dimport: puts images into Docker, straight into its store while no engine runs, or through the engine's API. What
 * is there already is not sent or written again; what is no image file, or not a whole one, is named and does not keep
 * the others out.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DIMPORT
//config:	bool "d2dimport"
//config:	default y
//config:	select D2D_LIBD2D
//config:	select FEATURE_SEAMLESS_XZ
//config:	select FEATURE_SEAMLESS_BZ2
//config:	select XZ
//config:	select LOSETUP
//config:	help
//config:	Imports image files (made by 'docker save', OCI layouts) into
//config:	Docker, skips images that are there already, shows progress. (The
//config:	engine itself runs 'xz' to unpack archives compressed so.)

//applet:IF_D2DIMPORT(APPLET(d2dimport, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport.o

//usage:#define d2dimport_trivial_usage
//usage:       "[-qfncm] [-j N] [-s DIR | -a [-H SOCKET]" IF_FEATURE_D2DIMPORT_SQUASH(" | -S -o OUT") "] FILE|DIR...\n"
//usage:       "d2dimport -r [-qcm] [-s DIR] [FILE|DIR]..."
//usage:#define d2dimport_full_usage "\n\n"
//usage:       "Import images into Docker: files of 'docker save' or OCI layouts (plain, gzip,\n"
//usage:       "xz, bzip2, zstd), or folders that are OCI layouts. Of any other DIR: *.tar,\n"
//usage:       "*.tar.gz, *.tgz, *.tar.xz, *.txz, *.tar.zst, *.tzst, *.d2i and OCI layouts in it.\n"
//usage:       "NAME.rootfs.tar[.gz|.xz|.zst] is a root file system: it becomes NAME:latest, run\n"
//usage:       "as NAME.rootfs.conf (lines CMD=, ENV=...) or NAME.rootfs.json beside it says\n"
//usage:     "\n	-q,--quiet	No progress"
//usage:     "\n	-f,--force	Also what is there already, or does not look whole"
//usage:     "\n	-n,--dry-run	Only read the files and tell what they hold"
//usage:     "\n	-s,--store DIR	Write to Docker's data-root DIR; no engine may run on it"
//usage:     "\n	-a,--api	Hand them to the running engine"
//usage:     "\n	-j,--jobs N	Work with up to N processes (of the CPUs up to 8)"
//usage:     "\n	-H,--host SOCKET	Its socket ($DOCKER_HOST or /var/run/docker.sock)"
//usage:     "\n	-m,--mount	Mount the layers of *.d2i where they lie"
//usage:     "\n	-c,--copy	Copy them. Without both: only if the store is on a disk"
//usage:     "\n	-r,--relink	Mount again what the store has mounted, from FILEs, DIRs, or where it was.\n"
//usage:       "			Before Docker starts: take out images whose file isn't there"
//usage:	IF_FEATURE_D2DIMPORT_SQUASH(
//usage:     "\n	-S,--squash	Make a file that is mounted in place instead (needs mksquashfs)"
//usage:     "\n	-o,--output OUT	That file, NAME.d2i; or a folder, if there is one or OUT ends in /"
//usage:	)
//usage:     "\n"
//usage:     "\nWithout -s and -a the engine is asked; if none runs, /var/lib/docker is written."
//usage:     "\n"
//usage:     "\nExit code: 0 all images are in Docker, 1 some file failed, 2 the store can't be used"

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
