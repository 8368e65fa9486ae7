package publicnet

import (
	"context"
	"net/netip"
	"syscall"
)

// Error says that a name leads to an address in no public network.
type Error struct{ Address string }

func (e *Error) Error() string { return e.Address + " is in no public network" }

// Control is for net.Dialer.ControlContext: it refuses addresses of no public network, with an *Error. It sees what a
// name was resolved to for this very connection.
func Control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !Contains(at.Addr()) {
		return &Error{address}
	}
	return nil
}

// Contains reports whether an address is in the public internet: none of the special-purpose
// ones (IANA's IPv4 and IPv6 Special-Purpose Address Registries, RFC 6890), and not an IPv6
// address that stands for one.
func Contains(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() { // neither unspecified, loopback, link-local nor multicast
		return false
	}
	for _, special := range specialPurpose() {
		if special.Contains(a) {
			return false
		}
	}
	if a.Is4() {
		return true
	}
	b := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a): // translated by NAT64 (RFC 6052)
		return Contains(netip.AddrFrom4([4]byte(b[12:16])))
	case netip.MustParsePrefix("2002::/16").Contains(a): // 6to4 (RFC 3056)
		return Contains(netip.AddrFrom4([4]byte(b[2:6])))
	}
	return true
}

// specialPurpose are the networks of the registries that the standard library has no
// question for.
func specialPurpose() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network
		netip.MustParsePrefix("100.64.0.0/10"),   // shared by carriers (RFC 6598), and clouds' own services
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays, deprecated
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, and broadcast
		netip.MustParsePrefix("::/96"),           // compatible with IPv4, deprecated
		netip.MustParsePrefix("64:ff9b:1::/48"),  // translation within a network
		netip.MustParsePrefix("100::/64"),        // discard
		netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo among them
		netip.MustParsePrefix("2001:db8::/32"),   // documentation
		netip.MustParsePrefix("3fff::/20"),       // documentation
		netip.MustParsePrefix("5f00::/16"),       // segment routing
		netip.MustParsePrefix("fec0::/10"),       // site-local, deprecated
	}
}
