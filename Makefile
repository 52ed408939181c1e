# The targets of debian2docker; 'make help' lists them. The recipes themselves are the scripts below iso/.
# SPDX-License-Identifier: GPL-2.0-only

# These are of the variant desktop.
ifneq ($(filter desktop kiosk check-desktop,$(MAKECMDGOALS)),)
O ?= out-desktop
endif
O ?= out
export SRC := $(CURDIR)
# The version comes from git's tags (iso/version). Each commit changes it, and then the initramfs is compressed again, which
# takes minutes. `make D2D_VERSION=dev` avoids this during development.
ifndef D2D_VERSION
D2D_VERSION := $(shell sh iso/version)
endif
ifneq ($(shell printf '%s\n' '$(subst ','\'',$(D2D_VERSION))' | grep -cxE '[A-Za-z0-9][A-Za-z0-9._-]{0,99}'),1)
$(error D2D_VERSION is '$(D2D_VERSION)': it must begin with a letter or digit and have only letters, digits, '.', '_' and '-')
endif
export D2D_VERSION
override O := $(abspath $(O))
export O
export D2D_LIBS := $(O)/obj/libs
export D2D_TLS := $(O)/obj/tls
export KCONFIG_NOTIMESTAMP := 1
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell sh iso/version date)
endif
export SOURCE_DATE_EPOCH
# Docker images that are added to the ISO: make IMAGES="a.tar b.tar"
export IMAGES ?=
# LOCKED=1 refuses to build with other versions than those in iso/debian.lock.
export LOCKED ?=
ifneq ($(filter-out 1,$(LOCKED)),)
$(error LOCKED is '$(LOCKED)': only LOCKED=1 has a meaning)
endif
# Where `make install-man` puts the manual pages.
PREFIX ?= /usr/local
# A directory whose content is copied to the ISO's d2d/ (hooks/, images/, early.img): make MEDIUM=DIR
export MEDIUM ?=
# The page of `make kiosk`, as it was typed: make expands nothing in it, and no shell sees it as a part of a command.
override URL := $(value URL)
override BROWSER := $(value BROWSER)
override KIOSK := $(value KIOSK)
override DESKTOP := $(value DESKTOP)
export URL BROWSER KIOSK DESKTOP
# The directory with the keys for Secure Boot, and the name in their certificates (make keys).
override KEYS := $(value KEYS)
override OWNER := $(value OWNER)
export KEYS OWNER

# Recipes that don't need each other run at the same time, two more than there are processors, because some wait for downloads and
# the kernel, which needs all processors, lets the others go first (nice). -j on the command line decides otherwise. Several targets on the command line are made one after the other, unless all
# of them are products, because "clean" or a configuration comes before what follows it.
ifeq ($(MAKELEVEL),0)
ifeq ($(filter-out all host busybox man,$(MAKECMDGOALS)),)
jobs := y
else ifeq ($(words $(MAKECMDGOALS)),1)
jobs := y
endif
endif
ifdef jobs
MAKEFLAGS += -j$(shell expr $$(nproc) + 2)
endif

# Busybox's menuconfig tests for ncurses with a program that gcc 14 only compiles with -Wno-implicit-int.
BB = $(MAKE) --no-print-directory -C $(O)/obj/busybox-src O=$(O)/obj/busybox ARCH=d2d HOSTCC="gcc -Wno-implicit-int"
CONF = $(O)/obj/conf
files = $(shell find $(1) -type f)

all: $(O)/d2d.iso $(O)/d2d.spdx.json

help:
	@sed -n 's/^#: //p' Makefile

