// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// What is followed back to where it comes from.
type subject int

const (
	dataOf subject = iota // a value in an interface, to the types that it can have
	elemOf                // a map or a slice of interfaces, to the types that the values in it can have
	textOf                // the text of a template, to the constants that it can be
	treeOf                // a *template.Template, to the texts that it is parsed from
)

// A flow follows values back through calls, variables and fields of the whole program. A function that is called through
// an interface or a variable can be any with this name and type.
type flow struct {
	ix      *index
	seen    map[any]bool
	types   map[types.Type]bool // what can be in the interface
	decoded bool                // whether a decoder of JSON or the like can have filled it
	texts   []string            // the constants
	open    []string            // what can't be followed, and where it is
}

func newFlow(ix *index) *flow {
	return &flow{ix: ix, seen: map[any]bool{}, types: map[types.Type]bool{}}
}

// sorted gives the types in an order that is always the same.
func (f *flow) sorted() []types.Type {
	list := slices.Collect(maps.Keys(f.types))
	slices.SortFunc(list, func(a, b types.Type) int { return strings.Compare(typeName(a), typeName(b)) })
	return list
}

func (f *flow) unknown(pos token.Pos, format string, args ...any) {
	f.open = append(f.open, fmt.Sprintf("%s: ", f.ix.prog.fset.Position(pos))+fmt.Sprintf(format, args...))
}

func (f *flow) visited(s subject, key any) bool {
	k := struct {
		s   subject
		key any
	}{s, key}
	old := f.seen[k]
	f.seen[k] = true
	return old
}

// source follows what is assigned.
func (f *flow) source(s subject, src source) {
	switch {
	case src.whole:
		f.expr(s, src.p, src.expr, src.result)
	case s == dataOf:
		f.expr(elemOf, src.p, src.expr, 0)
	default:
		f.unknown(src.expr.Pos(), "a part of a value")
	}
}

// expr follows an expression, or one result of it if it is a call with several.
func (f *flow) expr(s subject, p *pkg, e ast.Expr, result int) {
	e = ast.Unparen(e)
	tv := p.info.Types[e]
	t := tv.Type
	if tuple, ok := t.(*types.Tuple); ok {
		if _, isCall := e.(*ast.CallExpr); !isCall && result > 0 {
			return
		}
		t = tuple.At(result).Type()
	}
	switch {
	case tv.IsNil():
		return
	case s == dataOf && t != nil && !types.IsInterface(t):
		f.types[t] = true
		return
	case s == textOf && tv.Value != nil:
		// A character that becomes a text has no field names in it.
		if tv.Value.Kind() == constant.String {
			f.texts = append(f.texts, constant.StringVal(tv.Value))
		}
		return
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if v := f.ix.variable(p, e); v != nil {
			f.variable(s, v, e.Pos())
			return
		}
	case *ast.TypeAssertExpr:
		f.expr(s, p, e.X, 0)
		return
	case *ast.IndexExpr:
		if s == dataOf {
			f.expr(elemOf, p, e.X, 0)
			return
		}
	case *ast.CompositeLit:
		if s == elemOf {
			for _, element := range e.Elts {
				if kv, ok := element.(*ast.KeyValueExpr); ok {
					element = kv.Value
				}
				f.expr(dataOf, p, element, 0)
			}
			return
		}
	case *ast.StarExpr:
		if s == treeOf {
			f.expr(s, p, e.X, 0)
			return
		}
	case *ast.UnaryExpr:
		if lit, ok := e.X.(*ast.CompositeLit); ok && s == treeOf && len(lit.Elts) == 0 {
			return
		}
	case *ast.CallExpr:
		f.call(s, p, e, result)
		return
	}
	f.unknown(e.Pos(), "an expression that can't be followed (%T)", e)
}

func (f *flow) variable(s subject, v *types.Var, pos token.Pos) {
	if f.visited(s, v) {
		return
	}
	if f.ix.decoded[v] {
		f.decoded = true
	}
	if owner, ok := f.ix.owner[v]; ok {
		f.param(s, owner, pos)
	}
	for _, src := range f.ix.assigned[v] {
		f.source(s, src)
	}
	if s == elemOf {
		f.decoded = f.decoded || v.IsField() // as a part of a struct
		for _, src := range f.ix.elements[v] {
			f.source(dataOf, src)
		}
	}
	if s != treeOf {
		return
	}
	// v.Parse(text) changes the template in place.
	for fn, calls := range f.ix.calls {
		if fn.Name() != "Parse" || fn.Pkg() == nil || !isTemplatePackage(fn.Pkg().Path()) {
			continue
		}
		for _, c := range calls {
			if sel, ok := ast.Unparen(c.expr.Fun).(*ast.SelectorExpr); ok && f.ix.variable(c.p, sel.X) == v {
				f.expr(textOf, c.p, c.expr.Args[0], 0)
			}
		}
	}
}

