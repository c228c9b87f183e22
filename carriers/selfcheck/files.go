package selfcheck

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// Flags of a route in /proc/net/route (linux/route.h).
const (
	routeUp      = 0x1
	routeGateway = 0x2
)

// defaultRoute finds the router of the default route with the lowest metric in the text of /proc/net/route; false: there is
// none. Addresses are hex in the host's byte order, which is little-endian on all we are built for.
func defaultRoute(text string) (best netip.Addr, found bool) {
	lowest := 0
	for line := range strings.Lines(text) {
		// Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		flags, errFlags := strconv.ParseUint(f[3], 16, 32)
		metric, errMetric := strconv.Atoi(f[6])
		raw, errRaw := hex.DecodeString(f[2])
		if errFlags != nil || errMetric != nil || errRaw != nil || len(raw) != 4 || flags&routeUp == 0 || flags&routeGateway == 0 {
			continue
		}
		if !found || metric < lowest {
			var ip [4]byte
			binary.LittleEndian.PutUint32(ip[:], binary.BigEndian.Uint32(raw))
			best, found, lowest = netip.AddrFrom4(ip), true, metric
		}
	}
	return best, found
}

// nameServer finds the first name server in the text of a resolv.conf (resolv.conf(5)) that is not this host itself.
func nameServer(text string) (netip.Addr, bool) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] != "nameserver" {
			continue
		}
		if ip, err := netip.ParseAddr(f[1]); err == nil && !ip.IsLoopback() && !ip.IsUnspecified() {
			return ip, true
		}
	}
	return netip.Addr{}, false
}

// knownByARP reports whether the text of /proc/net/arp has a hardware address for ip (flag ATF_COM of net/if_arp.h).
func knownByARP(text string, ip netip.Addr) bool {
	for line := range strings.Lines(text) {
		// IP address, HW type, Flags, HW address, Mask, Device
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != ip.String() {
			continue
		}
		flags, err := strconv.ParseUint(strings.TrimPrefix(f[2], "0x"), 16, 32)
		return err == nil && flags&0x2 != 0
	}
	return false
}
