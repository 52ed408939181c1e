// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// Package docker runs the command line client right after the packages that it needs (see a/proxy).
package docker

import (
	"a/personality"

	program "github.com/docker/cli/cmd/docker"
)

func init() { personality.Run("docker", program.Main) }
