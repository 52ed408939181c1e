/*
 * d2diso: makes an ISO of debian2docker from another one and further files: images, hooks, layers, keys and settings. The
 * kernel, the initramfs and GRUB stay as they are. xorriso writes the ISO.
 *
 * This file holds the options; the parts are in applets/iso/.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//config:config D2DISO
//config:	bool "d2diso"
//config:	default n
//config:	depends on D2DIMPORT && D2DHOOK
//config:	select D2D_LIBD2D_ISO
//config:	select LONG_OPTS
//config:	select CRYPTPW
//config:	select USE_BB_CRYPT
//config:	select USE_BB_CRYPT_SHA
//config:	help
//config:	Makes an ISO from another one and further files (docs/remaster.md).
//config:	It runs xorriso, which the image doesn't contain. It is meant for the
//config:	machine on which media are made ('make host').

//applet:IF_D2DISO(APPLET(d2diso, BB_DIR_USR_BIN, BB_SUID_DROP))

//kbuild:lib-$(CONFIG_D2DISO) += d2diso.o

//usage:#define d2diso_trivial_usage
//usage:       "[-frnqp] [-a WHAT]... [-s KEY=VALUE]... [-k WORD]... [-t TEXT]\n"
//usage:       "	[-T SEC] [-d ENTRY] [-o NEW] ISO"
//usage:#define d2diso_full_usage "\n\n"
//usage:       "Add images, hooks, layers and settings to an ISO: make the ISO NEW from ISO and\n"
//usage:       "further files (needs xorriso). NEW boots as ISO does: from CD, stick and disk, with\n"
//usage:       "BIOS and UEFI. Its medium has a UUID of its own. The same input gives the same\n"
//usage:       "bytes. Needs no root\n"
//usage:     "\n	-o,--output NEW	The ISO to write; not needed with -n"
//usage:     "\n	-f,--force	Replace NEW if it exists, when the new one is complete"
//usage:     "\n	-n,--dry-run	Show what would be added, and write nothing"
//usage:     "\n	-q,--quiet	Show no progress"
//usage:     "\n	-a,--add WHAT	Add a file, recognized by its content:"
//usage:     "\n			an image file ('docker save', OCI, NAME.rootfs.tar, .d2i),"
//usage:     "\n			a layer (squashfs), a script or program (a hook if its"
//usage:     "\n			directory is called NN-stage), a keyboard layout, early.img,"
//usage:     "\n			daemon.json, network, authorized_keys, swarm.conf, config,"
//usage:     "\n			a certificate, a public key of minisign;"
//usage:     "\n			or a directory: hooks (NN-stage/NN-name), an OCI layout,"
//usage:     "\n			a whole d2d/"
//usage:     "\n	-r,--replace	Let files of -a replace those of ISO"
//usage:     "\n	-s,--set KEY=VALUE	Set an option of 'd2d config' as the default of this"
//usage:     "\n			ISO: hostname=web, keymap=de; or make the trust mode"
//usage:     "\n			stricter: hooks=signed"
//usage:     "\n	-p,--password	Ask twice for the console password of docker and root"
//usage:     "\n			(without a terminal, read it from stdin); its hash is added"
//usage:     "\n	-t,--title TEXT	The first entry of the boot menu"
//usage:     "\n	-T,--timeout SEC	Seconds until it is started; -1: never"
//usage:     "\n	-d,--default ENTRY	Start another entry: live, container, safe, rescue"
//usage:     "\n	-k,--kernel WORD	Add a word to the kernel command line"
//usage:     "\n"
//usage:     "\nExit status: 0 done, 1 failed; then nothing was written"
//usage:#define d2diso_example_usage
//usage:       "$ d2d-host iso d2d.iso -a web.tar -a hooks/ -s hostname=web -o web.iso\n"

#include "d2diso.h"
#include "d2d_config.h"

static void refuse_output(const struct d2diso *d)
{
	struct stat st;

	d2diso_refuse_quoting(d->out);
	if (stat(d->out, &st) < 0)
		return;
	if (S_ISBLK(st.st_mode))
		bb_error_msg_and_die("'%s' is a disk: write the ISO to a file first", printable_string(d->out));
	if (!S_ISREG(st.st_mode))
		bb_error_msg_and_die("'%s' is there already and is not a file", printable_string(d->out));
	if (!(d->opt & OPT_f))
		bb_error_msg_and_die("'%s' is there already: -f replaces it", printable_string(d->out));
}

static void open_iso(struct d2diso *d, const char *path)
{
	llist_t *faults = NULL;
	struct tm tm = { .tm_mday = 1 };
	char *why = NULL;

	d2diso_refuse_quoting(path);
	if (d2d_iso_open(&d->iso, path, &why) < 0)
		bb_error_msg_and_die("'%s': %s", printable_string(path), why);
	d2d_iso_boot_check(&d->iso, &faults);
	if (faults)
		bb_error_msg_and_die("'%s': %s", printable_string(path), faults->data);
	/* Files that this program makes have the date of the ISO's UUID, not that of today. */
	sscanf(d->iso.uuid, "%d-%d-%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	d->date = MAX(timegm(&tm), 0);
}

