// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Does what depends on the tables of a Go program: it prints backtraces, recovers from panics, moves and scans stacks,
// stops threads at any instruction, writes profiles. testsuite/engine/linker builds it with and without line tables and
// compares. Usage: traces CASE
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type node struct {
	next *node
	data [4]int
}

// inlined is small enough to become part of its callers.
func inlined(p *node) int { return p.data[1] + 1 }

func inlinedTwice(p *node) int { return inlined(p) * 2 }

func inlinedCaller() (uintptr, string, int, bool) { return runtime.Caller(0) }

func inlinedIndex(s []int, i int) int { return s[i] }

func inlinedPanic(text string) { panic(errors.New(text)) }

//go:noinline
func outer(p *node) int { return inlinedTwice(p) + 3 }

//go:noinline
func middle(f func()) { f(); runtime.KeepAlive(f) }

type shape interface{ area(int) int }

type square struct{ side int }

func (s square) area(n int) int {
	if n < 0 {
		panic(fmt.Sprint("negative ", n))
	}
	return s.side * s.side * n
}

type embedded struct{ square }

func generic[T any](values []T, i int) T { return values[i] }

// functions prints the names of a list of callers.
func functions(pcs []uintptr) {
	frames := runtime.CallersFrames(pcs)
	for {
		frame, more := frames.Next()
		fmt.Println("frame", frame.Function, frame.Func != nil, frame.Entry != 0)
		if !more {
			return
		}
	}
}

func callers() {
	middle(func() {
		pcs := make([]uintptr, 64)
		n := runtime.Callers(0, pcs)
		functions(pcs[:n])
		for _, pc := range pcs[:n] {
			f := runtime.FuncForPC(pc)
			file, _ := f.FileLine(pc)
			fmt.Println("function", f.Name(), f.Entry() != 0, file != "")
		}
		_, file, line, ok := inlinedCaller()
		fmt.Println("caller", file != "", line >= 0, ok)
		_, _, _, ok = runtime.Caller(1000)
		fmt.Println("no caller", ok)
	})
	for _, f := range []any{outer, middle, inlined, square.area, (*square).area, shape.area, strings.ToUpper, generic[string]} {
		fmt.Println("value", runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name())
	}
	fmt.Println("nothing", runtime.FuncForPC(1) == nil, runtime.FuncForPC(0) == nil)
	// Each offset of some functions, also those that no call returns to.
	for _, f := range []any{outer, middle, strings.Index, fmt.Fprintf, reflect.ValueOf, (*sync.Mutex).Lock} {
		entry := reflect.ValueOf(f).Pointer()
		for off := uintptr(0); off < 200; off++ {
			if g := runtime.FuncForPC(entry + off); g != nil {
				g.FileLine(entry + off)
				g.Name()
			}
			runtime.CallersFrames([]uintptr{entry + off, entry + off + 1}).Next()
		}
	}
}

func stacks() {
	wait := make(chan bool)
	var ready sync.WaitGroup
	for i := 0; i < 3; i++ {
		ready.Add(1)
		go func() { ready.Done(); <-wait }()
	}
	ready.Wait()
	middle(func() { fmt.Printf("%s", debug.Stack()) })
	buffer := make([]byte, 1<<20)
	fmt.Println("goroutines", bytes.Count(buffer[:runtime.Stack(buffer, true)], []byte("goroutine ")) >= 4)
	debug.PrintStack()
	close(wait)
}

// recovered calls a function and returns what it panics with.
func recovered(f func()) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = fmt.Sprint(r)
		}
	}()
	f()
	return "no panic"
}

func recovering() {
	var none *node
	var nothing map[string]int
	var shapes shape
	zero := len(os.Args) - 2
	cases := []func(){
		func() { inlined(none) },
		func() { outer(none) },
		func() { inlinedIndex([]int{1, 2}, 5+zero) },
		func() { generic([]string{"a"}, 3+zero) },
		func() { inlinedPanic("text") },
		func() { nothing["a"] = 1 },
		func() { shapes.area(1) },
		func() { embedded{}.area(-1) },
		func() { shapes = &embedded{}; shapes.area(-2) },
		func() { fmt.Println(1 / zero) },
		func() { var c chan int; close(c) },
		func() { _ = any("text").(int) },
		func() { _ = (*[4]int)(make([]int, 2+zero)) },
		func() { panic(nil) },
		func() { reflect.ValueOf(square{}).Method(0 + zero) },
		func() { reflect.ValueOf(outer).Call([]reflect.Value{reflect.ValueOf(none)}) },
		func() { defer func() { panic("second") }(); panic("first") },
		func() { defer func() { recover(); panic("third") }(); panic("first") },
		func() {
			for i := 0; i < 5; i++ {
				defer func() {
					if r := recover(); r != nil && i > 0 {
						panic(fmt.Sprint(r, i))
					}
				}()
			}
			panic("loop")
		},
		func() { defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)); outer(none) },
	}
	for i, f := range cases {
		fmt.Println("recovered", i, recovered(f))
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		defer func() { fmt.Println("goexit", recover() == nil) }()
		runtime.Goexit()
	}()
	<-done
	for i := 0; i < 10000; i++ {
		recovered(cases[i%len(cases)])
	}
}

