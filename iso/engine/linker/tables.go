// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// This file becomes part of Go's linker (cmd/link/internal/ld), which calls it by what iso/engine/steps/line-tables changes in
// pcln.go. It adds two flags.
//
// -notables leaves out of a program what serves only to print backtraces and profiles: file names, line numbers, the places
// at which arguments lie, and the records of inlined calls. A backtrace then names a function and an offset in it. Tables
// that the runtime needs to unwind and scan stacks are kept.
//
// -symbols DIR writes the file names, line numbers and inlined calls as text, for iso/engine/backtrace to look them up. The file
// has the name of the main package's directory.
package ld

import (
	"bufio"
	"cmd/internal/goobj"
	"cmd/internal/obj"
	"cmd/link/internal/loader"
	"cmd/link/internal/sym"
	"errors"
	"flag"
	"fmt"
	"internal/abi"
	"math"
	"os"
	"path"
	"sort"
	"strings"
)

var (
	flagNoTables = flag.Bool("notables", false, "leave out line tables, inlined calls and the places of arguments")
	flagSymbols  = flag.String("symbols", "", "write line tables and inlined calls to a file in `directory`")
)

// neverPreempted are the prefixes that isAsyncSafePoint in runtime/preempt.go compares the name of the innermost function
// with, inlined or not. The scheduler stops a thread by a signal at any instruction except in these functions.
var neverPreempted = []string{"runtime.", "runtime/internal/", "internal/runtime/", "reflect."}

