// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Package containerd runs containerd right after the packages that it needs (see a/proxy).
package containerd

import (
	"a/personality"

	program "github.com/containerd/containerd/cmd/containerd"
)

func init() { personality.Run("containerd", program.Main) }