static void print_adds(const struct d2diso *d)
{
	off_t size = 0;
	unsigned i;

	printf("%s: debian2docker %s, %llu.%llu MB\n", printable_string(d->iso.path), d->iso.version,
		(unsigned long long)d->iso.end / 1000000, (unsigned long long)d->iso.end / 100000 % 10);
	for (i = 0; i < d->n; i++) {
		const struct d2diso_add *add = &d->add[i];

		printf("%12llu  %s", (unsigned long long)add->size, printable_string(add->path));
		printf("%s%s%s%s\n", add->is_new ? "" : " (replaced)", add->about ? " (" : "", add->about ? printable_string(add->about) : "",
			add->about ? ")" : "");
		size += add->size;
	}
	if (d->n)
		printf("%12llu  in %u file%s\n", (unsigned long long)size, d->n, d->n == 1 ? "" : "s");
}

static void add_all(struct d2diso *d)
{
	const llist_t *what;
	const char *why;
	char *hash, *line;

	for (what = d->options.what; what; what = what->link)
		d2diso_what(d, what->data);
	d2diso_settings(d);
	d2diso_keys(d);
	d2diso_secure(d);
	if (d->opt & OPT_p) {
		why = d2d_password_ask("New password of docker and root: ", &hash);
		if (why)
			bb_error_msg_and_die("%s", why);
		line = xasprintf("%s\n", hash);
		d2diso_put(d, D2DISO_PASSWORD, line, strlen(line))->mode = 0400;
		free(line);
		free(hash);
	}
}

int d2diso_main(int argc, char **argv) MAIN_EXTERNALLY_VISIBLE;
int d2diso_main(int argc UNUSED_PARAM, char **argv)
{
	static const char longopts[] ALIGN1 =
		"output\0"   Required_argument "o"
		"force\0"    No_argument       "f"
		"replace\0"  No_argument       "r"
		"dry-run\0"  No_argument       "n"
		"quiet\0"    No_argument       "q"
		"password\0" No_argument       "p"
		D2D_ISO_NAMES
		;
	struct d2diso d = { .out = NULL };

	d.opt = getopt32long(argv, "^" "o:frnqp" D2D_ISO_LETTERS "\0" "=1", longopts, &d.out, D2D_ISO_VALUES(&d.options));
	argv += optind;
	if (!d.out && !(d.opt & OPT_n))
		bb_show_usage();
	if (d.out && !(d.opt & OPT_n))
		refuse_output(&d);
	open_iso(&d, argv[0]);
	d2diso_tidy_begin(&d);
	add_all(&d);
	if (!(d.opt & OPT_q) || (d.opt & OPT_n))
		print_adds(&d);
	fflush_all();
	if (!(d.opt & OPT_n)) {
		struct stat st;

		d2diso_sums(&d);
		d2diso_finish(&d);
		d2diso_write(&d);
		if (!(d.opt & OPT_q) && stat(d.out, &st) == 0)
			printf("%s: %llu.%llu MB, medium %s\n", printable_string(d.out), (unsigned long long)st.st_size / 1000000,
				(unsigned long long)st.st_size / 100000 % 10, d.uuid);
	}
	d2diso_tidy(&d);
	d2d_iso_close(&d.iso);
	fflush_stdout_and_exit_SUCCESS();
}
