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
	noSuidDev = syscall.MS_NOSUID | syscall.MS_NODEV
	noneOf    = noSuidDev | syscall.MS_NOEXEC
)

// newRoot makes a root from which containers can pivot away, which isn't possible on rootfs: a bind mount of rootfs, moved over it,
// is an ordinary mount.
func newRoot() {
	syscall.Mount("/", "/mnt", "", syscall.MS_BIND, "")
	syscall.Chdir("/mnt")
	syscall.Mount(".", "/", "", syscall.MS_MOVE, "")
	syscall.Chroot(".")
	syscall.Chdir("/")
}

func kernelFileSystems() {
	var failed []string
	mount := func(kind, target string, flags uintptr, data string) {
		os.MkdirAll(target, 0o755)
		if err := syscall.Mount(kind, target, kind, flags, data); err != nil {
			failed = append(failed, target+" ("+err.Error()+")")
		}
	}
	mount("devtmpfs", "/dev", syscall.MS_NOSUID, "mode=0755")
	mount("proc", "/proc", noneOf, "")
	mount("sysfs", "/sys", noneOf, "")
	mount("devpts", "/dev/pts", syscall.MS_NOSUID|syscall.MS_NOEXEC, "gid=5,mode=620,ptmxmode=666")
	mount("tmpfs", "/dev/shm", noSuidDev, "mode=1777")
	mount("tmpfs", "/run", noSuidDev, "mode=0755")
	mount("cgroup2", "/sys/fs/cgroup", noneOf, "nsdelegate,memory_recursiveprot")
	os.MkdirAll(logs, 0o755)
	// The limit from the boot menu (initramfs_options=) is only meant for unpacking. Mounts that the host makes later reach containers
	// that asked for it only from a shared root.
	syscall.Mount("", "/", "", syscall.MS_REMOUNT, "size=50%")
	syscall.Mount("", "/", "", syscall.MS_SHARED|syscall.MS_REC, "")
	if failed != nil {
		say("can't mount %s: Docker won't work. The kernel lacks something; use the kernel of this image", strings.Join(failed, ", "))
	}
	// Docker's daemons get groups of their own: in the root group dockerd doesn't find all limits.
	var all []string
	for _, name := range strings.Fields(read("/sys/fs/cgroup/cgroup.controllers")) {
		all = append(all, "+"+name)
	}
	write("/sys/fs/cgroup/cgroup.subtree_control", strings.Join(all, " "))
}

// completeOrStop checks that the initramfs was unpacked completely. If memory runs out, the kernel prints an error and goes on.
func completeOrStop() {
	if os.Remove("/~complete") == nil {
		return
	}
	var info syscall.Sysinfo_t
	syscall.Sysinfo(&info)
	need := ""
	if n := release("NEEDS_MIB"); n != "" {
		need = " and needs " + n + " MiB"
	}
	say("this machine has too little memory: the system could not be unpacked completely. It has %d MiB of usable memory%s. "+
		"Nothing was started. Switch the machine off, give it more memory, and start it again",
		uint64(info.Totalram)*uint64(info.Unit)>>20, need)
	select {}
}

// settings sets what Docker and its containers find on any Debian: limits, kernel settings, clock, host name.
func settings() {
	const infinite = ^uint64(0)
	const nproc = 6 // RLIMIT_NPROC
	syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 1048576, Max: 1048576})
	syscall.Setrlimit(nproc, &syscall.Rlimit{Cur: infinite, Max: infinite})
	syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{Cur: infinite, Max: infinite})
	// Ctrl-Alt-Del sends SIGINT instead of restarting the machine at once.
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_CAD_OFF)
	write("/sys/kernel/rcu_expedited", "1")

	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil && uint64(info.Totalram)*uint64(info.Unit) < 2<<30 {
		write("/sys/kernel/mm/transparent_hugepage/enabled", "never")
	}
	if built, err := strconv.ParseInt(release("BUILT"), 10, 64); err == nil && time.Now().Unix() < built {
		syscall.Settimeofday(&syscall.Timeval{Sec: built})
		say("the clock was wrong, and is set to the day on which this image was made; no NTP client is in it")
	}
	syscall.Sethostname([]byte(read("/etc/hostname")))
	tool("sysctl", "-q", "-e", "-p", "/etc/sysctl.conf")
	tool("ip", "link", "set", "lo", "up")
}