// param follows a parameter to the arguments of all calls.
func (f *flow) param(s subject, to param, pos token.Pos) {
	fn, isValue := to.fn, true
	if fn.sig.Variadic() && to.i == fn.sig.Params().Len()-1 {
		f.unknown(pos, "a variadic parameter")
		return
	}
	if fn.obj != nil {
		f.arguments(s, to.i, f.ix.calls[fn.obj])
		isValue = f.ix.values[fn.obj]
		if fn.sig.Recv() != nil {
			for called, calls := range f.ix.calls {
				if called != fn.obj && called.Name() == fn.obj.Name() && isInterfaceMethod(called) && types.Identical(called.Type(), fn.sig) {
					f.arguments(s, to.i, calls)
				}
			}
		}
	}
	if isValue {
		for _, c := range f.ix.dynamic {
			if sig, ok := c.p.info.Types[c.expr.Fun].Type.Underlying().(*types.Signature); ok && types.Identical(sig, fn.sig) {
				f.arguments(s, to.i, []call{c})
			}
		}
	}
}

func (f *flow) arguments(s subject, i int, calls []call) {
	for _, c := range calls {
		// In f(g()), the results of g are the arguments.
		if len(c.expr.Args) == 1 {
			if tuple, ok := c.p.info.Types[c.expr.Args[0]].Type.(*types.Tuple); ok && tuple.Len() > 1 {
				f.expr(s, c.p, c.expr.Args[0], i)
				continue
			}
		}
		if i < len(c.expr.Args) {
			f.expr(s, c.p, c.expr.Args[i], 0)
		}
	}
}

// call follows a result of a call.
func (f *flow) call(s subject, p *pkg, n *ast.CallExpr, result int) {
	if p.info.Types[n.Fun].IsType() {
		f.expr(s, p, n.Args[0], 0)
		return
	}
	if p.info.Types[n.Fun].IsBuiltin() {
		f.builtin(s, p, n)
		return
	}
	fn, _ := callee(p, n)
	if s == treeOf && fn != nil && fn.Pkg() != nil && isTemplatePackage(fn.Pkg().Path()) {
		switch fn.Name() {
		case "Must":
			f.expr(s, p, n.Args[0], 0)
		case "Parse":
			f.expr(textOf, p, n.Args[0], 0)
			f.expr(s, p, ast.Unparen(n.Fun).(*ast.SelectorExpr).X, 0)
		case "Funcs", "Option", "Delims", "Clone", "Lookup":
			f.expr(s, p, ast.Unparen(n.Fun).(*ast.SelectorExpr).X, 0)
		case "New":
		default:
			f.unknown(n.Pos(), "a template from '%s'", fn.Name())
		}
		return
	}
	switch {
	case fn == nil:
		sig, ok := p.info.Types[n.Fun].Type.Underlying().(*types.Signature)
		if !ok {
			f.unknown(n.Pos(), "a call that can't be followed")
			return
		}
		for _, g := range f.ix.functions {
			if (g.obj == nil || f.ix.values[g.obj]) && types.Identical(g.sig, sig) {
				f.results(s, g, result)
			}
		}
	case isInterfaceMethod(fn):
		f.method(s, fn.Name(), fn.Type().(*types.Signature), result)
	case f.ix.decls[fn] != nil && f.ix.decls[fn].body != nil:
		f.results(s, f.ix.decls[fn], result)
	default:
		f.unknown(n.Pos(), "a result of '%s', whose body isn't looked at", fn.FullName())
	}
}

// builtin follows what a builtin function returns.
func (f *flow) builtin(s subject, p *pkg, n *ast.CallExpr) {
	switch name := ast.Unparen(n.Fun).(*ast.Ident).Name; {
	case name == "make" || name == "new":
	case name == "append" && s == elemOf:
		f.expr(s, p, n.Args[0], 0)
		for _, arg := range n.Args[1:] {
			if n.Ellipsis.IsValid() {
				f.expr(elemOf, p, arg, 0)
			} else {
				f.expr(dataOf, p, arg, 0)
			}
		}
	default:
		f.unknown(n.Pos(), "a result of '%s'", name)
	}
}

// method follows a result of all methods with this name and type.
func (f *flow) method(s subject, name string, sig *types.Signature, result int) {
	for _, g := range f.ix.methods[name] {
		if types.Identical(g.sig, sig) {
			f.results(s, g, result)
		}
	}
}

// results follows the values that a function returns.
func (f *flow) results(s subject, fn *function, result int) {
	key := struct {
		body   *ast.BlockStmt
		result int
	}{fn.body, result}
	if f.visited(s, key) {
		return
	}
	if fn.body == nil {
		return
	}
	ast.Inspect(fn.body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			switch {
			case len(n.Results) == 0:
				f.variable(s, fn.sig.Results().At(result), n.Pos())
			case len(n.Results) == 1 && fn.sig.Results().Len() > 1:
				f.expr(s, fn.p, n.Results[0], result)
			default:
				f.expr(s, fn.p, n.Results[result], 0)
			}
		}
		return true
	})
}

func isInterfaceMethod(fn *types.Func) bool {
	recv := fn.Type().(*types.Signature).Recv()
	return recv != nil && types.IsInterface(recv.Type())
}

func isTemplatePackage(path string) bool {
	return path == templatePackages[0] || path == templatePackages[1]
}
