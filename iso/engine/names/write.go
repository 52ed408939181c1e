// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package main

import (
	"fmt"
	"go/format"
	"os"
	"strings"
)

const head = `// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
// Made by iso/engine/names. The linker can leave out methods that nobody calls if it knows all names that are looked up.

package %s

import "reflect"
`

// writeSwitch writes a Go file with the function methodByName, which looks up methods with fixed names.
func writeSwitch(file, name string, names []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, head, name)
	fmt.Fprintf(&b, "\nvar methodNames = []string{\n")
	for _, n := range names {
		fmt.Fprintf(&b, "%q,\n", n)
	}
	fmt.Fprintf(&b, "}\n\n// methodByName is v.MethodByName(name), but for the methods in methodNames only.\n")
	fmt.Fprintf(&b, "func methodByName(v reflect.Value, name string) reflect.Value {\nswitch name {\n")
	for _, n := range names {
		fmt.Fprintf(&b, "case %q:\nreturn v.MethodByName(%q)\n", n, n)
	}
	fmt.Fprintf(&b, "}\nreturn reflect.Value{}\n}\n")
	text, err := format.Source([]byte(b.String()))
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
