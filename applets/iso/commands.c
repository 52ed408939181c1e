/*
 * d2diso: the commands for xorriso, which copies the old ISO with all that makes it bootable, and adds the files.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DISO) += d2diso_commands.o

#include <sys/mman.h>
#include "d2diso.h"

/* Writes a word in quotation marks of the kind that it doesn't contain. */
static void put_quoted(FILE *f, const char *before, const char *word, const char *after)
{
	char quote = strchr(word, '\'') ? '"' : '\'';

	d2diso_refuse_quoting(word);
	fprintf(f, "%s%c%s%c%s", before, quote, word, quote, after);
}

static void put_path(FILE *f, const char *path)
{
	char *absolute = xasprintf("/%s", path);

	put_quoted(f, "", absolute, "");
	free(absolute);
}

/* Writes a command with two words and the path of a file. */
static void put_command(FILE *f, const char *command, const char *path)
{
	fprintf(f, "-%s ", command);
	put_path(f, path);
	fputs(" --\n", f);
}

/* The owner doesn't depend on who runs this. Each change sets the time of the inode's change to now, so that comes last. */
static void put_add(FILE *f, const struct d2diso_add *add)
{
	char *mode = xasprintf("chmod %04o", (unsigned)add->mode),
		*date = xasprintf("alter_date b-c =%llu", (unsigned long long)add->mtime),
		*changed = xasprintf("alter_date c =%llu", (unsigned long long)add->mtime);

	put_quoted(f, "-map ", add->from, " ");
	put_path(f, add->path);
	fputs("\n", f);
	put_command(f, "chown 0", add->path);
	put_command(f, "chgrp 0", add->path);
	put_command(f, mode, add->path);
	put_command(f, date, add->path);
	put_command(f, changed, add->path);
	free(changed);
	free(date);
	free(mode);
}

/* The same for all directories. */
static void put_directories(FILE *f, time_t date)
{
	static const char *const commands[] = { "chown 0", "chgrp 0", "chmod 0555" };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(f, "-find / -type d -exec %s --\n", commands[i]);
	fprintf(f, "-find / -type d -exec alter_date b-c =%llu --\n", (unsigned long long)date);
	fprintf(f, "-find / -type d -exec alter_date c =%llu --\n", (unsigned long long)date);
}

int d2diso_commands(const struct d2diso *d)
{
	int fd = memfd_create("commands", MFD_CLOEXEC);
	char *in = xasprintf("stdio:%s", d->iso.path), *out = xasprintf("stdio:%s", d->tmp), date[D2D_ISO_UUID + 1], *to = date;
	char *old = xasprintf(".disk/%s.uuid", d->iso.uuid), *kept = d2d_iso_info(&d->iso, D2D_ISO_SECUREBOOT);
	const char *p;
	unsigned i;
	FILE *f;

	if (fd < 0)
		bb_simple_perror_msg_and_die("memfd_create");
	f = xfdopen_for_write(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	for (p = d->uuid; *p; p++)
		if (*p != '-')
			*to++ = *p;
	*to = '\0';

	/* Paths are what they are: no patterns, no escape sequences. */
	fputs("-report_about SORRY\n-abort_on FAILURE\n-return_with FAILURE 32\n-iso_rr_pattern off\n-disk_pattern off\n"
		"-stdio_sync off\n", f);
	put_quoted(f, "-indev ", in, "\n");
	put_quoted(f, "-outdev ", out, "\n");
	/* The MBR, the boot images of a CD and the FAT for UEFI as a partition, as they were; names and padding as in iso/image.
	 * no_emul_toc: without room for further sessions, which would move the volume descriptor. */
	fputs("-boot_image any replay\n-joliet on\n-padding 0\n"
		"-compliance iso_9660_level=3:joliet_long_names:no_emul_toc\n", f);
	put_quoted(f, "-preparer_id ", d->iso.preparer, "\n");
	fprintf(f, "-volume_date uuid %s\n", date);
	/* A signed menu looks for the medium by the UUID of the ISO that it was built with. */
	if (strcmp(d->uuid, d->iso.uuid) != 0 && !(kept && strcmp(kept, d->iso.uuid) == 0))
		put_command(f, "rm", old);
	if (d2d_iso_regular(&d->iso, D2D_ISO_SIGNATURE))
		put_command(f, "rm", D2D_ISO_SIGNATURE);
	for (i = 0; i < d->n; i++)
		put_add(f, &d->add[i]);
	put_directories(f, d->date);
	fputs("-commit\n-end\n", f);
	if (fclose(f) != 0)
		bb_simple_perror_msg_and_die("can't write the commands for xorriso");
	xlseek(fd, 0, SEEK_SET);
	free(kept);
	free(old);
	free(out);
	free(in);
	return fd;
}
