// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0

package pid1

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const resolvConf = "/run/resolv.conf"

// network configures the cards: those that an ip= describes by this address, the others by a container with udhcpc each, in the
// network of the machine.
func network() {
	os.WriteFile(resolvConf, nil, 0o644)
	taken, others := map[string]bool{}, true
	for _, value := range options["ip"] {
		switch method(value) {
		case "off", "none", "static":
			others = false
			continue
		case "on", "any", "dhcp", "both", "bootp":
			continue
		}
		a, err := parseIP(value)
		if err == nil {
			err = a.set()
		}
		if err != nil {
			say("ip=%s: %v. The form is ip=ADDRESS::GATEWAY:NETMASK:HOSTNAME:CARD:METHOD:DNS:DNS", value, err)
			continue
		}
		taken[a.card] = true
	}
	image := builtIn
	switch value := option("d2d.network"); {
	case value == "none":
		others = false
	case strings.HasPrefix(value, "container:"):
		image = value[len("container:"):]
		if image == "" || strings.HasPrefix(image, "-") {
			say("d2d.network=%s: '%s' can't be the name of an image; %s is taken", value, image, builtIn)
			image = builtIn
		}
	case value != "":
		say("d2d.network=%s: expected container:IMAGE or none", value)
	}
	if !others {
		return
	}
	for _, card := range cards() {
		if !taken[card] {
			go keep("network "+card, func() { dhcp(card, image) })
		}
	}
}

// cards returns the names of the machine's Ethernet cards.
func cards() []string {
	var found []string
	within(3*time.Second, func() bool {
		entries, _ := os.ReadDir("/sys/class/net")
		found = nil
		for _, e := range entries {
			dir := "/sys/class/net/" + e.Name()
			if _, err := os.Stat(dir + "/device"); err == nil && read(dir+"/type") == "1" {
				found = append(found, e.Name())
			}
		}
		return len(found) > 0
	})
	return found
}

// dhcp runs udhcpc in a container for a card. It is started again when it ends, at first after a second, later after a minute.
func dhcp(card, image string) {
	name := "d2d-network-" + card
	said := ""
	for wait := time.Second; !stopping.Load(); {
		if !dockerd.isUp() || !builtInReady.Load() || image != builtIn && !imagesReady.Load() {
			pause()
			continue
		}
		client("rm", "-f", name)
		began := time.Now()
		text, status := client("run", "--rm", "--name", name, "--pull", "never", "--stop-timeout", "2", "--network", "host",
			"--cap-add", "NET_ADMIN", "--entrypoint", "", "-v", "/usr/lib/d2d/udhcpc-container.script:/udhcpc.script:ro",
			"-v", resolvConf+":/etc/resolv.conf", image, "udhcpc", "-f", "-i", card, "-s", "/udhcpc.script")
		if stopping.Load() {
			return
		}
		note("%s: status %d: %s", name, status, text)
		// Docker couldn't start it: say so once.
		if status >= 125 && status <= 127 && dockerd.isUp() && text != said {
			lines := strings.Split(text, "\n")
			say("%s has no address: the container of %s with udhcpc can't be started: %s", card, image, lines[0])
			said = text
		}
		if time.Since(began) > longest {
			wait = time.Second
		}
		time.Sleep(wait)
		if wait *= 2; wait > longest {
			wait = longest
		}
	}
}

// An address is what an ip= of the kernel command line says.
type address struct {
	card, host string
	client     netip.Prefix
	gateway    netip.Addr
	dns        []netip.Addr
}

// method returns what an ip= without an address asks for: ip=dhcp, or ip=::::::dhcp.
func method(value string) string {
	field := strings.Split(value, ":")
	switch {
	case value == "":
		return "any"
	case len(field) == 1:
		return value
	case len(field) >= 7 && field[0] == "":
		return field[6]
	}
	return ""
}

// parseIP reads ADDRESS:SERVER:GATEWAY:NETMASK:HOSTNAME:CARD:METHOD:DNS:DNS. The netmask can be the length of a prefix.
func parseIP(value string) (a address, err error) {
	field := strings.Split(value, ":")
	for len(field) < 9 {
		field = append(field, "")
	}
	switch field[6] {
	case "", "off", "none", "static":
	default:
		return a, fmt.Errorf("'%s' is no method for a static address: leave it out, or write off", field[6])
	}
	ip, err := v4(field[0])
	if err != nil {
		return a, err
	}
	bits, err := prefix(field[3])
	if err != nil {
		return a, err
	}
	a.client = netip.PrefixFrom(ip, bits)
	if field[2] != "" {
		if a.gateway, err = v4(field[2]); err != nil {
			return a, err
		}
		if !a.client.Masked().Contains(a.gateway) {
			return a, fmt.Errorf("the gateway %s is outside of the network %s", a.gateway, a.client.Masked())
		}
	}
	for _, text := range field[7:9] {
		if text != "" {
			server, err := v4(text)
			if err != nil {
				return a, err
			}
			a.dns = append(a.dns, server)
		}
	}
	a.host, a.card = field[4], field[5]
	return a, nil
}

func v4(text string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is4() {
		return ip, fmt.Errorf("'%s' isn't an IPv4 address", text)
	}
	return ip, nil
}

// prefix returns the length of the prefix that a netmask stands for.
func prefix(mask string) (int, error) {
	if n, err := strconv.ParseUint(mask, 10, 8); err == nil && n >= 1 && n <= 32 {
		return int(n), nil
	}
	ip, err := v4(mask)
	if err != nil {
		return 0, fmt.Errorf("'%s' isn't a netmask", mask)
	}
	b := ip.As4()
	value := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	for n := 1; n <= 32; n++ {
		if value == ^uint32(0)<<(32-n) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("'%s' isn't a netmask", mask)
}

// set gives the address to its card, or to the first one if it names none.
func (a *address) set() error {
	found := cards()
	if a.card == "" && len(found) > 0 {
		a.card = found[0]
	}
	known := false
	for _, card := range found {
		known = known || card == a.card
	}
	if !known {
		return fmt.Errorf("there is no network card '%s'", a.card)
	}
	if a.host != "" {
		syscall.Sethostname([]byte(a.host))
	}
	ok := tool("ip", "link", "set", a.card, "up") && tool("ip", "addr", "add", a.client.String(), "dev", a.card)
	if ok && a.gateway.IsValid() {
		ok = tool("ip", "route", "add", "default", "via", a.gateway.String(), "dev", a.card)
	}
	if !ok {
		return fmt.Errorf("the card '%s' doesn't take it: %s", a.card, lastLine("init"))
	}
	var lines string
	for _, server := range a.dns {
		lines += "nameserver " + server.String() + "\n"
	}
	if lines != "" {
		os.WriteFile(resolvConf, []byte(lines), 0o644)
	}
	return nil
}
