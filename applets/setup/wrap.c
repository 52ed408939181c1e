/*
 * d2dsetup: what newt is not to do. It would look for a mouse daemon (gpm), and load a library for text from right to left; a
 * static program can only load libraries of the glibc that it was built with. The linker replaces these functions (--wrap in
 * iso/busybox/arch.mk), and newt goes on without.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSETUP) += d2dsetup_wrap.o

#include "d2dsetup.h"

char *__wrap_tempnam(const char *dir, const char *prefix);
char *__wrap_tempnam(const char *dir UNUSED_PARAM, const char *prefix UNUSED_PARAM)
{
	return NULL;
}

void *__wrap_dlopen(const char *file, int mode);
void *__wrap_dlopen(const char *file UNUSED_PARAM, int mode UNUSED_PARAM)
{
	return NULL;
}
