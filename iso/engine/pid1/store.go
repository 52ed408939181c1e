// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	data       = "/var/lib/docker"
	storeMount = "/run/store"
)

// A store is the volume with Docker's data, mounted on storeMount.
type store struct{ device, label string }

// The labels of only-docker, debian2docker and boot2docker.
var labels = map[string]bool{"DOCKER": true, "D2D-STORE": true, "boot2docker-data": true}

// storage mounts the volume with Docker's data, or memory if there is none. It never writes to a volume before it is mounted, and
// makes no file system.
func storage() *store {
	if v := findStore(); v != nil {
		if s := mountStore(v); s != nil {
			return s
		}
	}
	memory()
	return nil
}

// findStore returns the only volume that d2d.store= names, or that has a label of a store. It says why when there is one that
// can't be taken.
func findStore() *volume {
	spec := option("d2d.store")
	wanted := func(v volume) bool { return labels[v.label] && v.kind != "iso9660" }
	limit := time.Duration(0)
	if spec != "" {
		wanted = func(v volume) bool {
			return spec == v.device || v.label != "" && spec == "LABEL="+v.label || v.uuid != "" && strings.EqualFold(spec, "UUID="+v.uuid)
		}
		limit = patience()
	} else if hosts, _ := os.ReadDir("/sys/bus/usb/devices"); len(hosts) > 0 {
		// The kernel needs a second and more to find what is plugged in.
		limit = 3 * time.Second
	}
	var found []volume
	within(limit, func() bool {
		found = nil
		for _, v := range volumes() {
			if wanted(v) {
				found = append(found, v)
			}
		}
		return len(found) > 0
	})
	switch {
	case len(found) == 0 && spec != "":
		say("d2d.store=%s: no such volume was found within %s", spec, limit)
	case len(found) > 1:
		var all []string
		for _, v := range found {
			all = append(all, v.device+" (LABEL="+v.label+", UUID="+v.uuid+")")
		}
		say("several volumes can be the store: %s. None is used; choose one by d2d.store=UUID=... on the kernel command line",
			strings.Join(all, ", "))
	case len(found) == 1 && found[0].kind == "luks":
		say("the store %s is encrypted, and the variant 'only' can't open it: boot another variant of debian2docker", found[0].device)
	case len(found) == 1 && found[0].kind != "ext4":
		say("the store %s has the file system %s: only ext4 can be used", found[0].device, found[0].kind)
	case len(found) == 1:
		return &found[0]
	}
	return nil
}

func mountStore(v *volume) *store {
	if v.errors {
		say("%s (%s) is marked as damaged, and 'only' has no e2fsck: check it with another system", v.device, v.label)
	}
	os.MkdirAll(storeMount, 0o755)
	if err := syscall.Mount(v.device, storeMount, "ext4", 0, ""); err != nil {
		say("%s (%s) can't be mounted: %v. Check it with another system (e2fsck)", v.device, v.label, err)
		return nil
	}
	dir := dataDir(storeMount)
	err := os.MkdirAll(dir, 0o710)
	if err == nil {
		err = syscall.Mount(dir, data, "", syscall.MS_BIND, "")
	}
	if err != nil {
		say("%s (%s) can't be used for Docker's data: %v", v.device, v.label, err)
		syscall.Unmount(storeMount, 0)
		return nil
	}
	return &store{device: v.device, label: v.label}
}

// dataDir returns the directory of a volume that has Docker's data, as the other variants do: boot2docker used var/lib/docker,
// only-docker the top of its volume.
func dataDir(top string) string {
	exists := func(path string) bool {
		info, err := os.Stat(top + path)
		return err == nil && info.IsDir()
	}
	switch {
	case exists("/var/lib/docker"):
		return top + "/var/lib/docker"
	case !exists("/docker") && exists("/image/overlay2"):
		return top
	}
	return top + "/docker"
}

// memory mounts a tmpfs for Docker's data. It can have as many files as pages: the kernel's own limit, half of it for the whole
// memory, stops images of many small files while much space is free.
func memory() {
	size := option("d2d.ram")
	if size == "" {
		size = "70%"
	}
	if err := syscall.Mount("tmpfs", data, "tmpfs", noSuidDev, "mode=0710,size="+size); err != nil {
		say("d2d.ram=%s: %v; 70%% is taken", size, err)
		syscall.Mount("tmpfs", data, "tmpfs", noSuidDev, "mode=0710,size=70%")
	}
	var fs syscall.Statfs_t
	if syscall.Statfs(data, &fs) == nil {
		syscall.Mount("", data, "", syscall.MS_REMOUNT|noSuidDev, "nr_inodes="+strconv.FormatUint(fs.Blocks, 10))
	}
}
