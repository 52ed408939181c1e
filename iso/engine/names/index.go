// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package main

import (
	"go/ast"
	"go/types"
)

// A function is a declared function or method, or a function literal (without obj).
type function struct {
	p    *pkg
	obj  *types.Func
	sig  *types.Signature
	body *ast.BlockStmt
}

// A source is an expression whose value a variable gets. result is the number of the result if the expression is a call
// with several; whole is false if the variable gets a part of the value, such as an element in a loop.
type source struct {
	p      *pkg
	expr   ast.Expr
	result int
	whole  bool
}

type call struct {
	p    *pkg
	expr *ast.CallExpr
}

type param struct {
	fn *function
	i  int
}

// An index says where values come from: who calls a function, and what is assigned to a variable or a field.
type index struct {
	prog      *program
	owner     map[*types.Var]param
	decls     map[*types.Func]*function
	methods   map[string][]*function  // methods with a body, by name
	functions []*function             // all of them
	calls     map[*types.Func][]call  // calls of a function or method, and of a method of an interface
	dynamic   []call                  // calls of a value of a function type
	values    map[*types.Func]bool    // functions that are used as values, so that dynamic calls can mean them
	assigned  map[*types.Var][]source // variables, fields, named results
	elements  map[*types.Var][]source // what is assigned to elements of maps and slices in them
	decoded   map[*types.Var]bool     // variables whose address is taken, so that a decoder may fill them
}

func newIndex(prog *program) *index {
	ix := &index{
		prog: prog, owner: map[*types.Var]param{}, decls: map[*types.Func]*function{}, methods: map[string][]*function{},
		calls: map[*types.Func][]call{}, values: map[*types.Func]bool{}, assigned: map[*types.Var][]source{},
		elements: map[*types.Var][]source{},
		decoded:  map[*types.Var]bool{},
	}
	for _, p := range prog.pkgs {
		if !p.bodies {
			continue
		}
		for _, file := range p.files {
			ix.file(p, file)
		}
	}
	return ix
}

func (ix *index) file(p *pkg, file *ast.File) {
	called := map[ast.Expr]bool{} // the function of a call, which isn't a use as a value
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if obj, ok := p.info.Defs[n.Name].(*types.Func); ok {
				ix.function(&function{p, obj, obj.Type().(*types.Signature), n.Body})
			}
		case *ast.FuncLit:
			ix.function(&function{p, nil, p.info.Types[n].Type.(*types.Signature), n.Body})
		case *ast.CallExpr:
			ix.call(p, n, called)
		case *ast.Ident:
			if fn, ok := p.info.Uses[n].(*types.Func); ok && !called[n] {
				ix.values[fn.Origin()] = true
			}
		case *ast.AssignStmt:
			ix.assign(p, n.Lhs, n.Rhs)
		case *ast.ValueSpec:
			lhs := make([]ast.Expr, len(n.Names))
			for i, name := range n.Names {
				lhs[i] = name
			}
			ix.assign(p, lhs, n.Values)
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if v := ix.variable(p, e); v != nil {
					ix.assigned[v] = append(ix.assigned[v], source{p, n.X, 0, false})
				}
			}
		case *ast.TypeSwitchStmt:
			ix.typeSwitch(p, n)
		case *ast.CompositeLit:
			ix.composite(p, n)
		case *ast.UnaryExpr:
			if v := ix.variable(p, n.X); v != nil && n.Op.String() == "&" {
				ix.decoded[v] = true
			}
		}
		return true
	})
}

func (ix *index) function(fn *function) {
	ix.functions = append(ix.functions, fn)
	for i := 0; i < fn.sig.Params().Len(); i++ {
		ix.owner[fn.sig.Params().At(i)] = param{fn, i}
	}
	if fn.obj != nil {
		ix.decls[fn.obj] = fn
		if fn.sig.Recv() != nil {
			ix.methods[fn.obj.Name()] = append(ix.methods[fn.obj.Name()], fn)
		}
	}
}

// call notes who is called. The identifier of the function is visited after its call.
func (ix *index) call(p *pkg, n *ast.CallExpr, called map[ast.Expr]bool) {
	if p.info.Types[n.Fun].IsType() || p.info.Types[n.Fun].IsBuiltin() {
		return
	}
	if fn, name := callee(p, n); fn != nil {
		called[name] = true
		ix.calls[fn] = append(ix.calls[fn], call{p, n})
	} else {
		ix.dynamic = append(ix.dynamic, call{p, n})
	}
}

// callee gives the function or method that a call names, and the identifier that names it; nil for a value.
func callee(p *pkg, n *ast.CallExpr) (*types.Func, *ast.Ident) {
	fun := ast.Unparen(n.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	}
	var name *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		name = f
	case *ast.SelectorExpr:
		if s := p.info.Selections[f]; s != nil && s.Kind() == types.MethodExpr {
			return nil, nil
		}
		name = f.Sel
	default:
		return nil, nil
	}
	if fn, ok := p.info.Uses[name].(*types.Func); ok {
		return fn.Origin(), name
	}
	return nil, nil
}

func (ix *index) assign(p *pkg, lhs, rhs []ast.Expr) {
	for i, e := range lhs {
		to := ix.assigned
		if element, ok := ast.Unparen(e).(*ast.IndexExpr); ok {
			e, to = element.X, ix.elements
		}
		v := ix.variable(p, e)
		switch {
		case v == nil:
		case len(lhs) == len(rhs):
			to[v] = append(to[v], source{p, rhs[i], 0, true})
		case len(rhs) == 1:
			to[v] = append(to[v], source{p, rhs[0], i, true})
		}
	}
}

// typeSwitch: in 'switch v := x.(type)', each case has its own v.
func (ix *index) typeSwitch(p *pkg, n *ast.TypeSwitchStmt) {
	assign, ok := n.Assign.(*ast.AssignStmt)
	if !ok {
		return
	}
	for _, clause := range n.Body.List {
		if v, ok := p.info.Implicits[clause].(*types.Var); ok {
			ix.assigned[v] = append(ix.assigned[v], source{p, assign.Rhs[0].(*ast.TypeAssertExpr).X, 0, true})
		}
	}
}

func (ix *index) composite(p *pkg, n *ast.CompositeLit) {
	t := p.info.Types[n].Type.Underlying()
	if ptr, ok := t.(*types.Pointer); ok {
		t = ptr.Elem().Underlying()
	}
	str, ok := t.(*types.Struct)
	if !ok {
		return
	}
	for i, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); !ok {
			v := str.Field(i).Origin()
			ix.assigned[v] = append(ix.assigned[v], source{p, e, 0, true})
		} else if v, ok := p.info.Uses[kv.Key.(*ast.Ident)].(*types.Var); ok {
			ix.assigned[v.Origin()] = append(ix.assigned[v.Origin()], source{p, kv.Value, 0, true})
		}
	}
}

// variable gives the variable or field that an expression names; nil for anything else.
func (ix *index) variable(p *pkg, e ast.Expr) *types.Var {
	var name *ast.Ident
	switch e := e.(type) {
	case *ast.Ident:
		name = e
	case *ast.SelectorExpr:
		name = e.Sel
	case *ast.ParenExpr:
		return ix.variable(p, e.X)
	default:
		return nil
	}
	obj := p.info.Defs[name]
	if obj == nil {
		obj = p.info.Uses[name]
	}
	if v, ok := obj.(*types.Var); ok {
		return v.Origin()
	}
	return nil
}
