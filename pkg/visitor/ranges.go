package visitor

import (
	"bytes"
	"net/netip"
	"slices"
)

// Ranges is a set of addresses, such as those that clouds publish for their data centres, in which
// one is found by binary search: clouds have thousands of networks. The zero value is empty.
type Ranges struct{ spans []span }

// span is a run of addresses of one family.
type span struct{ first, last place }

// place is an address behind the length of its family's, so that no IPv4 address lies among the IPv6 ones.
type place [17]byte

func placeOf(ip netip.Addr) (p place) {
	p[0] = byte(ip.BitLen())
	whole := ip.As16()
	copy(p[1:], whole[:])
	return p
}

// NewRanges makes a set of networks, which may overlap.
func NewRanges(networks []netip.Prefix) Ranges {
	spans := make([]span, 0, len(networks))
	for _, n := range networks {
		if !n.IsValid() {
			continue
		}
		bits := n.Bits()
		if n.Addr().Is4() {
			bits += 96 // as an IPv6 address with an IPv4 one in it
		}
		first := placeOf(n.Masked().Addr())
		last := first
		for i := bits; i < 128; i++ {
			last[1+i/8] |= 1 << (7 - i%8)
		}
		spans = append(spans, span{first, last})
	}
	slices.SortFunc(spans, func(a, b span) int { return bytes.Compare(a.first[:], b.first[:]) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && bytes.Compare(s.first[:], merged[n-1].last[:]) <= 0 {
			if bytes.Compare(s.last[:], merged[n-1].last[:]) > 0 {
				merged[n-1].last = s.last
			}
			continue
		}
		merged = append(merged, s)
	}
	return Ranges{spans: slices.Clip(merged)}
}

// Contains reports whether the address is in one of the networks.
func (r Ranges) Contains(ip netip.Addr) bool {
	if !ip.IsValid() {
		return false
	}
	at := placeOf(ip.Unmap())
	i, exact := slices.BinarySearchFunc(r.spans, at, func(s span, at place) int { return bytes.Compare(s.first[:], at[:]) })
	return exact || i > 0 && bytes.Compare(at[:], r.spans[i-1].last[:]) <= 0
}
