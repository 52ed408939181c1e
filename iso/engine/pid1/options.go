// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"strconv"
	"strings"
	"time"
)

// options has the words NAME=VALUE of the kernel command line, all values of a name in their order.
var options map[string][]string

func readOptions() {
	options = map[string][]string{}
	for _, word := range strings.Fields(read("/proc/cmdline")) {
		name, value, _ := strings.Cut(word, "=")
		options[name] = append(options[name], value)
	}
}

// option returns the last value of an option, or nothing.
func option(name string) string {
	if values := options[name]; len(values) > 0 {
		return values[len(values)-1]
	}
	return ""
}

// patience returns how long to wait for a device that an option names (d2d.wait=).
func patience() time.Duration {
	if seconds, err := strconv.ParseUint(option("d2d.wait"), 10, 16); err == nil {
		return time.Duration(seconds) * time.Second
	}
	return 10 * time.Second
}

// release returns a value of /etc/d2d/release, which iso/initramfs/build has written: lines NAME='VALUE'.
func release(name string) string {
	for _, line := range strings.Split(read("/etc/d2d/release"), "\n") {
		if key, value, ok := strings.Cut(line, "="); ok && key == name {
			return strings.Trim(value, "'")
		}
	}
	return ""
}

// pause is the time between two looks at something that doesn't tell when it changes.
func pause() { time.Sleep(100 * time.Millisecond) }

// within looks until look returns true; it returns false when the time is over.
func within(limit time.Duration, look func() bool) bool {
	for end := time.Now().Add(limit); !look(); pause() {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
