# Becomes arch/d2d/Makefile in busybox's tree and adds our directory d2d/ and its libraries to busybox's build. D2D_LIBS
# is the directory of the static libraries that iso/libs/build has made, D2D_TLS that of iso/tls/build.
include $(srctree)/arch/x86_64/Makefile

libs-y += d2d/

# applets/front/wrap.c replaces this function, to print usage texts without busybox's banner.
ifneq ($(CONFIG_D2D)$(CONFIG_D2DHOST),)
LDFLAGS += -Wl,--wrap=full_write2_str
endif
# newt would look for a mouse daemon by tempnam(), and for a library with dlopen(): applets/setup/wrap.c.
ifeq ($(CONFIG_D2DSETUP),y)
LDFLAGS += -Wl,--wrap=tempnam,--wrap=dlopen,--undefined=__wrap_dlopen
LDLIBS += newt slang m
endif
# busybox's trylink drops those that an applet doesn't need.
ifneq ($(CONFIG_D2DIMPORT)$(CONFIG_D2DUNLOCK)$(CONFIG_FEATURE_D2DMOUNT_LVM),)
CPPFLAGS += -I$(D2D_LIBS)/include
LDFLAGS += -L$(D2D_LIBS)/lib
endif
ifneq ($(CONFIG_D2DTLS)$(CONFIG_FEATURE_D2DUNLOCK_TPM),)
CPPFLAGS += -isystem $(D2D_TLS)/include
LDFLAGS += -L$(D2D_TLS)/lib
LDLIBS += $(if $(CONFIG_FEATURE_D2DUNLOCK_TPM),d2dtls-tpm,d2dtls)
endif
ifeq ($(CONFIG_D2DIMPORT),y)
LDLIBS += d2disal zstd z
endif
ifeq ($(CONFIG_D2D_LIBD2D),y)
LDLIBS += json-c nettle
endif
ifeq ($(CONFIG_D2DMETA),y)
LDLIBS += yaml
endif
ifeq ($(CONFIG_FEATURE_D2DHOOK_SIGNED),y)
LDLIBS += sodium
endif
ifneq ($(CONFIG_D2DUNLOCK)$(CONFIG_FEATURE_D2DMOUNT_LVM),)
ifeq ($(CONFIG_FEATURE_D2DUNLOCK_TPM),y)
LDLIBS += $(patsubst d2dcrypt,d2dcrypt-tpm,$(file <$(D2D_LIBS)/ldlibs))
else ifeq ($(CONFIG_FEATURE_D2DUNLOCK_MANAGE),y)
LDLIBS += $(file <$(D2D_LIBS)/ldlibs)
else
LDLIBS += $(patsubst d2dcrypt,d2dcrypt-open,$(file <$(D2D_LIBS)/ldlibs))
endif
endif
