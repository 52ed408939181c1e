// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"bytes"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

const (
	docker  = "/usr/bin/docker"
	busybox = "/usr/bin/busybox"
)

var environment = []string{"PATH=/usr/local/bin:/usr/bin:/usr/sbin", "HOME=/root"}

// A process is one that init has started. Others also become init's children, when their parents end.
type process struct {
	pid    int
	ended  chan struct{}
	status syscall.WaitStatus // known when ended is closed
}

// code returns the exit status as a shell would.
func (p *process) code() int {
	<-p.ended
	if p.status.Signaled() {
		return 128 + int(p.status.Signal())
	}
	return p.status.ExitStatus()
}

var children = struct {
	sync.Mutex
	byPID map[int]*process
}{byPID: map[int]*process{}}

// start starts a program whose descriptors 0, 1 and 2 are those given. The lock keeps reap from a child that isn't known yet.
func start(program string, argv []string, attr syscall.ProcAttr) (*process, error) {
	children.Lock()
	defer children.Unlock()
	attr.Env = append(attr.Env, environment...)
	attr.Dir = "/"
	pid, err := syscall.ForkExec(program, argv, &attr)
	if err != nil {
		return nil, err
	}
	p := &process{pid: pid, ended: make(chan struct{})}
	children.byPID[pid] = p
	return p, nil
}

// reap waits for all children: those that were started here, and orphans.
func reap() {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGCHLD)
	for {
		for reapOne() {
		}
		<-changed
	}
}

func reapOne() bool {
	children.Lock()
	defer children.Unlock()
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	if err == syscall.EINTR {
		return true
	}
	if err != nil || pid <= 0 {
		return false
	}
	if p := children.byPID[pid]; p != nil {
		delete(children.byPID, pid)
		p.status = status
		close(p.ended)
	}
	return true
}

// output runs a program and returns what it prints, at most 64 KiB of it, and its exit status: 127 if it can't be started.
func output(program string, argv ...string) (string, int) {
	r, w, err := os.Pipe()
	if err != nil {
		return err.Error(), 127
	}
	defer r.Close()
	null, err := os.Open("/dev/null")
	if err != nil {
		w.Close()
		return err.Error(), 127
	}
	p, err := start(program, argv, syscall.ProcAttr{Files: []uintptr{null.Fd(), w.Fd(), w.Fd()}})
	null.Close()
	w.Close()
	if err != nil {
		return program + ": " + err.Error(), 127
	}
	text, _ := io.ReadAll(io.LimitReader(r, 64<<10))
	io.Copy(io.Discard, r)
	return string(bytes.TrimSpace(text)), p.code()
}

// tool runs an applet of busybox; what it says goes to init's log.
func tool(argv ...string) bool {
	text, status := output(busybox, argv...)
	if status != 0 {
		note("%v: status %d: %s", argv, status, text)
	}
	return status == 0
}

// client runs docker and returns what it prints, and its exit status.
func client(argv ...string) (string, int) {
	return output(docker, append([]string{"docker"}, argv...)...)
}