// deep uses the stack at each depth by addresses of variables in callers, so that moving and scanning must find them.
//
//go:noinline
func deep(n int, above *node) int {
	mine := node{next: above}
	mine.data[n%4] = n
	made := &node{next: &mine}
	made.data[0] = n
	if n == 0 {
		runtime.GC()
		sum := 0
		for p := above; p != nil; p = p.next {
			sum += p.data[0] + p.data[1] + p.data[2] + p.data[3]
		}
		return sum
	}
	defer func() { mine.data[3]++ }()
	sum := deep(n-1, &mine)
	if made.data[0] != n || made.next != &mine {
		panic("a stack was not updated")
	}
	return sum
}

// spinning are loops without calls, with code of reflect and of the runtime inlined into them: the scheduler has to stop them by
// signals while stacks are scanned.
func spinning() {
	var stop atomic.Bool
	var spinners sync.WaitGroup
	for i := 0; i < 8; i++ {
		spinners.Add(1)
		go func() {
			defer spinners.Done()
			values := []reflect.Value{reflect.ValueOf(i), reflect.ValueOf("text"), reflect.ValueOf(&node{})}
			list := &node{}
			count := 0
			for !stop.Load() {
				for j := 0; j < 100000; j++ {
					v := values[j%3]
					if v.IsValid() && v.Kind() != reflect.Invalid && v.CanInterface() && reflect.TypeOf(list) != nil {
						count++
					}
					if j%1000 == 0 {
						list = &node{next: &node{}}
					}
					count += inlinedTwice(list)
				}
			}
			fmt.Fprintln(os.Stderr, "spun", count > 0)
		}()
	}
	for i := 0; i < 100; i++ {
		runtime.GC()
		if got := recovered(func() { deep(100+i, nil) }); got != "no panic" {
			panic(got)
		}
	}
	stop.Store(true)
	spinners.Wait()
}

func memory() {
	debug.SetGCPercent(5)
	var all sync.WaitGroup
	sums := make([]int, 16)
	for i := range sums {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := 0; j < 5; j++ {
				sums[i] += deep(2000+j, nil)
			}
		}()
	}
	all.Wait()
	fmt.Println("sums", sums)
	spinning()
	finalized := make(chan bool, 1)
	func() { runtime.SetFinalizer(&node{}, func(*node) { finalized <- true }) }()
	for len(finalized) == 0 {
		runtime.GC()
		runtime.Gosched()
	}
	fmt.Println("finalized")
}

func profiles() {
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	runtime.MemProfileRate = 1
	file := func(name string) *os.File {
		f, err := os.Create(os.Args[2] + "/" + name)
		if err != nil {
			panic(err)
		}
		return f
	}
	cpu := file("cpu")
	if err := pprof.StartCPUProfile(cpu); err != nil {
		panic(err)
	}
	traced := file("trace")
	if err := trace.Start(traced); err != nil {
		panic(err)
	}
	memory()
	trace.Stop()
	pprof.StopCPUProfile()
	var lock sync.Mutex
	var waiting sync.WaitGroup
	for i := 0; i < 4; i++ {
		waiting.Add(1)
		go func() { defer waiting.Done(); lock.Lock(); time.Sleep(time.Millisecond); lock.Unlock() }()
	}
	waiting.Wait()
	for _, profile := range pprof.Profiles() {
		for level := 0; level < 3; level++ {
			if err := profile.WriteTo(file(fmt.Sprint(profile.Name(), level)), level); err != nil {
				panic(err)
			}
		}
	}
	debug.WriteHeapDump(file("heapdump").Fd())
}

func logs() {
	log.SetFlags(log.Lshortfile)
	log.Print("with a place")
	slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{AddSource: true})).Info("with a place")
}

func grow(n int) int { return grow(n+1) + inlined(&node{}) }

func quit() {
	ready := make(chan os.Signal, 1)
	signal.Notify(ready, syscall.SIGUSR1)
	go func() {
		for range ready {
			buffer := make([]byte, 1<<20)
			os.Stderr.Write(buffer[:runtime.Stack(buffer, true)])
			fmt.Fprintln(os.Stderr, "dumped")
		}
	}()
	fmt.Println("ready")
	middle(func() { select {} })
}

var cases = map[string]func(){
	"callers":  callers,
	"stacks":   stacks,
	"recover":  recovering,
	"memory":   memory,
	"profiles": profiles,
	"logs":     logs,
	"quit":     quit,
	// These end the program.
	"panic":    func() { middle(func() { inlinedPanic("end") }) },
	"repanic":  func() { defer func() { panic(fmt.Sprint("again: ", recover())) }(); inlinedPanic("end") },
	"nil":      func() { middle(func() { outer(nil) }) },
	"index":    func() { middle(func() { inlinedIndex(nil, 3) }) },
	"wrapper":  func() { var s shape = &embedded{}; s.area(-3) },
	"nilfunc":  func() { var f func(); f() },
	"throw":    func() { var l sync.Mutex; l.Unlock() },
	"overflow": func() { debug.SetMaxStack(1 << 20); grow(0) },
	"asleep":   func() { middle(func() { select {} }) },
	"routine":  func() { go func() { inlinedPanic("in a goroutine") }(); select {} },
	"abort":    func() { syscall.Kill(syscall.Getpid(), syscall.SIGABRT); select {} },
	"segv":     func() { syscall.Kill(syscall.Getpid(), syscall.SIGSEGV); select {} },
}

func main() {
	if len(os.Args) > 1 && cases[os.Args[1]] != nil {
		cases[os.Args[1]]()
		return
	}
	var names []string
	for name := range cases {
		names = append(names, name)
	}
	sort.Strings(names)
	fmt.Println(strings.Join(names, "\n"))
}