#: make              builds the ISO and all its parts in out/ (O=DIR: in another directory)
#: make run          boots the ISO in QEMU, with a second disk in the role of a USB stick
#: make check        runs the usual tests: lint, applets, some of them built alone, store, minutes of fuzzing, some boots
#: make check-all    runs all tests, with every boot and each applet built alone
#: make check-appliances runs the tests of appliances: each is made from the ISO and booted
#: make check-desktop runs the tests of displays, in out-desktop: images of the screen, their containers, boots
#: make check-layers runs the tests of layers, with all our recipes; a part of check-all
#: make test T=d2dhook   builds busybox and runs the tests of one applet, or one test file (T=d2dhook-check)
#: make boot T=30-stick  builds the ISO and runs one boot test; its number is enough (T=30)
#: make fuzz         runs the fuzzers on the parsers: make fuzz SECONDS=3600
#: make NAME_defconfig  chooses a variant: d2d tiny only lean debian stock desktop secureboot (make O=out-tiny tiny_defconfig && make O=out-tiny)
#: make menuconfig   opens the configuration menu; "debian2docker" is its first entry
#: make savedefconfig   writes the options that differ from the defaults to $(O)/defconfig
#: make kernel-menuconfig  opens Linux's own menu on the kernel's source with our fragments (docs/kernels.md)
#: make kernel-savefragment NAME=mine [DIR=DIR]  writes what was changed there to a fragment for D2D_KERNEL_EXTRA_FRAGMENT
#: make hook NAME=40-mount/50-mine [DIR=DIR]   writes a skeleton of a hook, in hooks/ or in DIR
#: make busybox      builds only our busybox: out/busybox d2dhook --help
#: make host         builds out/d2d-host: 'd2d import' and others for the machine on which media are made
#: make desktop      builds an ISO that comes up with a desktop, out-desktop/desktop.iso (docs/display.md)
#: make kiosk URL=https://example.org   builds an ISO that comes up with this page, out-desktop/kiosk.iso; with BROWSER=netsurf a small one
#: make appliance NAME=web [BASE=d2d.iso]  makes an ISO that is one application, out/web.iso (docs/appliances.md)
#: make image NAME=display  makes a Docker image from Debian packages, in out/images/; without NAME it lists them (docs/display.md)
#: make layer NAME=tools   makes a layer of our recipe in out/layers/; without NAME it lists the recipes (docs/layers.md)
#: make layers       makes the layers of all our recipes
#: make layer NAME=mine PACKAGES="htop tcpdump"  makes a layer from Debian packages
#: make keys KEYS=DIR [OWNER=NAME]  makes the keys for UEFI Secure Boot in the new directory DIR; make KEYS=DIR signs with them
#: make revoke KEYS=DIR ISO=FILE  makes a file by which firmware refuses an older signed ISO (d2d secureboot revoke)
#: make man          makes the manual pages of all commands, in out/man/
#: make install-man  installs the manual pages: make install-man [PREFIX=/usr/local] [DESTDIR=DIR]
#: make vagrant      builds boxes for Vagrant from the ISO: out/d2d-libvirt.box and out/d2d-virtualbox.box
#: make engine-symbols  writes the file that iso/engine/backtrace needs for an engine without line numbers (tiny)
#: make release      fills out/release/: ISO, d2d-host, packages and licences, SBOM, checksums; KEY=FILE signs them (minisign)
#: make lock         records the package versions that were used in iso/debian.lock
#: make reproduce    builds twice with everything varied that must not matter, and compares each byte: [PRODUCTS="busybox kernel"]
#:                   [HOST=trixie]: with the programs of that Debian (docs/build.md)
#: make LOCKED=1     refuses to build with any other version than in iso/debian.lock, and names all that differ
#: make deps         installs the packages for build and tests (apt); SETS=dev: those for editors, manual pages, releases
#: make lint         runs shellcheck, cppcheck and other checks
#: make compile_commands  writes compile_commands.json, from which clangd learns how our C is compiled
#: make tags         writes an index of names for editors (ctags)
#: make clean        removes out/ (the cache of slow products stays)

deps:
	@sh iso/deps $(or $(SETS),build test)

deps-run:
	@sh iso/deps run

deps-test:
	@sh iso/deps test fuzz box

deps-box:
	@sh iso/deps box

# ---- configuration ----
$(O)/obj/busybox/.config: | tree
	@mkdir -p $(@D)
	@test -s $@ || $(MAKE) --no-print-directory d2d_defconfig

$(O)/.config: $(O)/obj/busybox/.config
	@ln -sfn obj/busybox/.config $@

# With LOCKED=1 this comes before all recipes, so that no product is built for nothing.
locked:
	@test -z "$(LOCKED)" || sh iso/locked

tree: locked
	@mkdir -p $(O)/obj/busybox
	@sh iso/busybox/unpack

