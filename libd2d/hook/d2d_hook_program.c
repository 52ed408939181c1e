/*
 * Checks whether a file can be executed and explains why not. The kernel's own errors are only "No such file or directory" and
 * "Exec format error".
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2D_LIBD2D) += d2d_hook_program.o

#include "d2d_hook.h"
#include <elf.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#define LINE_MAX_KERNEL 255	/* BINPRM_BUF_SIZE - 1, linux/binfmts.h */

#if defined(__x86_64__)
# define MACHINE EM_X86_64
#elif defined(__aarch64__)
# define MACHINE EM_AARCH64
#else
# error "which e_machine has this architecture?"
#endif

/* Returns whether PATH is an executable file, with symbolic links resolved inside ROOT ("" for /). ROOT may be NULL: the answer
 * isn't known then, and true is returned. */
static bool is_program(const char *root, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	struct stat st;
	int dir, fd;
	bool is;

	if (!root)
		return true;
	if (!root[0])
		return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
	dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -1 : syscall(SYS_openat2, dir, path, &how, sizeof(how));
	is = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
	close(dir);
	close(fd);
	return is;
}

static char *check_script(const char *buf, size_t len, const char *root)
{
	size_t line = MIN(len, LINE_MAX_KERNEL);
	const char *eol = memchr(buf, '\n', line), *path = buf + 2, *end;
	char *name, *shown, *why = NULL;

	if (!eol && len > LINE_MAX_KERNEL)
		return xasprintf("its first line has more than %u bytes", LINE_MAX_KERNEL);
	if (!eol)
		eol = buf + len;
	if (eol[-1] == '\r')
		return xstrdup("its lines end in CR LF, as on Windows: save it with LF");
	while (path < eol && (*path == ' ' || *path == '\t'))
		path++;
	for (end = path; end < eol && *end != ' ' && *end != '\t'; end++)
		continue;

	name = xstrndup(path, end - path);
	shown = d2d_printable(path, end - path);
	if (!*name)
		why = xstrdup("its first line names no interpreter");
	else if (*name != '/')
		why = xasprintf("its interpreter '%s' is not an absolute path", shown);
	else if (!is_program(root, name))
		why = xasprintf("there is no interpreter '%s'", shown);
	free(name);
	free(shown);
	return why;
}

/* Checks the interpreter of a dynamically linked program: elf(5), PT_INTERP. It isn't checked if it is beyond LEN. */
static char *check_loader(const char *buf, size_t len, const Elf64_Ehdr *head, const char *root)
{
	char *name, *shown, *why = NULL;
	Elf64_Phdr part;
	unsigned i;

	for (i = 0; i < head->e_phnum; i++) {
		if (head->e_phoff > len || len - head->e_phoff < (i + 1) * sizeof(part))
			return NULL;
		memcpy(&part, buf + head->e_phoff + i * sizeof(part), sizeof(part));
		if (part.p_type == PT_INTERP)
			break;
	}
	if (i == head->e_phnum || part.p_offset > len || part.p_filesz > len - part.p_offset)
		return NULL;
	name = xstrndup(buf + part.p_offset, part.p_filesz);
	shown = d2d_printable(name, strlen(name));
	if (!is_program(root, name))
		why = xasprintf("there is no loader '%s': link it statically", shown);
	free(name);
	free(shown);
	return why;
}

static char *check_elf(const char *buf, size_t len, const char *root)
{
	Elf64_Ehdr head;

	if (len < sizeof(head))
		return xstrdup("a truncated program");
	memcpy(&head, buf, sizeof(head));
	if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_machine != MACHINE)
		return xstrdup("a program for another kind of machine");
	if (head.e_type != ET_EXEC && head.e_type != ET_DYN)
		return xstrdup("an ELF file, but not a program");
	if (head.e_phentsize != sizeof(Elf64_Phdr))
		return xstrdup("a damaged program");
	return check_loader(buf, len, &head, root);
}

int d2d_hook_program(const char *buf, size_t len, const char *root, char **why)
{
	if (len >= 2 && buf[0] == '#' && buf[1] == '!')
		*why = check_script(buf, len, root);
	else if (len >= SELFMAG && memcmp(buf, ELFMAG, SELFMAG) == 0)
		*why = check_elf(buf, len, root);
	else
		*why = xstrdup("neither a script that begins with #! nor a program");
	return *why ? -ENOEXEC : 0;
}
