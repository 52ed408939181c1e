// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Usage: check lines|nolines -- PROGRAM...
// Reads the function tables of Go programs. Fails if "nolines" was asked for and a function has line numbers, file names or
// places of arguments, or if "lines" was asked for and there are none.
package main

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
)

// The layout of Go 1.20 to 1.24: runtime/symtab.go (pcHeader), runtime/runtime2.go (_func), internal/abi/symtab.go.
const (
	magic          = 0xfffffff1
	headerNfunc    = 8
	headerNfiles   = 16
	headerFunctab  = 64
	funcPcsp       = 16
	funcPcfile     = 20
	funcPcln       = 24
	funcNpcdata    = 28
	funcNfuncdata  = 43
	funcSize       = 44
	funcdataInline = 3
	funcdataArgs   = 5
	funcdataLive   = 6
	absent         = ^uint32(0)
)

// counts says how many functions of a program have a table.
type counts struct{ functions, files, stacks, lines, inlined, arguments, size int }

func u32(data []byte, off int) uint32 { return binary.LittleEndian.Uint32(data[off:]) }
func u64(data []byte, off int) int    { return int(binary.LittleEndian.Uint64(data[off:])) }

func count(name string) (c counts, err error) {
	program, err := elf.Open(name)
	if err != nil {
		return c, err
	}
	defer program.Close()
	section := program.Section(".gopclntab")
	if section == nil {
		return c, fmt.Errorf("no section .gopclntab")
	}
	data, err := section.Data()
	if err != nil {
		return c, err
	}
	if u32(data, 0) != magic {
		return c, fmt.Errorf("the section .gopclntab has a format that isn't known here")
	}
	c.size = len(data)
	c.functions = u64(data, headerNfunc)
	c.files = u64(data, headerNfiles)
	functab := data[u64(data, headerFunctab):]
	for i := 0; i < c.functions; i++ {
		f := functab[u32(functab, 8*i+4):]
		funcdata := func(kind int) bool {
			return kind < int(f[funcNfuncdata]) && u32(f, funcSize+4*(int(u32(f, funcNpcdata))+kind)) != absent
		}
		for _, table := range []struct {
			has bool
			n   *int
		}{
			{u32(f, funcPcsp) != 0, &c.stacks},
			{u32(f, funcPcfile) != 0 || u32(f, funcPcln) != 0, &c.lines},
			{funcdata(funcdataInline), &c.inlined},
			{funcdata(funcdataArgs) || funcdata(funcdataLive), &c.arguments},
		} {
			if table.has {
				*table.n++
			}
		}
	}
	return c, nil
}

func check(lines bool, name string) error {
	c, err := count(name)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d functions, %d with stack sizes, %d with lines in %d files, %d with inlined calls, %d with arguments; %d bytes\n",
		name, c.functions, c.stacks, c.lines, c.files, c.inlined, c.arguments, c.size)
	switch {
	case c.stacks < c.functions*9/10:
		return fmt.Errorf("only %d of %d functions have the sizes of their stack frames", c.stacks, c.functions)
	case lines && c.lines < c.functions*9/10:
		return fmt.Errorf("only %d of %d functions have line numbers", c.lines, c.functions)
	case !lines && c.lines+c.files+c.arguments > 0:
		return fmt.Errorf("%d functions have line numbers, %d have places of arguments, and %d files are named", c.lines, c.arguments, c.files)
	case !lines && c.inlined > c.functions/4:
		return fmt.Errorf("%d of %d functions have records of inlined calls", c.inlined, c.functions)
	}
	return nil
}

func main() {
	if len(os.Args) < 4 || os.Args[2] != "--" || os.Args[1] != "lines" && os.Args[1] != "nolines" {
		fmt.Fprintln(os.Stderr, "usage: check lines|nolines -- PROGRAM...")
		os.Exit(2)
	}
	status := 0
	for _, name := range os.Args[3:] {
		if err := check(os.Args[1] == "lines", name); err != nil {
			fmt.Fprintf(os.Stderr, "error: %s: %v\n", name, err)
			status = 1
		}
	}
	os.Exit(status)
}
