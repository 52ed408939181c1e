// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// A pkg is one package of the program: its files and its types.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	ImportMap  map[string]string
	Standard   bool

	files  []*ast.File
	types  *types.Package
	info   *types.Info
	bodies bool // whether it can reach the template packages, so that the bodies of its functions are looked at
}

// A program is all packages that the commands consist of, each after those that it imports.
type program struct {
	fset *token.FileSet
	pkgs []*pkg
	path map[string]*pkg
}

var templatePackages = []string{"text/template", "html/template"}

// load lists the packages with the go command, which knows the build tags and the GOPATH from the environment, and type-checks them.
func load(commands []string) (*program, error) {
	args := append([]string{"list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,ImportMap,Standard"}, commands...)
	cmd := exec.Command("go", args...)
	cmd.Stderr = os.Stderr
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	prog := &program{fset: token.NewFileSet(), path: map[string]*pkg{}}
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		p := &pkg{}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for _, path := range p.Imports {
			if q := prog.path[path]; q != nil && q.bodies {
				p.bodies = true
			}
		}
		for _, path := range templatePackages {
			p.bodies = p.bodies || p.ImportPath == path
		}
		prog.pkgs = append(prog.pkgs, p)
		prog.path[p.ImportPath] = p
	}
	for _, path := range templatePackages[:1] {
		if prog.path[path] == nil {
			return nil, fmt.Errorf("%v don't import %s", commands, path)
		}
	}
	if err := prog.parse(); err != nil {
		return nil, err
	}
	for _, p := range prog.pkgs {
		if err := prog.check(p); err != nil {
			return nil, err
		}
	}
	return prog, nil
}

// parse reads the files of all packages, several at once.
func (prog *program) parse() error {
	var (
		wait  sync.WaitGroup
		once  sync.Once
		first error
	)
	places := make(chan struct{}, 4)
	for _, p := range prog.pkgs {
		p.files = make([]*ast.File, len(p.GoFiles))
		wait.Add(1)
		go func() {
			defer wait.Done()
			places <- struct{}{}
			defer func() { <-places }()
			for i, name := range p.GoFiles {
				file, err := parser.ParseFile(prog.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
				if err != nil {
					once.Do(func() { first = err })
					return
				}
				p.files[i] = file
			}
		}()
	}
	wait.Wait()
	return first
}

// check finds the types of a package. The bodies of functions matter only where a value can get into a template.
func (prog *program) check(p *pkg) error {
	if p.ImportPath == "unsafe" {
		p.types = types.Unsafe
		return nil
	}
	p.info = &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Implicits:  map[ast.Node]types.Object{},
	}
	conf := types.Config{
		Importer:         importer{prog, p},
		IgnoreFuncBodies: !p.bodies,
		Sizes:            types.SizesFor("gc", "amd64"),
		FakeImportC:      true,
	}
	var err error
	if p.types, err = conf.Check(p.ImportPath, prog.fset, p.files, p.info); err != nil {
		return fmt.Errorf("package %s: %w", p.ImportPath, err)
	}
	return nil
}

// An importer gives the type checker the packages that a package imports.
type importer struct {
	prog *program
	p    *pkg
}

func (i importer) Import(path string) (*types.Package, error) {
	if real, ok := i.p.ImportMap[path]; ok {
		path = real
	}
	if q := i.prog.path[path]; q != nil && q.types != nil {
		return q.types, nil
	}
	return nil, fmt.Errorf("'%s' is not among the packages that the go command lists", path)
}
