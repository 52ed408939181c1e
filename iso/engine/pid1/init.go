// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Package pid1 is the first process of the variant "only": the engine's program, started by the name "init". It mounts what Docker
// needs, starts containerd and dockerd and starts them again when they end, buries processes that nobody else waits for, puts a
// container on each console, and switches the machine off. It uses Go's own packages alone, so that it is initialized before all
// that the other programs need (see a/proxy). See docs/only.md.
package pid1

import (
	"a/personality"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

func init() { personality.Run("init", run) }

func run() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "init is the first process of a machine: the kernel starts it, and nobody else can")
		os.Exit(1)
	}
	// The heap is some MiB; memory that is free goes back to the kernel rather than staying here.
	debug.SetGCPercent(50)
	newRoot()
	kernelFileSystems()
	readOptions()
	go reap()
	go keep("signals", signals)
	completeOrStop()
	settings()

	var s *store
	returns("storage", func() { s = storage() })
	go keep("containerd", containerd.supervise)
	go keep("dockerd", dockerd.supervise)
	go keep("power button", powerButtons)
	go keep("images", func() { prepare(s) })
	go keep("network", network)
	go keep("summary", func() { summary(s) })
	for _, t := range terminals() {
		go keep(t.name, t.run)
	}
	select {}
}

// keep runs a function, and again if it panics: when the first process ends, the kernel does, too.
func keep(name string, f func()) {
	for !returns(name, f) {
		time.Sleep(time.Second)
	}
}

// returns runs a function and returns whether it ended without a panic, which is said.
func returns(name string, f func()) (done bool) {
	defer func() {
		if e := recover(); e != nil {
			say("a fault in init, %s: %v", name, e)
			note("%s", debug.Stack())
		}
	}()
	f()
	return true
}

// summary says when Docker answers for the first time, and where its data is.
func summary(s *store) {
	for !dockerd.isUp() {
		if dockerd.failures() >= tries {
			break
		}
		pause()
	}
	write("/sys/kernel/rcu_expedited", "0")
	if !dockerd.isUp() {
		return
	}
	where := "in memory: it is lost when the machine is switched off"
	if s != nil {
		where = "on " + s.device + " (" + s.label + ")"
	}
	say("ready in %s s; Docker's data is %s", uptime(), where)
}
