// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"text/template/parse"
)

// A site is a call of Execute.
type site struct {
	call
	data    *flow
	text    *flow
	literal bool // all texts of the template are constants of the program: no user can ask for more than they do
}

// sites finds all calls that execute a template, except for those of the template packages themselves.
func sites(ix *index) []*site {
	var found []*site
	for fn, calls := range ix.calls {
		arg := executes(ix, fn)
		if arg == 0 {
			continue
		}
		for _, c := range calls {
			if isTemplatePackage(c.p.ImportPath) {
				continue
			}
			s := &site{call: c, data: newFlow(ix), text: newFlow(ix)}
			s.data.expr(dataOf, c.p, c.expr.Args[arg], 0)
			if sel, ok := ast.Unparen(c.expr.Fun).(*ast.SelectorExpr); ok {
				s.text.expr(treeOf, c.p, sel.X, 0)
			} else {
				s.text.unknown(c.expr.Pos(), "the template")
			}
			s.literal = len(s.text.open) == 0 && len(s.text.texts) > 0 && !s.text.decoded
			found = append(found, s)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].expr.Pos() < found[j].expr.Pos() })
	return found
}

// executes tells whether fn executes a template, or can be a method of an interface that does; it gives the number of the
// argument that is the data, or 0.
func executes(ix *index, fn *types.Func) int {
	for name, arg := range map[string]int{"Execute": 1, "ExecuteTemplate": 2} {
		if fn.Name() != name {
			continue
		}
		for _, path := range templatePackages {
			if p := ix.prog.path[path]; p != nil {
				obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(p.types.Scope().Lookup("Template").Type()), false, nil, name)
				if obj == fn || isInterfaceMethod(fn) && types.Identical(obj.Type(), fn.Type()) {
					return arg
				}
			}
		}
	}
	return 0
}

// functionMaps adds the results of the functions that templates can call.
func functionMaps(c *closure) {
	for _, p := range c.ix.prog.pkgs {
		if !p.bodies || isTemplatePackage(p.ImportPath) {
			continue
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.CompositeLit)
				if !ok {
					return true
				}
				named, ok := types.Unalias(p.info.Types[lit].Type).(*types.Named)
				if !ok || named.Obj().Name() != "FuncMap" || !isTemplatePackage(named.Obj().Pkg().Path()) {
					return true
				}
				for _, e := range lit.Elts {
					kv := e.(*ast.KeyValueExpr)
					if sig, ok := p.info.Types[kv.Value].Type.Underlying().(*types.Signature); ok {
						c.results(sig, "function "+p.info.Types[kv.Key].Value.ExactString())
					} else {
						c.open = append(c.open, c.ix.prog.fset.Position(kv.Pos()).String()+": a function of templates that isn't one")
					}
				}
				return true
			})
		}
	}
}

// identifiers parses the text of a template and adds the names that it asks for.
func identifiers(text string, found map[string]bool) error {
	tree := parse.New("literal")
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return fmt.Errorf("a template that can't be parsed: %w", err)
	}
	for _, t := range trees {
		walk(t.Root, found)
	}
	return nil
}

func walk(n parse.Node, found map[string]bool) {
	add := func(names []string) {
		for _, name := range names {
			if token.IsExported(name) {
				found[name] = true
			}
		}
	}
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, found)
		walk(b.List, found)
		if b.ElseList != nil {
			walk(b.ElseList, found)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		for _, child := range n.Nodes {
			walk(child, found)
		}
	case *parse.ActionNode:
		walk(n.Pipe, found)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, cmd := range n.Cmds {
			walk(cmd, found)
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			walk(arg, found)
		}
	case *parse.FieldNode:
		add(n.Ident)
	case *parse.VariableNode:
		add(n.Ident)
	case *parse.ChainNode:
		walk(n.Node, found)
		add(n.Field)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.TemplateNode:
		walk(n.Pipe, found)
	}
}
