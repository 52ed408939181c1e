// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Package personality knows as which of its programs the engine was started: that of the file name in argv[0].
package personality

import "os"

// Name is the program's name. It is empty if neither argv[0] nor /proc/self/exe has one.
var Name = name()

func name() string {
	if len(os.Args) == 0 {
		os.Args = []string{""}
	}
	if os.Args[0] == "" {
		// Somebody has started the file without a name. Messages and the programs' own restarts shall have one.
		if file, err := os.Executable(); err == nil {
			os.Args[0] = file
		}
	}
	base := os.Args[0]
	for i := len(base) - 1; i >= 0; i-- {
		if base[i] == '/' {
			return base[i+1:]
		}
	}
	return base
}

// Run runs a program, and ends the process with it, if the process was started by this name. It is called while packages are
// initialized, when the runtime keeps the calling goroutine on the process's first thread; the program runs on another
// goroutine, because each switch to and from such a one costs two switches between threads.
func Run(program string, main func()) {
	if program != Name {
		return
	}
	go func() {
		main()
		os.Exit(0)
	}()
	select {}
}
