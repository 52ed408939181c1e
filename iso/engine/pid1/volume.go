// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"os"
	"sort"
	"strings"
)

// A volume is a block device with content that init knows.
type volume struct {
	device      string // /dev/NAME
	kind        string // ext4, luks, iso9660
	label, uuid string
	errors      bool // ext4: the file system is marked as damaged
}

// volumes returns all volumes, in the order of their names.
func volumes() []volume {
	var found []volume
	entries, _ := os.ReadDir("/sys/class/block")
	for _, e := range entries {
		name := e.Name()
		// What has no content of its own, and floppy drives, which take seconds to find that they are empty.
		if hasPrefix(name, "loop", "ram", "zram", "nbd", "fd", "dm-", "md") || read("/sys/class/block/"+name+"/size") == "0" {
			continue
		}
		if v, ok := identify("/dev/" + name); ok {
			found = append(found, v)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].device < found[j].device })
	return found
}

func hasPrefix(name string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// identify reads the superblocks. A device that can't be read has no known content.
func identify(device string) (v volume, ok bool) {
	f, err := os.Open(device)
	if err != nil {
		return v, false
	}
	defer f.Close()
	v.device = device
	head := make([]byte, 2048)
	if _, err := f.ReadAt(head, 0); err != nil {
		return v, false
	}
	if bytes.HasPrefix(head, []byte("LUKS\xba\xbe")) {
		v.kind = "luks"
		if binary.BigEndian.Uint16(head[6:]) == 2 {
			v.label = text(head[24:72])
		}
		v.uuid = text(head[168:208])
		return v, true
	}
	if super := head[1024:]; binary.LittleEndian.Uint16(super[56:]) == 0xef53 {
		const journal = 8 // s_feature_incompat of a device that only has the journal of another one
		if binary.LittleEndian.Uint32(super[96:])&journal != 0 {
			return v, false
		}
		v.kind = "ext4"
		v.errors = binary.LittleEndian.Uint16(super[58:])&2 != 0
		v.label = text(super[120:136])
		u := hex.EncodeToString(super[104:120])
		v.uuid = u[:8] + "-" + u[8:12] + "-" + u[12:16] + "-" + u[16:20] + "-" + u[20:]
		return v, true
	}
	block := make([]byte, 2048)
	if _, err := f.ReadAt(block, 32768); err == nil && bytes.HasPrefix(block, []byte("\x01CD001")) {
		v.kind = "iso9660"
		v.label = strings.TrimRight(text(block[40:72]), " ")
		// The date of modification, as GRUB and blkid print it: YYYY-MM-DD-hh-mm-ss-cc.
		if t := string(block[830:846]); strings.Trim(t, "0123456789") == "" {
			v.uuid = t[:4] + "-" + t[4:6] + "-" + t[6:8] + "-" + t[8:10] + "-" + t[10:12] + "-" + t[12:14] + "-" + t[14:]
		}
		return v, true
	}
	return v, false
}

// text returns a name of fixed length: up to the first null byte, with a '?' for what isn't printable ASCII.
func text(field []byte) string {
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, string(field))
}
