// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	tries    = 3       // so many failures in a row, and init does something else
	logLimit = 1 << 20 // of each log; one older file is kept
	longest  = time.Minute
)

// A daemon is started again when it ends.
type daemon struct {
	name, score string // score: oom_score_adj
	answers     func() bool
	before      func()

	mu     sync.Mutex
	proc   *process
	up     bool // it has answered since it was started
	ends   int  // how often it has ended
	failed int  // how often in a row it has ended without an answer
	again  chan bool
}

var containerd = daemon{name: "containerd", again: make(chan bool, 1), score: "-999", answers: func() bool {
	c, err := net.Dial("unix", "/run/containerd/containerd.sock")
	if err != nil {
		return false
	}
	c.Close()
	return true
}}

var dockerd = daemon{name: "dockerd", again: make(chan bool, 1), score: "-500", answers: ping, before: func() {
	// The process with this number can be another one by now, and dockerd would not start.
	os.Remove("/run/docker.pid")
}}

// ping asks dockerd whether it serves requests.
func ping() bool {
	c, err := net.DialTimeout("unix", "/run/docker.sock", 5*time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, "GET /_ping HTTP/1.0\r\n\r\n"); err != nil {
		return false
	}
	answer := make([]byte, 64)
	n, _ := io.ReadAtLeast(c, answer, 12)
	return n >= 12 && strings.HasPrefix(string(answer), "HTTP/") && string(answer[8:12]) == " 200"
}

// supervise runs the daemon until the machine is switched off. The time before it is started again grows from a second to a
// minute, and is a second again after a minute in which it ran well.
func (d *daemon) supervise() {
	wait := time.Second
	for !stopping.Load() {
		p, err := d.start()
		if err != nil {
			say("%s can't be started: %v", d.name, err)
		} else {
			began := time.Time{}
			for !d.watch(p) {
				pause()
			}
			if d.isUp() {
				began = time.Now()
			}
			<-p.ended
			if !began.IsZero() && time.Since(began) > longest {
				wait = time.Second
			}
		}
		d.ended()
		if stopping.Load() {
			return
		}
		if p != nil {
			said := ""
			if !p.status.Signaled() {
				said = ". The end of " + logs + "/" + d.name + ": " + lastLine(d.name)
			}
			say("%s has ended (status %d); it is started again in %s%s", d.name, p.code(), wait, said)
		}
		select {
		case <-d.again:
			wait = time.Second
			continue
		case <-time.After(wait):
		}
		if wait *= 2; wait > longest {
			wait = longest
		}
	}
}

// tryAgain starts a daemon that has failed too often at once, and gives it one more try.
func (d *daemon) tryAgain() {
	d.mu.Lock()
	d.failed = tries - 1
	d.mu.Unlock()
	select {
	case d.again <- true:
	default:
	}
}

func (d *daemon) start() (*process, error) {
	if d.before != nil {
		d.before()
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	null, err := os.Open("/dev/null")
	if err != nil {
		r.Close()
		return nil, err
	}
	defer null.Close()
	attr := syscall.ProcAttr{Files: []uintptr{null.Fd(), w.Fd(), w.Fd()}, Sys: &syscall.SysProcAttr{Setsid: true}}
	group := "/sys/fs/cgroup/" + d.name + ".service"
	os.Mkdir(group, 0o755)
	if fd, err := syscall.Open(group, syscall.O_RDONLY|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0); err == nil {
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, fd
		defer syscall.Close(fd)
	}
	p, err := start("/usr/bin/"+d.name, []string{d.name}, attr)
	if err != nil {
		r.Close()
		return nil, err
	}
	// The memory of a daemon is taken last. Containers get a score of their own.
	write("/proc/"+strconv.Itoa(p.pid)+"/oom_score_adj", d.score)
	go keepLog(d.name, r)
	d.mu.Lock()
	d.proc = p
	d.mu.Unlock()
	return p, nil
}

// watch returns whether there is nothing to wait for: the daemon answers, or it has ended.
func (d *daemon) watch(p *process) bool {
	select {
	case <-p.ended:
		return true
	default:
	}
	if !d.answers() {
		return false
	}
	d.mu.Lock()
	again := d.ends > 0
	d.up, d.failed = true, 0
	d.mu.Unlock()
	if again {
		say("%s is ready", d.name)
	}
	return true
}

func (d *daemon) ended() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.up {
		d.failed++
	}
	d.up, d.proc = false, nil
	d.ends++
}

func (d *daemon) isUp() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.up
}

func (d *daemon) failures() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

func (d *daemon) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ends
}

// stop ends the daemon, by force when the time is over.
func (d *daemon) stop(limit time.Duration) {
	d.mu.Lock()
	p := d.proc
	d.mu.Unlock()
	if p == nil {
		return
	}
	syscall.Kill(p.pid, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(limit):
		say("%s doesn't end within %s, and is killed", d.name, limit)
		syscall.Kill(p.pid, syscall.SIGKILL)
		<-p.ended
	}
}

// keepLog writes what a daemon prints to its log. A full log becomes NAME.old.
func keepLog(name string, r *os.File) {
	defer r.Close()
	path := logs + "/" + name
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		io.Copy(io.Discard, r)
		return
	}
	size, _ := f.Seek(0, io.SeekEnd)
	buffer := make([]byte, 16<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			f.Write(buffer[:n])
			size += int64(n)
		}
		if size > logLimit {
			f.Close()
			os.Rename(path, path+".old")
			if f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644); err != nil {
				io.Copy(io.Discard, r)
				return
			}
			size = 0
		}
		if n == 0 && err != nil {
			f.Close()
			return
		}
	}
}

// lastLine returns the last line of a log with those behind it that have no date: an error can have several lines.
func lastLine(name string) string {
	lines := strings.Split(strings.TrimSpace(read(logs+"/"+name)), "\n")
	at := len(lines) - 1
	for at > 0 && len(lines)-at < 4 && !strings.HasPrefix(lines[at], "time=") {
		at--
	}
	if at < len(lines)-1 && strings.HasPrefix(lines[at], "time=") {
		at++
	}
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines[at:], " ")
}
