// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package main

import (
	"fmt"
	"go/token"
	"go/types"
)

// A closure is the types of all values that a template can get at, beginning with its data: through exported fields,
// elements, keys, and the results of methods and functions.
type closure struct {
	ix    *index
	seen  map[any]bool
	names map[string]string // a method's name -> a type that has the method, for the list and for messages
	open  []string          // interfaces of which it isn't known what can be in them
}

func newClosure(ix *index) *closure {
	return &closure{ix: ix, seen: map[any]bool{}, names: map[string]string{}}
}

// key makes types comparable: the same type with arguments is another object each time that it is instantiated.
func key(t types.Type) any {
	if named, ok := t.(*types.Named); ok {
		if named.TypeArgs().Len() > 0 {
			return named.String()
		}
		return named.Obj()
	}
	return t
}

// add adds a type; way says how a template gets to it.
func (c *closure) add(t types.Type, way string) {
	t = types.Unalias(t)
	if c.seen[key(t)] {
		return
	}
	c.seen[key(t)] = true
	if named, ok := t.(*types.Named); ok && !types.IsInterface(named) {
		c.methods(types.NewPointer(named), typeName(named), way)
	} else if _, ok := t.Underlying().(*types.Struct); ok {
		c.methods(types.NewPointer(t), way, way) // methods of embedded types
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		c.add(u.Elem(), way)
	case *types.Slice:
		c.add(u.Elem(), way+"[]")
	case *types.Array:
		c.add(u.Elem(), way+"[]")
	case *types.Chan:
		c.add(u.Elem(), way+"[]")
	case *types.Map:
		c.add(u.Key(), way+"[key]")
		c.add(u.Elem(), way+"[]")
	case *types.Struct:
		c.fields(u, way)
	case *types.Signature:
		c.results(u, way+"()")
	case *types.Interface:
		c.methods(t, way, way)
	}
}

func (c *closure) fields(str *types.Struct, way string) {
	for i := 0; i < str.NumFields(); i++ {
		field := str.Field(i)
		if !field.Exported() && !field.Embedded() {
			continue
		}
		c.value(field.Type(), way+"."+field.Name(), func(f *flow, s subject) { f.variable(s, field.Origin(), field.Pos()) })
	}
}

// methods adds all exported methods. A template can also call methods with results that it can't use; it gets an error then,
// which has to be the same.
func (c *closure) methods(t types.Type, owner, way string) {
	set := types.NewMethodSet(t)
	for i := 0; i < set.Len(); i++ {
		fn, ok := set.At(i).Obj().(*types.Func)
		if !ok || !fn.Exported() {
			continue
		}
		if _, ok := c.names[fn.Name()]; !ok {
			c.names[fn.Name()] = owner
		}
		sig := fn.Type().(*types.Signature)
		for r := 0; r < sig.Results().Len() && r < 1; r++ {
			c.value(sig.Results().At(r).Type(), way+"."+fn.Name(), func(f *flow, s subject) {
				if g := c.ix.decls[fn.Origin()]; g != nil {
					f.results(s, g, 0)
				} else if isInterfaceMethod(fn) {
					f.method(s, fn.Name(), sig, 0)
				} else {
					f.unknown(fn.Pos(), "a result of '%s', whose body isn't looked at", fn.FullName())
				}
			})
		}
	}
}

// results adds what the function 'call' of templates gets from a value of a function type, and what 'range' gets.
func (c *closure) results(sig *types.Signature, way string) {
	if sig.Results().Len() > 0 {
		c.value(sig.Results().At(0).Type(), way, cannot("a result of a function value"))
	}
	if sig.Params().Len() == 1 && sig.Results().Len() == 0 {
		if yield, ok := sig.Params().At(0).Type().Underlying().(*types.Signature); ok {
			for i := 0; i < yield.Params().Len(); i++ {
				c.value(yield.Params().At(i).Type(), way+"[]", cannot("a value of an iterator"))
			}
		}
	}
}

// value adds the type of a field or a result. If it is an empty interface, or a map or a slice of them, the types that can be
// in it are added. Of any other interface, text/template calls the methods that the interface has, whatever is in it.
func (c *closure) value(t types.Type, way string, follow func(*flow, subject)) {
	c.add(t, way)
	elem, containers := t, 0
	for !isAny(elem) {
		u, ok := elem.Underlying().(interface{ Elem() types.Type })
		if !ok {
			return
		}
		if _, ok := u.(*types.Pointer); !ok {
			containers++
		}
		elem = u.Elem()
	}
	f := newFlow(c.ix)
	switch containers {
	case 0:
		follow(f, dataOf)
	case 1:
		follow(f, elemOf)
	default:
		f.unknown(token.NoPos, "elements of elements")
	}
	c.found(f, t, way)
}

func isAny(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 0
}

// cannot is for values that can't be followed.
func cannot(what string) func(*flow, subject) {
	return func(f *flow, _ subject) { f.unknown(token.NoPos, "%s", what) }
}

// found adds the types that a flow has found for an interface.
func (c *closure) found(f *flow, t types.Type, way string) {
	if f.decoded {
		// Numbers are the only type with methods that a decoder of JSON puts into an interface.
		c.add(c.ix.prog.path["encoding/json"].types.Scope().Lookup("Number").Type(), way)
	}
	for _, t := range f.sorted() {
		c.value(t, way, cannot("an element of a value"))
	}
	for _, why := range f.open {
		c.open = append(c.open, fmt.Sprintf("%s (%s): %s", way, types.TypeString(t, nil), why))
	}
}

func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Path() })
}