%_defconfig: tree
	@test -e defconfigs/$@ || { echo "error: no variant '$*': $(notdir $(wildcard defconfigs/*))" >&2; exit 1; }
	@mkdir -p $(O)/obj/busybox-src/configs
	@rm -f $(O)/obj/busybox-src/configs/$@
	@sh iso/busybox/defconfig defconfigs/$@ >$(O)/obj/busybox-src/configs/$@
	@rm -f $(O)/obj/busybox/.config
	@$(BB) $@ >$(O)/obj/defconfig.log 2>&1 || { cat $(O)/obj/defconfig.log >&2; exit 1; }
	@ln -sfn obj/busybox/.config $(O)/.config
	@printf '%s\n' $* >$(O)/obj/variant

menuconfig oldconfig config: $(O)/.config
	@$(BB) $@

savedefconfig: $(O)/.config
	@sh iso/busybox/savedefconfig
	@echo "$(O)/defconfig"

# Every build runs this first. It rewrites only files whose content changes, so nothing else is built again.
configured: $(O)/.config | tree
	@sh iso/busybox/oldconfig
	@sh iso/split-config

$(CONF)/%.conf: configured
	@:

# A build that can't be signed ends before its long steps.
signable: configured
	@! grep -qx CONFIG_D2D_SECUREBOOT=y $(O)/.config || sh iso/secureboot/check

# ---- products ----
$(O)/obj/libs/ldlibs: $(call files,iso/libs) | locked
	@sh iso/libs/build

# Only d2dtls and the TPM need it.
tls := $(if $(shell grep -sqx '.* CONFIG_D2DTLS is not set' $(O)/.config && ! grep -qx CONFIG_FEATURE_D2DUNLOCK_TPM=y $(O)/.config && \
	echo without),,$(O)/obj/tls/lib/libd2dtls.a)
$(O)/obj/tls/lib/libd2dtls.a: $(call files,iso/tls) | locked
	@sh iso/tls/build

busybox: $(O)/busybox
$(O)/busybox: configured $(O)/obj/libs/ldlibs $(tls) FORCE
	@sh iso/busybox/build

host: tree $(O)/obj/libs/ldlibs
	@sh iso/busybox/host

# The initramfs needs of the kernel only its release and its modules, and is packed while a kernel without modules is compiled.
$(O)/obj/kernel/release: $(CONF)/kernel.conf $(call files,iso/kernel)
	@sh iso/kernel/build modules

$(O)/vmlinuz: $(O)/obj/kernel/release
	@sh iso/kernel/build

kernel-menuconfig: $(CONF)/kernel.conf
	@sh iso/kernel/menu menuconfig

kernel-savefragment: $(CONF)/kernel.conf
	@sh iso/kernel/menu savefragment
.PHONY: kernel-menuconfig kernel-savefragment

$(O)/obj/base/tree.tar: $(CONF)/base.conf $(filter %/unpack %/multistrap.conf %/preferences,$(call files,iso/base))
	@sh iso/base/unpack

$(O)/obj/engine/root.tar: $(CONF)/engine.conf $(O)/obj/base/tree.tar $(call files,iso/engine)
	@sh iso/engine/build

# The symbols belong to the very engine that is in the ISO.
engine-symbols: $(O)/obj/engine/root.tar
	@sh iso/engine/build symbols

$(O)/obj/base/root.tar: $(CONF)/base.conf $(O)/obj/base/tree.tar $(O)/obj/engine/root.tar $(call files,iso/base)
	@sh iso/base/keep

# After the engine, whose recipe deletes the records of all packages whose names end in -dev.
$(O)/obj/ssh.tar: $(CONF)/ssh.conf $(CONF)/base.conf $(O)/obj/engine/root.tar iso/ssh/build
	@sh iso/ssh/build

$(O)/obj/keymaps.tar: $(CONF)/keymaps.conf iso/keymaps/build
	@sh iso/keymaps/build

$(O)/obj/timezones.tar: $(CONF)/timezones.conf iso/timezones/build
	@sh iso/timezones/build

# Only for containers with an engine of their own.
nested := $(if $(shell grep -sx 'CONFIG_D2D_DISPLAY_NESTED=y' $(O)/.config),$(O)/obj/nested-seccomp.json)
$(O)/obj/nested-seccomp.json: iso/nested/build $(CONF)/engine.conf
	@sh iso/nested/build

