// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

const logs = "/run/log"

// say prints a line on all consoles, and keeps it.
func say(format string, a ...any) {
	line := fmt.Sprintf(format, a...)
	note("%s", line)
	for _, name := range consoles() {
		print1("/dev/"+name, "\rdebian2docker: "+line+"\r\n")
	}
}

// note keeps a line in the log of init.
func note(format string, a ...any) {
	f, err := os.OpenFile(logs+"/init", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return
	}
	defer f.Close()
	if at, err := f.Seek(0, 2); err == nil && at < logLimit {
		fmt.Fprintf(f, uptime()+" "+format+"\n", a...)
	}
}

// print1 writes to a terminal without waiting for it, and ignores one that isn't there.
func print1(path, text string) {
	fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	syscall.Write(fd, []byte(text))
	syscall.Close(fd)
}

// consoles returns the names of the terminals that the kernel writes to.
func consoles() []string {
	if names := strings.Fields(read("/sys/class/tty/console/active")); len(names) > 0 {
		return names
	}
	return []string{"console"}
}

// read returns the content of a small file without the line end, or nothing.
func read(path string) string {
	content, _ := os.ReadFile(path)
	return strings.TrimRight(string(content), "\n")
}

// write writes to a file of the kernel.
func write(path, value string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(value)
	return err
}

// uptime returns the seconds since the kernel has started.
func uptime() string {
	seconds, _, _ := strings.Cut(read("/proc/uptime"), " ")
	return seconds
}
