// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
)

const (
	mediumMount = "/run/medium"
	builtIn     = "busybox:latest"
	// The root file system of the image busybox, which this system brings along.
	builtInRoot = "/usr/lib/d2d/busybox"
)

var (
	builtInReady atomic.Bool // the network can start
	imagesReady  atomic.Bool // the consoles can start
)

// prepare brings images into Docker: busybox, if there is none, and the archives of the medium and of the store.
func prepare(s *store) {
	for !dockerd.isUp() {
		pause()
	}
	if _, status := client("image", "inspect", builtIn); status != 0 {
		makeBuiltIn()
	}
	builtInReady.Store(true)
	loaded := storeMount + "/d2d/only-loaded"
	if s == nil {
		loaded = ""
	}
	if uuid := option("d2d.medium"); uuid != "" && mountMedium(uuid) {
		loadAll(mediumMount+"/d2d/images", uuid, loaded)
	}
	if s != nil {
		loadAll(storeMount+"/d2d/images", "store", loaded)
	}
	imagesReady.Store(true)
}

// makeBuiltIn makes the image of busybox, by `tar | docker import`.
func makeBuiltIn() {
	r, w, err := os.Pipe()
	if err != nil {
		say("can't make the image %s: %v", builtIn, err)
		return
	}
	null, _ := os.OpenFile("/dev/null", os.O_RDWR, 0)
	defer null.Close()
	log, err := os.Create(logs + "/import")
	if err != nil {
		log = null
	}
	tar, err1 := start(busybox, []string{"tar", "-C", builtInRoot, "-c", "."}, syscall.ProcAttr{Files: []uintptr{null.Fd(), w.Fd(), log.Fd()}})
	w.Close()
	imp, err2 := start(docker, []string{"docker", "import", "-c", `CMD ["sh", "-l"]`, "-c", "ENV PATH=/usr/local/bin:/bin",
		"-m", "made by debian2docker", "-", builtIn}, syscall.ProcAttr{Files: []uintptr{r.Fd(), log.Fd(), log.Fd()}})
	r.Close()
	if err1 != nil || err2 != nil || tar.code() != 0 || imp.code() != 0 {
		say("can't make the image %s: %s", builtIn, lastLine("import"))
	}
}

// mountMedium mounts the ISO with this UUID, which GRUB names.
func mountMedium(uuid string) bool {
	device := ""
	if !within(patience(), func() bool {
		for _, v := range volumes() {
			if v.kind == "iso9660" && v.uuid == uuid {
				device = v.device
			}
		}
		return device != ""
	}) {
		note("d2d.medium=%s: no such volume was found", uuid)
		return false
	}
	os.MkdirAll(mediumMount, 0o755)
	if err := syscall.Mount(device, mediumMount, "iso9660", syscall.MS_RDONLY|noneOf, ""); err != nil {
		say("%s, the medium, can't be mounted: %v. Its images aren't used", device, err)
		return false
	}
	return true
}

// loadAll loads the image archives *.tar of a directory. With a store, Docker keeps them, and those that the file `loaded` names
// are not loaded again: otherwise an image that somebody has removed would come back at each boot.
func loadAll(dir, source, loaded string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.HasSuffix(e.Name(), ".tar") {
			continue
		}
		line := fmt.Sprintf("%s %d %d %q\n", source, info.Size(), info.ModTime().Unix(), e.Name())
		if loaded != "" {
			if had, _ := os.ReadFile(loaded); strings.Contains("\n"+string(had), "\n"+line) {
				continue
			}
		}
		said, status := client("load", "-q", "-i", dir+"/"+e.Name())
		if status != 0 {
			lines := strings.Split(said, "\n")
			say("%s/%s can't be loaded as an image: %s", dir, text([]byte(e.Name())), lines[len(lines)-1])
			continue
		}
		note("%s: %s", e.Name(), said)
		if loaded != "" {
			record(loaded, line)
		}
	}
}

func record(path, line string) {
	os.MkdirAll(path[:strings.LastIndexByte(path, '/')], 0o755)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err == nil {
		_, err = f.WriteString(line)
		f.Close()
	}
	if err != nil {
		note("can't write %s: %v", path, err)
	}
}
