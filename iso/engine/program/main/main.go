// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

// The Docker engine's programs in one file, which acts by the name by which it is started.
package main

import (
	_ "a/containerd"
	_ "a/docker"
	"a/personality"
	_ "a/proxy"
	_ "a/shim"
	"fmt"
	"os"

	"github.com/docker/docker/cmd/dockerd"
	"github.com/docker/docker/pkg/reexec"
)

func main() {
	// The daemon starts /proc/self/exe under names of its own, for tasks that need a process.
	if reexec.Init() {
		return
	}
	if personality.Name != "dockerd" {
		fmt.Fprintf(os.Stderr, "the Docker engine has no program %q: it is docker, dockerd, containerd, containerd-shim-runc-v2 or "+
			"docker-proxy, by the name of the file that is started\n", personality.Name)
		os.Exit(127)
	}
	dockerd.Main()
}
