// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"encoding/binary"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const (
	keyEvent = 1   // EV_KEY
	keyPower = 116 // KEY_POWER
)

// powerButtons switches the machine off when its power button is pressed, or a hypervisor presses it. Keyboards that are plugged in
// later are not watched.
func powerButtons() {
	entries, _ := os.ReadDir("/sys/class/input")
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "event") && hasPower(read("/sys/class/input/"+name+"/device/capabilities/key")) {
			go keep("power button", func() { watchButton("/dev/input/" + name) })
		}
	}
}

// hasPower returns whether KEY_POWER is in a set of keys: words of 64 bits in hexadecimal, the highest first.
func hasPower(keys string) bool {
	words := strings.Fields(keys)
	at := len(words) - 1 - keyPower/64
	if at < 0 {
		return false
	}
	word, err := strconv.ParseUint(words[at], 16, 64)
	return err == nil && word>>(keyPower%64)&1 != 0
}

// watchButton reads events of 24 bytes: the time, type, code and value.
func watchButton(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	event := make([]byte, 24)
	for {
		if _, err := io.ReadFull(f, event); err != nil {
			return
		}
		if binary.LittleEndian.Uint16(event[16:]) == keyEvent && binary.LittleEndian.Uint16(event[18:]) == keyPower &&
			binary.LittleEndian.Uint32(event[20:]) == 1 {
			go shutdown("is switched off, because the power button was pressed", syscall.LINUX_REBOOT_CMD_POWER_OFF)
		}
	}
}
