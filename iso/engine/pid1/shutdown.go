// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var stopping atomic.Bool

// signals switches the machine off or restarts it when busybox's poweroff, halt or reboot ask for it, or Ctrl-Alt-Del. It takes all
// other signals, too, because some would end the program, and the kernel with it.
func signals() {
	ch := make(chan os.Signal, 16)
	for n := syscall.Signal(1); n < 65; n++ {
		switch n {
		case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGCHLD, syscall.SIGURG:
		default:
			signal.Notify(ch, n)
		}
	}
	for n := range ch {
		switch n {
		case syscall.SIGUSR1:
			go shutdown("halts", syscall.LINUX_REBOOT_CMD_HALT)
		case syscall.SIGUSR2:
			go shutdown("is switched off", syscall.LINUX_REBOOT_CMD_POWER_OFF)
		case syscall.SIGTERM, syscall.SIGINT:
			go shutdown("restarts", syscall.LINUX_REBOOT_CMD_RESTART)
		}
	}
}

// shutdown stops Docker, which stops the containers, ends all other processes, writes everything and unmounts it.
func shutdown(how string, command int) {
	if stopping.Swap(true) {
		return
	}
	returns("shutdown", func() {
		say("the machine %s: Docker stops its containers", how)
		dockerd.stop(90 * time.Second)
		containerd.stop(10 * time.Second)
		syscall.Kill(-1, syscall.SIGTERM)
		within(3*time.Second, alone)
		syscall.Kill(-1, syscall.SIGKILL)
		within(5*time.Second, alone)
	})
	syscall.Sync()
	returns("unmount", unmount)
	syscall.Sync()
	say("everything is written")
	syscall.Reboot(command)
	// Without a way to switch itself off, the machine stands still.
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_HALT)
}

// alone returns whether there are no other processes. Those of the kernel have no command line.
func alone() bool {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != 1 && read("/proc/"+e.Name()+"/cmdline") != "" {
			return false
		}
	}
	return true
}

// unmount unmounts all but the kernel's file systems, the last one first. What is still in use can at least not be written to.
func unmount() {
	lines := strings.Split(read("/proc/mounts"), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		field := strings.Fields(lines[i])
		if len(field) < 2 || !hasPrefix(field[1], data, storeMount, mediumMount, "/run/docker", "/run/containerd", "/mnt") {
			continue
		}
		target := unescape(field[1])
		if err := syscall.Unmount(target, 0); err != nil {
			note("%s: %v", target, err)
			if target == storeMount {
				if err := syscall.Mount("", target, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
					say("the store can't be unmounted: %v", err)
				}
			}
		}
	}
}

// unescape replaces the octal escapes of /proc/mounts.
func unescape(path string) string {
	for _, pair := range [][2]string{{`\040`, " "}, {`\011`, "\t"}, {`\012`, "\n"}, {`\134`, `\`}} {
		path = strings.ReplaceAll(path, pair[0], pair[1])
	}
	return path
}
