package identity_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/pkg/identity"
)

// BenchmarkSay is what every event of a visitor who is known costs: nothing is sent.
func BenchmarkSay(b *testing.B) {
	for _, tt := range []struct{ pairs, inTurn int }{{1, 1}, {4, 4}, {identity.MaxSaid, 1}, {identity.MaxSaid, 4}, {identity.MaxSaid, identity.MaxSaid}} {
		b.Run(fmt.Sprintf("pairs=%d/inturn=%d", tt.pairs, tt.inTurn), func(b *testing.B) {
			n := &identity.Node{ID: "customer-4711"}
			said := make([]identity.Statement, tt.pairs)
			for i := range said {
				said[i] = identity.Statement{A: fmt.Sprintf("anonymous:0b6e5c1e-0f0f-4f0f-8f0f-%012d", i), B: n.ID, Joined: true, At: noon}
				n.Say(&said[i])
			}
			b.ReportAllocs()
			next := 0
			for b.Loop() {
				st := &said[next]
				if next++; next == tt.inTurn {
					next = 0
				}
				st.At = st.At.Add(time.Second)
				if n.Say(st) {
					b.Fatal("a known pair was said again")
				}
			}
		})
	}
}

// BenchmarkDecide is a statement at the authority, with its rows read and written.
func BenchmarkDecide(b *testing.B) {
	b.Run("handle", func(b *testing.B) {
		a := newAuthority()
		st := identity.Statement{A: "anonymous:a", B: "c1", At: noon}
		benchDecide(b, a, st)
	})
	for _, members := range []int{2, 8, identity.MaxCustomers} {
		b.Run(fmt.Sprintf("customers=%d", members), func(b *testing.B) {
			a := newAuthority()
			st := identity.Statement{B: "c1", Joined: true, At: noon}
			for i := 1; i < members; i++ {
				st.A = fmt.Sprintf("c%d", i+1)
				a.decide(b, st)
			}
			benchDecide(b, a, st)
		})
	}
}

// benchDecide joins a pair, and takes it back, in turn.
func benchDecide(b *testing.B, a *authority, st identity.Statement) {
	b.ReportAllocs()
	for b.Loop() {
		st.At, st.Joined = st.At.Add(time.Second), !st.Joined
		rows := map[string]*identity.Row{}
		var d identity.Decision
		for ask := identity.Concerns(st); ask != nil; ask = d.More {
			for _, id := range ask {
				rows[id] = nil
				if stored, ok := a.rows[id]; ok {
					row, err := identity.DecodeRow(stored)
					if err != nil {
						b.Fatal(err)
					}
					rows[id] = row
				}
			}
			d = identity.Decide(rows, st)
		}
		if d.Pointings == nil {
			b.Fatal("nothing was decided")
		}
		for _, id := range d.Changed {
			if rows[id] == nil {
				delete(a.rows, id)
				continue
			}
			stored, err := rows[id].Encode()
			if err != nil {
				b.Fatal(err)
			}
			a.rows[id] = stored
		}
	}
}
