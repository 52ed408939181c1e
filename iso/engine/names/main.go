// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Usage: names DIR PACKAGE...
// Finds the names of all methods that the templates of the commands PACKAGE can call, and writes to DIR:
//
//	names         a line for each name: the name, and a type that has a method of this name
//	template.go   the package text/template's function methodByName
//	formatter.go  the same for the methods that the formatter of Docker's command line turns into JSON
//
// Templates look up methods by name while the program runs. The linker then keeps all exported methods of all types, because
// any of them could be meant. This program follows the data of each template through the sources, so that all names are known
// when the program is linked. It fails if there is a value that it can't follow.
package main

import (
	"errors"
	"fmt"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Whose templates are no user's, so that only the names in them are needed. The data of the others is small; these get whole
// commands with their flags, or functions, and from there nearly everything. It is checked that their texts are constants.
var literal = []string{"github.com/spf13/cobra", "github.com/urfave/cli",
	"github.com/docker/docker/libnetwork/internal/resolvconf", "net/rpc"}

// Whose templates are only the package's own messages. Their texts are in a table of functions, which this program can't follow.
var messages = []string{"github.com/xeipuuv/gojsonschema"}

// The methods of reflect's types that look up a method. The linker keeps all methods of a name that is looked up, and with these
// two it has to keep all methods of all types.
var lookups = []string{"Method", "MethodByName"}

// The package whose function MarshalJSON calls all methods of its argument.
const formatter = "github.com/docker/cli/cli/command/formatter"

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: names DIR PACKAGE...")
		os.Exit(1)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "names: %v\n", err)
		os.Exit(1)
	}
}

func run(dir string, commands []string) error {
	prog, err := load(commands)
	if err != nil {
		return err
	}
	ix := newIndex(prog)
	names, err := templateNames(ix)
	if err != nil {
		return err
	}
	fields, err := formatterNames(ix)
	if err != nil {
		return err
	}
	sorted := slices.Sorted(maps.Keys(names))
	var list strings.Builder
	for _, name := range sorted {
		fmt.Fprintf(&list, "%s\t%s\n", name, names[name])
	}
	if err := os.WriteFile(filepath.Join(dir, "names"), []byte(list.String()), 0o644); err != nil {
		return err
	}
	if err := writeSwitch(filepath.Join(dir, "template.go"), "template", sorted); err != nil {
		return err
	}
	return writeSwitch(filepath.Join(dir, "formatter.go"), "formatter", fields)
}

// templateNames gives the names of all methods that templates can call.
func templateNames(ix *index) (map[string]string, error) {
	user, fixed := newClosure(ix), newClosure(ix)
	asked := map[string]bool{}
	var open []string
	for _, s := range sites(ix) {
		if slices.Contains(messages, s.p.ImportPath) {
			continue
		}
		if !slices.Contains(literal, s.p.ImportPath) {
			user.found(s.data, nil, "the data of "+ix.prog.fset.Position(s.expr.Pos()).String())
			continue
		}
		if !s.literal {
			open = append(open, s.text.open...)
			open = append(open, ix.prog.fset.Position(s.expr.Pos()).String()+": a template whose texts aren't all constants")
		}
		fixed.found(s.data, nil, "")
		for _, text := range s.text.texts {
			if err := identifiers(text, asked); err != nil {
				return nil, err
			}
		}
	}
	for fn := range ix.values {
		if executes(ix, fn) > 0 {
			open = append(open, fn.FullName()+" is used as a value, so that it isn't known who calls it")
		}
	}
	functionMaps(user)
	open = append(open, user.open...)
	if len(open) > 0 {
		return nil, errors.New("can't follow all values that get into templates:\n" + strings.Join(open, "\n"))
	}
	for _, name := range lookups {
		if t, ok := user.names[name]; ok {
			return nil, fmt.Errorf("a template can call the method %s of %s, so that the linker could leave out nothing", name, t)
		}
		delete(asked, name) // a field of that name in net/rpc
	}
	for name := range asked {
		if t, ok := fixed.names[name]; ok && user.names[name] == "" {
			user.names[name] = t
		}
	}
	return user.names, nil
}

// formatterNames gives the names of all methods of the types that the formatter turns into JSON.
func formatterNames(ix *index) ([]string, error) {
	p := ix.prog.path[formatter]
	if p == nil {
		return nil, fmt.Errorf("the commands don't use '%s'", formatter)
	}
	fn, ok := p.types.Scope().Lookup("MarshalJSON").(*types.Func)
	if !ok {
		return nil, fmt.Errorf("'%s' has no function MarshalJSON", formatter)
	}
	f := newFlow(ix)
	f.variable(dataOf, fn.Type().(*types.Signature).Params().At(0), fn.Pos())
	if len(f.open) > 0 || len(f.types) == 0 {
		return nil, errors.New("can't follow all values that get into formatter.MarshalJSON:\n" + strings.Join(f.open, "\n"))
	}
	names := map[string]bool{}
	for t := range f.types {
		set := types.NewMethodSet(t)
		for i := 0; i < set.Len(); i++ {
			if obj := set.At(i).Obj(); obj.Exported() {
				names[obj.Name()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}
