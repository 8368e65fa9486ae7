package identity

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Row is what the authority keeps of one id. The row of Authority itself keeps the latest version
// that was given out, and nothing else.
type Row struct {
	// Into and Version are where the id was last pointed ("": to itself), and by which version.
	Into    string  `cbor:"1,keyasint,omitempty"`
	Version uint64  `cbor:"2,keyasint,omitempty"`
	Claims  []Claim `cbor:"3,keyasint,omitempty"` // by Other, each once
}

// Claim is what is known of one pair, in the row of one of the two: of two customers in both, else
// in that of the handle that may follow the other. Times are in nanoseconds since 1970.
type Claim struct {
	Other string `cbor:"1,keyasint"`
	UID   string `cbor:"2,keyasint,omitempty"` // the event of the latest statement, for the records
	Pair  `cbor:"3,keyasint"`
}

// Pair is the sum of the statements about two ids, seen from one of them. It is the same in
// whatever order they come, and however often.
type Pair struct {
	_ struct{} `cbor:",toarray"`
	// Joined says whether the two are one person: what the latest statement says, of time Last.
	Joined bool
	// Former and Latter say that a statement that joined them had the one as the former id of the
	// two from whom it is seen, and the other one.
	Former, Latter bool
	First          int64 // the earliest statement that joined them; never: 0
	Last           int64
}

// stamp is a time as rows keep it: never 0, and what is out of range at its end.
func stamp(t time.Time) int64 {
	switch s := t.Unix(); {
	case s <= math.MinInt64/int64(time.Second):
		return math.MinInt64
	case s >= math.MaxInt64/int64(time.Second):
		return math.MaxInt64
	}
	if ns := t.UnixNano(); ns != 0 {
		return ns
	}
	return 1
}

// add takes a statement seen from one of its ids, and reports what it changed: anything but a
// later time of the same word, and that time.
func (p *Pair) add(st *Statement, own string) (news, later bool) {
	at := stamp(st.At)
	if st.Joined {
		if p.First == 0 || at < p.First {
			p.First, news = at, true
		}
		side := &p.Latter
		if st.A == own {
			side = &p.Former
		}
		if !*side {
			*side, news = true, true
		}
	}
	fresh := p.Last == 0
	if later = fresh || at > p.Last || at == p.Last && p.Joined && !st.Joined; later {
		news = news || fresh || p.Joined != st.Joined
		p.Joined, p.Last = st.Joined, at
	}
	return news, later
}

// find returns where the claim about another id is, or would be.
func (r *Row) find(other string) (int, bool) {
	return slices.BinarySearchFunc(r.Claims, other, func(c Claim, id string) int { return cmp.Compare(c.Other, id) })
}

// claim returns what is known of the pair, nothing for a row that does not exist.
func (r *Row) claim(other string) Claim {
	if r != nil {
		if i, ok := r.find(other); ok {
			return r.Claims[i]
		}
	}
	return Claim{Other: other}
}

func (r *Row) put(c Claim) {
	i, ok := r.find(c.Other)
	if !ok {
		r.Claims = slices.Insert(r.Claims, i, c)
	}
	r.Claims[i] = c
}

func (r *Row) remove(other string) bool {
	i, ok := r.find(other)
	if ok {
		r.Claims = slices.Delete(r.Claims, i, i+1)
	}
	return ok
}

// rowVersion is the first byte of a stored row. A new meaning of the bytes takes a new number;
// fields are only ever added, under new keys.
const rowVersion = 1

// Encode writes a row. Equal rows give equal bytes.
func (r *Row) Encode() ([]byte, error) {
	b, err := cbor.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode identity row: %w", err)
	}
	return append([]byte{rowVersion}, b...), nil
}

// DecodeRow reads what Encode wrote.
func DecodeRow(b []byte) (*Row, error) {
	if len(b) == 0 || b[0] != rowVersion {
		return nil, fmt.Errorf("decode identity row: written by another version of Rapport (format %v, this one reads %d)", b[:min(1, len(b))], rowVersion)
	}
	r := new(Row)
	if err := cbor.Unmarshal(b[1:], r); err != nil {
		return nil, fmt.Errorf("decode identity row: %w", err)
	}
	for i := 1; i < len(r.Claims); i++ {
		if r.Claims[i-1].Other >= r.Claims[i].Other {
			return nil, errors.New("decode identity row: its claims are out of order")
		}
	}
	return r, nil
}