// unpreempted returns whether the function with this name is never stopped by a signal.
func unpreempted(name string) bool {
	for _, prefix := range neverPreempted {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// tableInlTree returns how many records of inlined calls the function S gets. With -notables these are all of them if a
// function that must not be stopped is inlined into one that can be, because the runtime learns this from the records;
// otherwise none.
func tableInlTree(ldr *loader.Loader, s loader.Sym, fi loader.FuncInfo) uint32 {
	n := fi.NumInlTree()
	if !*flagNoTables {
		return n
	}
	if unpreempted(ldr.SymName(s)) {
		return 0
	}
	for i := 0; i < int(n); i++ {
		if unpreempted(ldr.SymName(fi.InlTree(i).Func)) {
			return n
		}
	}
	return 0
}

// tableStartLine returns the line at which a function begins.
func tableStartLine(fi loader.FuncInfo) int32 {
	if *flagNoTables {
		return 0
	}
	return fi.StartLine()
}

// tableFiles returns the functions whose files are named in the program.
func tableFiles(funcs []loader.Sym) []loader.Sym {
	if *flagNoTables {
		return nil
	}
	return funcs
}

// tablePcdata returns the tables by program counter that a function gets, 0 for those that are left out.
func tablePcdata(ldr *loader.Loader, s loader.Sym, tmp []loader.Sym) (pcsp, pcfile, pcline, pcinline loader.Sym, pcdata []loader.Sym) {
	pcsp, pcfile, pcline, pcinline, pcdata = ldr.PcdataAuxs(s, tmp)
	if *flagNoTables {
		pcfile, pcline = 0, 0
		if len(pcdata) > abi.PCDATA_ArgLiveIndex {
			pcdata = pcdata[:abi.PCDATA_ArgLiveIndex]
		}
		for len(pcdata) > 0 && ldr.SymSize(pcdata[len(pcdata)-1]) == 0 {
			pcdata = pcdata[:len(pcdata)-1]
		}
	}
	return
}

// tableNumPcdata returns how many tables tablePcdata returns in its list.
func tableNumPcdata(ldr *loader.Loader, s loader.Sym) int {
	_, _, _, _, pcdata := tablePcdata(ldr, s, nil)
	return len(pcdata)
}

// tableFuncdata returns the other tables that a function gets, 0 for those that are left out.
func tableFuncdata(ldr *loader.Loader, s loader.Sym, tmp []loader.Sym) []loader.Sym {
	funcdata := ldr.Funcdata(s, tmp)
	if !*flagNoTables {
		return funcdata
	}
	for _, kind := range []int{abi.FUNCDATA_ArgInfo, abi.FUNCDATA_ArgLiveInfo} {
		if kind < len(funcdata) {
			funcdata[kind] = 0
		}
	}
	for len(funcdata) > 0 && funcdata[len(funcdata)-1] == 0 {
		funcdata = funcdata[:len(funcdata)-1]
	}
	return funcdata
}

// tables runs before the tables are made.
func tables(ctxt *Link, funcs []loader.Sym) {
	if *flagSymbols != "" {
		if err := writeSymbols(ctxt, funcs, *flagSymbols); err != nil {
			Exitf("can't write symbols to '%s': %v", *flagSymbols, err)
		}
	}
	if *flagNoTables {
		dropArguments(ctxt.loader, funcs)
	}
}

// dropArguments leaves the places of arguments out of the program's data. Symbols of equal content are one symbol, so those
// that are also the table of something else have to stay.
func dropArguments(ldr *loader.Loader, funcs []loader.Sym) {
	kept := make(map[loader.Sym]bool)
	var all []loader.Sym
	for _, s := range funcs {
		for _, table := range tableFuncdata(ldr, s, nil) {
			kept[table] = true
		}
		all = append(all, ldr.Funcdata(s, nil)...)
	}
	for _, table := range all {
		if table != 0 && !kept[table] {
			ldr.SetAttrReachable(table, false)
		}
	}
}

// symbolWriter writes the file of -symbols. Files and inlined functions are written with a number when they first occur.
type symbolWriter struct {
	*bufio.Writer
	ctxt  *Link
	files map[string]int
	names map[string]int
}

// lineTables are the tables of one function, decoded. Each has the value at offset starts[i] up to the next start.
type lineTables struct {
	cu                 *sym.CompilationUnit
	fi                 loader.FuncInfo
	file, line, inline pcTable
}

type pcTable struct {
	starts []uint32
	values []int32
}

func (w *symbolWriter) decode(s loader.Sym) (t pcTable) {
	if s == 0 {
		return
	}
	it := obj.NewPCIter(uint32(w.ctxt.Arch.MinLC))
	for it.Init(w.ctxt.loader.Data(s)); !it.Done; it.Next() {
		t.starts = append(t.starts, it.PC)
		t.values = append(t.values, it.Value)
	}
	return
}

// at returns the value of a table at an offset, -1 if there is none.
func (t *pcTable) at(off uint32) int32 {
	i := sort.Search(len(t.starts), func(i int) bool { return t.starts[i] > off })
	if i == 0 {
		return -1
	}
	return t.values[i-1]
}

// number returns the number of a text in a map. If it is new, writes a line with it.
func (w *symbolWriter) number(numbers map[string]int, kind, text string) int {
	n, ok := numbers[text]
	if !ok {
		n = len(numbers)
		numbers[text] = n
		fmt.Fprintf(w, "%s %d %s\n", kind, n, text)
	}
	return n
}

// position returns the place in the source of the instruction at an offset, FILE:LINE, and, if it is part of an inlined
// function, of each call around it: "FILE:LINE FUNCTION@FILE:LINE ...", with the numbers of files and functions.
func (w *symbolWriter) position(t *lineTables, off uint32) string {
	text := "?"
	if file, line := t.file.at(off), t.line.at(off); file >= 0 && line >= 0 {
		text = w.place(t, goobj.CUFileIndex(file), line)
	}
	// A call stands in the list after the call into which it is inlined.
	for last, call := int32(math.MaxInt32), t.inline.at(off); call >= 0 && call < last; {
		node := t.fi.InlTree(int(call))
		name := w.number(w.names, "N", w.ctxt.loader.SymName(node.Func))
		text += fmt.Sprintf(" %d@%s", name, w.place(t, node.File, node.Line))
		last, call = call, node.Parent
	}
	return text
}

func (w *symbolWriter) place(t *lineTables, file goobj.CUFileIndex, line int32) string {
	return fmt.Sprintf("%d:%d", w.number(w.files, "S", expandFile(t.cu.FileTable[file])), line)
}

// function writes the lines of one function: its size and name, then for each offset at which the place changes, the place.
func (w *symbolWriter) function(s loader.Sym) {
	ldr := w.ctxt.loader
	fi := ldr.FuncInfo(s)
	cu := ldr.SymUnit(s)
	if !fi.Valid() || cu == nil {
		return
	}
	fi.Preload()
	_, pcfile, pcline, pcinline, _ := ldr.PcdataAuxs(s, nil)
	t := &lineTables{cu: cu, fi: fi, file: w.decode(pcfile), line: w.decode(pcline)}
	if fi.NumInlTree() > 0 {
		t.inline = w.decode(pcinline)
	}
	fmt.Fprintf(w, "F %x %s\n", ldr.SymSize(s), ldr.SymName(s))
	last := ""
	for _, off := range t.changes() {
		if text := w.position(t, off); text != last {
			fmt.Fprintf(w, "%x %s\n", off, text)
			last = text
		}
	}
}

// changes returns the offsets at which one of the tables changes, in ascending order.
func (t *lineTables) changes() (offs []uint32) {
	tables := [][]uint32{t.file.starts, t.line.starts, t.inline.starts}
	for {
		var next uint32
		found := false
		for _, starts := range tables {
			if len(starts) > 0 && (!found || starts[0] < next) {
				next, found = starts[0], true
			}
		}
		if !found {
			return
		}
		for i, starts := range tables {
			if len(starts) > 0 && starts[0] == next {
				tables[i] = starts[1:]
			}
		}
		offs = append(offs, next)
	}
}

// mainDirectory returns the last part of the path of the directory with the function main.
func (w *symbolWriter) mainDirectory() (string, error) {
	ldr := w.ctxt.loader
	s := ldr.Lookup("main.main", abiInternalVer)
	if s == 0 || ldr.SymUnit(s) == nil {
		return "", errors.New("the program has no function main")
	}
	_, pcfile, _, _, _ := ldr.PcdataAuxs(s, nil)
	table := w.decode(pcfile)
	file := table.at(0)
	if file < 0 {
		return "", errors.New("the file with the function main isn't known")
	}
	return path.Base(path.Dir(expandFile(ldr.SymUnit(s).FileTable[file]))), nil
}

func writeSymbols(ctxt *Link, funcs []loader.Sym, dir string) error {
	w := &symbolWriter{nil, ctxt, make(map[string]int), make(map[string]int)}
	name, err := w.mainDirectory()
	if err != nil {
		return err
	}
	file, err := os.Create(path.Join(dir, name))
	if err != nil {
		return err
	}
	w.Writer = bufio.NewWriter(file)
	for _, s := range funcs {
		w.function(s)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}
