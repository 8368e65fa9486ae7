package callback

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkRead verifies and maps one callback of each provider, with one event.
func BenchmarkRead(b *testing.B) {
	for _, p := range Providers() {
		s, r := good(p.Name)
		reader, err := p.Open(s.cfg)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(p.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := reader.Read(r, s.now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBatch reads 1,000 events in one request.
func BenchmarkBatch(b *testing.B) {
	for provider, event := range map[string]string{
		"sendgrid": `{"event":"open","email":"a@b.example","sg_event_id":"e%d","sg_message_id":"m.filter1","timestamp":1777890600,"useragent":"Mozilla","ip":"192.0.2.1","rapport_message":"m-1"}`,
		"mailjet":  `{"event":"open","email":"a@b.example","MessageID":%d,"CustomID":"m-1","time":1777890600,"agent":"Mozilla","ip":"192.0.2.1"}`,
	} {
		var all strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&all, ","+event, i)
		}
		s := newSigner(provider)
		p, _ := ByName(provider)
		reader, err := p.Open(s.cfg)
		if err != nil {
			b.Fatal(err)
		}
		r := s.signed("[" + all.String()[1:] + "]")
		b.Run(provider, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(r.Body)))
			for b.Loop() {
				if _, err := reader.Read(r, s.now); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
		})
	}
}
