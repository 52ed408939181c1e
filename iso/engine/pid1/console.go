// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const consoleImage = "console-image:latest"

// A terminal shows the container "console": the first one its program, the others a shell in it. One terminal of the screen has the
// host's shell.
type terminal struct {
	name, kind string // its name in /dev, and its TERM
	role       role
	settings   syscall.Termios
	known      bool // settings were read
}

type role int

const (
	first role = iota
	other
	host
)

// whereHost says where the host's shell is, on a machine with a screen.
var whereHost string

// terminals returns those of the kernel's consoles, the one that is /dev/console first, and the screen's second one.
func terminals() []*terminal {
	var all []*terminal
	names := consoles()
	for i := len(names) - 1; i >= 0; i-- {
		t := &terminal{name: names[i], kind: "vt220", role: other}
		switch {
		case option("d2d.console") == "host":
			t.role = host
		case len(all) == 0:
			t.role = first
		}
		if t.name == "tty0" {
			t.name, t.kind = "tty1", "linux"
			whereHost = "; the host's shell is on Alt+F2"
			all = append(all, t, &terminal{name: "tty2", kind: "linux", role: host})
			continue
		}
		all = append(all, t)
	}
	return all
}

// run puts one session after the other on the terminal. A session has failed when its program could not be started, or ended with
// another status than 0; how long it took says nothing on a busy machine. After three failures in a row there is the host's shell.
func (t *terminal) run() {
	failed := 0
	for !stopping.Load() {
		if t.role == host {
			if !t.session(busybox, "sh", "-l") {
				return // there is no such terminal
			}
			time.Sleep(time.Second)
			continue
		}
		if !dockerAnswers() {
			t.hostShell("Docker doesn't start: the end of " + logs + "/dockerd says why. This is the shell of the host; 'exit' tries again")
			dockerd.tryAgain()
			continue
		}
		ends := dockerd.count()
		what, status := t.container()
		if status < 0 {
			return
		}
		if stopping.Load() {
			return
		}
		switch {
		case dockerd.count() != ends || !ping():
			t.print("dockerd has ended, and the console with it")
		case status == 0:
			failed = 0
		case t.role == other && status != 126 && status != 127:
			// That of a shell beside the container's own program, or the end of the container.
		default:
			failed++
			t.print("%s (%d of %d)", what, failed, tries)
		}
		if failed >= tries {
			t.hostShell("this is the shell of the host instead. 'exit' tries again; 'docker rm -f console' makes the container new")
			failed = 0
		}
		time.Sleep(time.Second)
	}
}

// dockerAnswers waits until the images are there and Docker answers. It returns false when dockerd has failed three times.
func dockerAnswers() bool {
	for !stopping.Load() {
		if dockerd.failures() >= tries {
			return false
		}
		if dockerd.isUp() && imagesReady.Load() {
			return true
		}
		pause()
	}
	return true
}

// container runs a session in the console container, and returns what has ended and its exit status.
func (t *terminal) container() (string, int) {
	if t.role == other {
		for !consoleRuns() {
			time.Sleep(time.Second)
			if stopping.Load() || !dockerd.isUp() {
				return "", 0
			}
		}
		t.print("another shell in the console container")
		status := t.docker("exec", "-it", "-e", "TERM", "console", "sh", "-c", `exec "$(command -v bash || echo sh)" -l`)
		return "the console container has no shell", status
	}
	if _, status := client("container", "inspect", "console"); status == 0 {
		t.print("the container 'console', with the host's files in /root%s", whereHost)
		status = t.docker("start", "-ai", "console")
		return "the container 'console' has ended with status " + strconv.Itoa(status), status
	}
	image := consoleImage
	if _, status := client("image", "inspect", image); status != 0 && ping() {
		t.print("there is no image %s: the console is a container of %s. 'docker load', 'docker pull' or 'docker build' bring one, "+
			"or d2d/images/*.tar on the medium", consoleImage, builtIn)
		image = builtIn
	} else {
		t.print("a container of %s, with the host's files in /root%s", image, whereHost)
	}
	status := t.docker("run", "-it", "--name", "console", "--pull", "never", "--privileged", "--net", "host", "--pid", "host",
		"--stop-signal", "SIGHUP", "--stop-timeout", "2", "-v", "/:/root:rslave", "-v", "/run:/run:rslave", "-v", resolvConf+":/etc/resolv.conf",
		"-v", docker+":/usr/local/bin/docker:ro", "-e", "TERM", "-e", "DOCKER_HOST=unix:///run/docker.sock", image)
	if status >= 125 && status <= 127 && dockerd.isUp() {
		// Its program has never run, and never will: the next try makes a new one, perhaps of another image.
		client("rm", "-f", "console")
	}
	return "the container of " + image + " has ended with status " + strconv.Itoa(status), status
}

func consoleRuns() bool {
	said, status := client("container", "inspect", "-f", "{{.State.Running}}", "console")
	return status == 0 && said == "true"
}

func (t *terminal) hostShell(why string) {
	t.print("%s", why)
	t.session(busybox, "sh", "-l")
}

// docker runs docker on the terminal and returns its exit status, or -1 if there is no such terminal.
func (t *terminal) docker(argv ...string) int {
	p := t.start(docker, append([]string{"docker"}, argv...))
	if p == nil {
		return -1
	}
	return p.code()
}

func (t *terminal) session(program string, argv ...string) bool {
	p := t.start(program, argv)
	if p == nil {
		return false
	}
	p.code()
	return true
}

// start starts a program in a session of its own, of which this is the controlling terminal.
func (t *terminal) start(program string, argv []string) *process {
	fd, err := syscall.Open("/dev/"+t.name, syscall.O_RDWR|syscall.O_NOCTTY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	if !t.sane(fd) {
		return nil
	}
	f := uintptr(fd)
	p, err := start(program, argv, syscall.ProcAttr{Env: []string{"TERM=" + t.kind}, Files: []uintptr{f, f, f},
		Sys: &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}})
	if err != nil {
		say("%s: %v", program, err)
		return nil
	}
	return p
}

// sane gives the terminal the settings that it had at first: docker leaves it in another mode when it is killed.
func (t *terminal) sane(fd int) bool {
	request := uintptr(syscall.TCSETS)
	if !t.known {
		request = syscall.TCGETS
	}
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&t.settings)))
	t.known = t.known || e == 0
	return e == 0
}

// print writes a line on this terminal alone.
func (t *terminal) print(format string, a ...any) {
	line := fmt.Sprintf(format, a...)
	note("%s: %s", t.name, line)
	print1("/dev/"+t.name, "\rdebian2docker: "+strings.TrimSpace(line)+"\r\n")
}
