package portal

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// address is the visitor's. Each proxy adds to the right of X-Forwarded-For whom it was
// called by, so it is read from there, and only as long as those who wrote are trusted: everything further
// left may be the visitor's invention. The zero address stands for none.
func (s *Service) address(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := at.Addr().Unmap().WithZone("")
	if !s.trusts(ip) {
		return ip
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return ip
		}
		if ip = next.Unmap().WithZone(""); !s.trusts(ip) {
			return ip
		}
	}
	return ip
}

func (s *Service) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(s.o.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// household is the network that one visitor has: an IPv4 address, or the /64 of an IPv6 one.
func household(ip netip.Addr) netip.Prefix {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	if err != nil { // The zero address has none.
		return netip.Prefix{}
	}
	return p
}
