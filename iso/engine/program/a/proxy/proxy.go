// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Package proxy runs docker-proxy. Go initializes packages in the order of their import paths, each one as soon as all that
// it imports are initialized. So a package whose path begins with "a/" comes right after the packages that its program needs,
// and iso/engine/order keeps all others behind it: what the other programs initialize costs this one neither time nor memory.
package proxy

import (
	"a/personality"

	program "github.com/docker/docker/cmd/docker-proxy"
)

func init() { personality.Run("docker-proxy", program.Main) }
