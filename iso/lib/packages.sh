# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# What the base system is made of. To be sourced by a recipe that has called "conf base".

# base_packages: prints a line `NAME VERSION` for each package of the base system's suite from which the image has files.
base_packages() {
	local name
	{
		cat "$O/obj/base/givers"
		# Of the engine, and of SSH.
		printf '%s\n' openssh-sftp-server runc tini docker.io docker-cli containerd crun
	} | sort -u | while read -r name; do
		sed -n "s/^deb $CONFIG_D2D_BASE_SUITE //p" "$O/obj/used/deb.$name" 2>/dev/null || :
	done
}

# base_list: prints the text of usr/lib/d2d/packages in the image, with which a layer's list is compared (libd2d/packages).
base_list() {
	printf 'suite %s\n' "$CONFIG_D2D_BASE_SUITE"
	base_packages | sed 's/^/package /'
}