# The layers that the ISO brings, of which the initramfs has the digests.
$(O)/obj/layers.own: $(CONF)/layers.conf $(O)/obj/base/root.tar $(O)/obj/engine/root.tar $(O)/obj/ssh.tar $(call files,iso/layers) $(wildcard iso/lib/*.sh)
	@sh iso/layers/chosen

keys := $(shell sed -n 's/^CONFIG_D2D_TRUST_KEYS="\(.*\)"/\1/p' $(O)/.config 2>/dev/null)
# Written only when the version changes.
$(O)/obj/version: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(D2D_VERSION)' | cmp -s - $@ || printf '%s\n' '$(D2D_VERSION)' >$@

$(O)/initramfs.img: $(CONF)/initramfs.conf $(O)/obj/version $(keys) $(O)/busybox $(O)/obj/kernel/release $(O)/obj/base/root.tar $(O)/obj/engine/root.tar $(O)/obj/keymaps.tar $(O)/obj/timezones.tar $(O)/obj/ssh.tar $(O)/obj/layers.own $(nested) \
		iso/lib/packages.sh $(call files,iso/initramfs hooks boot-scripts completion)
	@sh iso/initramfs/build

$(O)/obj/grub/esp.img: $(CONF)/iso.conf $(call files,iso/grub)
	@sh iso/grub/build

keys:
	@sh iso/deps secureboot
	@sh iso/secureboot/keys

revoke:
	@sh iso/deps secureboot
	@sh iso/secureboot/revoke
.PHONY: keys revoke signable

$(O)/d2d.iso: signable $(CONF)/iso.conf $(O)/vmlinuz $(O)/initramfs.img $(O)/obj/grub/esp.img iso/image $(call files,iso/secureboot) $(IMAGES) FORCE
	@sh iso/image

# What the ISO is made of: the packages with their licences, while the ISO is made, and then the bill of materials.
$(O)/obj/packages/table: $(O)/initramfs.img $(O)/obj/grub/esp.img FORCE
	@sh iso/release/packages

$(O)/d2d.spdx.json: $(O)/d2d.iso $(O)/obj/packages/table
	@sh iso/release/sbom

# Images for the screen. They are put into an ISO with IMAGES.
image: configured host
	@sh iso/images/build

# A layer is compared with all that the base system has.
layer: $(if $(NAME)$(PACKAGES),configured $(O)/obj/base/root.tar $(O)/obj/engine/root.tar $(O)/obj/ssh.tar)
	@sh iso/layers/build

# All our recipes. They come from the cache unless something has changed.
layers: configured $(O)/obj/base/root.tar $(O)/obj/engine/root.tar $(O)/obj/ssh.tar
	@for name in $(notdir $(patsubst %/packages,%,$(wildcard iso/layers/*/packages))); do NAME=$$name PACKAGES= sh iso/layers/build || exit; done
.PHONY: layer layers

# An ISO that is one application, from a finished ISO.
appliance: configured host
	@sh iso/deps build
	@sh iso/appliance
.PHONY: appliance

# ISOs that come up with a screen.
desktop kiosk:
	@sh iso/deps build
	@test -s $(O)/obj/busybox/.config || $(MAKE) --no-print-directory desktop_defconfig
	@grep -qx CONFIG_D2DDISPLAY=y $(O)/obj/busybox/.config || { echo "error: '$(O)' has a variant without displays: give another directory (O=), or run 'make O=$(O) desktop_defconfig'" >&2; exit 1; }
	@IMAGES= MEDIUM= $(MAKE) --no-print-directory IMAGES= MEDIUM= all host
	@sh iso/images/iso $@
.PHONY: desktop kiosk check-desktop

# The pages of d2d-host's applets go into the archive that `make release` makes; the image has no manual pages.
man:
	@sh iso/man/build

install-man: man
	@sh iso/man/install "$(DESTDIR)$(PREFIX)"

vagrant:
	@sh iso/deps build
	@$(MAKE) --no-print-directory all deps-box
	@sh iso/vagrant/build
.PHONY: vagrant deps-box

release:
	@sh iso/release/build check
	@$(MAKE) --no-print-directory all host man
	@sh iso/release/build

