# shellcheck shell=dash
# SPDX-License-Identifier: GPL-2.0-only
# For tests of d2dnet with real servers, dnsmasq and radvd, in a network namespace: two cards c0 and c1 of the client are connected
# with s0 and s1 of the server. Nothing of the machine that runs the tests is changed.

skip() {
	echo "SKIPPED: d2dnet with servers: $1"
	exit 0
}

# ---- the namespaces: this script runs itself again in its own ones ----
if [ -z "${D2DNET_INSIDE-}" ]; then
	[ "$(id -u)" = 0 ] || skip "needs root"
	for program in /usr/sbin/dnsmasq /usr/sbin/radvd /usr/sbin/ip; do
		[ -x "$program" ] || skip "no $program: run 'make deps'"
	done
	/usr/bin/unshare -m -n -u true 2>/dev/null || skip "no namespaces here"
	D2DNET_INSIDE=y
	export D2DNET_INSIDE
	exec /usr/bin/unshare -m -n -u -p -f --kill-child --mount-proc sh "$0" "$@"
fi
mount -t tmpfs tmpfs /run && mount -t sysfs sysfs /sys && mkdir /run/test || skip "can't mount in this namespace"
top=/run/test
export top
for dir in /etc /usr/lib; do
	mkdir -p "$top/up$dir" "$top/work$dir"
	mount -t overlay -o "lowerdir=$dir,upperdir=$top/up$dir,workdir=$top/work$dir" overlay "$dir" || skip "no overlayfs here"
done
mkdir -p /usr/lib/d2d /run/d2d
cp "$SRC"/boot-scripts/udhcpc*.script /usr/lib/d2d/
# The scripts have the PATH of the image.
links=$(dirname "$(command -v d2dnet)")
sed -i "s|^PATH=.*|PATH=$links:/usr/bin:/usr/sbin:/bin:/sbin|" /usr/lib/d2d/udhcpc*.script

iproute=/usr/sbin/ip
server() { $iproute netns exec server "$@"; }
$iproute link set lo up
$iproute netns add server || skip "no network namespaces here"
server $iproute link set lo up

# ---- the server ----
# cable N: connects cN with sN, whose addresses are 10.N.0.1/16 and fdN::1/64.
cable() {
	$iproute link add "c$1" type veth peer name "s$1" netns server || skip "no veth here"
	server $iproute link set "s$1" up
	server $iproute addr add "10.$1.0.1/16" dev "s$1"
	server $iproute addr add "fd0$1::1/64" dev "s$1" nodad
}
# dns OPTION...: (re)starts dnsmasq.
dns() {
	end dnsmasq
	rm -f "$top/leases"
	server dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --port=0 --no-ping --dhcp-authoritative \
		--dhcp-leasefile="$top/leases" --pid-file="$top/dnsmasq.pid" --log-dhcp --log-facility=- "$@" >"$top/dnsmasq.log" 2>&1 &
	wait_for '[ -s "$top/dnsmasq.pid" ]' || cat "$top/dnsmasq.log"
}
# routers TEXT: (re)starts radvd, whose interface s0 has the given options.
routers() {
	end radvd
	server sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	printf 'interface s0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; MinDelayBetweenRAs 3; %s };\n' "$1" >"$top/radvd.conf"
	server radvd -n -C "$top/radvd.conf" -p "$top/radvd.pid" -m stderr >"$top/radvd.log" 2>&1 &
	wait_for '[ -s "$top/radvd.pid" ]' || cat "$top/radvd.log"
}
# end NAME: ends a server, and waits for that: it removes its PID file itself, which must not be the next one's.
end() {
	local pid n=0
	pid=$(cat "$top/$1.pid" 2>/dev/null)
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	until ended "$pid" || [ $((n += 1)) -gt 50 ]; do sleep 0.1; done
	kill -KILL "$pid" 2>/dev/null
	rm -f "$top/$1.pid"
}

# ---- the client ----
# fresh: a machine with the cards c0 and c1, and no server.
fresh() {
	end dnsmasq
	end radvd
	end watch
	for service in /run/d2d/service/udhcpc*; do
		[ ! -e "$service" ] || d2dstart -k -t 2 "${service##*/}" 2>/dev/null
	done
	$iproute link del c0 2>/dev/null
	$iproute link del c1 2>/dev/null
	rm -rf /run/net /run/resolv.conf /run/d2d/log /run/d2d/hostname /run/d2d/network /run/d2d/cmdline
	hostname plain
	printf '127.0.0.1\tlocalhost\n' >/etc/hosts
	cable 0
	cable 1
}
# client [INTERFACE]...: starts the daemon.
client() {
	d2dnet watch "$@" >"$top/watch.log" 2>&1 &
	echo $! >"$top/watch.pid"
}
# wait_for COMMAND: waits until it succeeds, or at most 20 s.
wait_for() {
	local n=0
	until eval "$1" >/dev/null 2>&1; do
		[ $((n += 1)) -lt 200 ] || { echo "never: $1"; return 1; }
		sleep 0.1
	done
}
# A zombie that was not reaped yet counts as ended.
ended() { ! grep -qs '^State.*[RSD] (' "/proc/$1/status"; }
lease() { wait_for "test -s /run/net/${1:-c0}/dhcp"; }
address() { $iproute -o "$1" addr show dev "${2:-c0}" scope global | awk '{ print $4 }'; }
routes() { $iproute "$1" route show dev "${2:-c0}" | sed 's/ proto [a-z]*//; s/ metric [0-9]*//; s/ scope link//; s/ src [0-9.]*//; s/ expires [0-9]*sec//; s/ hoplimit [0-9]*//; s/ pref [a-z]*//; s/ *$//' | grep -v '^fe80::'; }
resolv() { cat /run/resolv.conf; }
range="--dhcp-range=10.0.2.0,static,255.255.0.0,1h --dhcp-range=10.1.2.0,static,255.255.0.0,1h"
host() { printf -- '--dhcp-host=%s,%s' "$(cat "/sys/class/net/$1/address")" "$2"; }
