// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Package shim runs containerd's shim, of which each container has one, right after the packages that it needs (see a/proxy).
package shim

import (
	"a/personality"

	program "github.com/containerd/containerd/cmd/containerd-shim-runc-v2"
	"github.com/containerd/containerd/plugin"
)

func init() {
	personality.Run("containerd-shim-runc-v2", program.Main)
	// What is registered until now are the shim's plugins, which containerd must not see.
	plugin.Forget()
}