compile_commands: busybox
	@sh iso/busybox/compile_commands

tags:
	@sh iso/tags

hook:
	@sh examples/new-hook "$$NAME" "$$DIR"

lock:
	@sort $(O)/obj/used/* >iso/debian.lock.new && mv iso/debian.lock.new iso/debian.lock

# ---- use and tests ----
# The packages that only the boot or the tests need are installed while something compiles.
run:
	@sh iso/deps build
	@$(MAKE) --no-print-directory all deps-run
	@sh testsuite/demo/run

check:
	@sh iso/deps build
	@$(MAKE) --no-print-directory all host deps-test
	@$(MAKE) --no-print-directory reproduced
	@sh testsuite/run lint kernel-config applets alone-sample store reproduce fuzz boot-smoke

check-all:
	@sh iso/deps build
	@$(MAKE) --no-print-directory all host deps-test layers reproduced
	@sh testsuite/run lint kernel-config kernel-source applets alone store-all store-other store-faults reproduce-all container traces fuzz boot
	@$(MAKE) --no-print-directory check-appliances
	@$(MAKE) --no-print-directory O=$(O)-desktop check-desktop

# The tests of layers alone, with all our recipes.
check-layers:
	@sh iso/deps build
	@$(MAKE) --no-print-directory all host deps-test layers
	@sh testsuite/run d2d-layer d2droot boot-layers
.PHONY: check-layers

# Kernel and engine come from the usual build, unless they are among the products.
reproduce:
	@sh iso/deps build test
	@$(MAKE) --no-print-directory $(if $(filter kernel,$(PRODUCTS)),,$(O)/vmlinuz) $(if $(filter engine,$(PRODUCTS)),,$(O)/obj/engine/root.tar) configured
	@$(if $(PRODUCTS),,$(MAKE) --no-print-directory reproduced)
	@sh testsuite/reproduce $(PRODUCTS)

# A layer and an image for it, with their packages in the cache.
reproduced: $(O)/obj/base/root.tar $(O)/obj/engine/root.tar $(O)/obj/ssh.tar host
	@NAME=tools PACKAGES= LOCKED= sh iso/layers/build
	@NAME=web RECIPE=examples/appliances/web/image LOCKED= sh iso/images/build
.PHONY: reproduced

# The tests of appliances, whose images take long to make.
check-appliances:
	@sh iso/deps build
	@$(MAKE) --no-print-directory all host deps-test
	@for name in web files database builder; do IMAGES_THERE= NAME=$$name RECIPE=examples/appliances/$$name/image sh iso/images/build || exit; done
	@sh testsuite/run boot-appliances
.PHONY: check-appliances

# The tests of displays: with the images of the variant desktop, which take long to make.
check-desktop:
	@sh iso/deps build
	@test -s $(O)/obj/busybox/.config || $(MAKE) --no-print-directory desktop_defconfig
	@$(MAKE) --no-print-directory all host deps-test
	@for name in $$(cd iso/images && printf '%s\n' */packages | sed 's/\/packages$$//'); do NAME=$$name sh iso/images/build || exit; done
	@sh testsuite/run d2ddisplay d2d-kiosk store-displays boot-displays

# A wrong or missing T is refused before anything is built.
test:
	@sh testsuite/run --find test "$$T" >/dev/null
	@$(MAKE) --no-print-directory busybox $$(grep -qs d2d-host $$(sh testsuite/run --find test "$$T") && echo host)
	@sh testsuite/run "$$T"

boot:
	@sh testsuite/run --find boot "$$T" >/dev/null
	@$(MAKE) --no-print-directory all host
	@sh testsuite/run "$$T"

fuzz:
	@sh iso/deps build fuzz
	@$(MAKE) --no-print-directory busybox
	@D2D_FUZZ_SECONDS=$(SECONDS) sh testsuite/run fuzz

lint:
	@sh testsuite/run lint

clean:
	rm -rf $(O)

FORCE:
.PHONY: all help deps deps-run deps-test locked tree configured busybox host menuconfig oldconfig config savedefconfig image man install-man release \
	compile_commands tags hook lock engine-symbols run check check-all reproduce test boot fuzz lint clean FORCE
.DELETE_ON_ERROR:
