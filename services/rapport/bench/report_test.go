package bench

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		figure Figure
		line   string
	}{
		"a ratio that is enough":      {figure("f", 60, "x/s").against("c", 100).ratioAtLeast(0.6), "60 x/s|100 x/s c|60 %|>= 60 %|yes"},
		"one that is not":             {figure("f", 59, "x/s").against("c", 100).ratioAtLeast(0.6), "59 x/s|100 x/s c|59 %|>= 60 %|NO"},
		"a ceiling that was not one":  {figure("f", 59, "x/s").against("c", 0).ratioAtLeast(0.6), "59 x/s|-|-|>= 60 %|NO"},
		"a value that is low enough":  {figure("f", 9.96, "ms").atMost(10), "9.96 ms|-|-|<= 10|yes"},
		"one that is too high":        {figure("f", 10.04, "ms").atMost(10), "10.0 ms|-|-|<= 10|NO"},
		"nothing is no small figure":  {figure("f", 0, "ms").atMost(10), "0 ms|-|-|<= 10|NO"},
		"a figure that nobody judges": {figure("f", 12345.6, "x"), "12346 x|-|-|-|-"},
	} {
		r := Report{Rows: []Row{{Name: "row", Figures: []Figure{c.figure}}}}
		var b bytes.Buffer
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		var cells []string
		for _, cell := range strings.Split(lines[4], "  ") {
			if cell = strings.TrimSpace(cell); cell != "" {
				cells = append(cells, cell)
			}
		}
		if got := strings.Join(cells[2:], "|"); got != c.line {
			t.Errorf("%s: %s, want %s", name, got, c.line)
		}
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0.5: 50, 0.99: 99, 1: 100, 0.001: 1} {
		if got := quantile(hundred, q); got != want {
			t.Errorf("the %v quantile of 1 to 100 is %d, want %d", q, got, want)
		}
	}
	if median([]float64{3, 1, 2, 10}) != 2.5 || median(nil) != 0 || quantile(nil, 0.5) != 0 {
		t.Error("median is wrong")
	}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	p, err := parseStat("4711 (a (b) ) S 12 4711 4711 0 -1 4194560 1 2 3 4 100 20 3 4000 20 0 1 0 5 6 7")
	if err != nil || p.parent != 12 || p.ticks != 4123 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := parseStat("4711 (short) S 12"); err == nil {
		t.Error("a line without times was read")
	}
	all := map[int]process{1: {parent: 0}, 2: {parent: 1}, 3: {parent: 2}, 4: {parent: 1}}
	if !descends(all, 3, 2) || !descends(all, 2, 2) || descends(all, 4, 2) {
		t.Error("who descends from whom is wrong")
	}
}

// The sink takes what SMTP allows a client to send, and says which mails it took.
func TestSink(t *testing.T) {
	t.Parallel()
	in, done := io.Pipe()
	out, said := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Sink(t.Context(), in, said) }()
	records := bufio.NewReader(out)
	addr, err := records.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimSpace(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // The test is over.
	mail := func(to string) string {
		return "MAIL FROM:<shop@bench.example>\r\nRCPT TO:<" + to + ">\r\nDATA\r\n" +
			"Subject: a dot\r\n\r\n..\r\n.not the end\r\n" + strings.Repeat("long ", 20_000) + ".\r\n.\r\n"
	}
	if _, err := io.WriteString(conn, "EHLO me\r\n"+mail("e123@bench.example")+mail("nobody@bench.example")+"QUIT\r\n"); err != nil {
		t.Fatal(err)
	}
	answers, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(answers), "queued as"); n != 2 || !strings.Contains(string(answers), "221 ") {
		t.Errorf("answers:\n%s", answers)
	}
	m := mails{times: map[int]time.Time{}, moved: make(chan struct{})}
	var both [32]byte
	if _, err := io.ReadFull(records, both[:]); err != nil {
		t.Fatal(err)
	}
	m.read(bytes.NewReader(both[:]))
	at, err := m.awaitOf(t.Context(), 123)
	if err != nil || time.Since(at) > time.Minute || time.Since(at) < 0 || m.all != 2 || len(m.times) != 1 {
		t.Errorf("mails %+v, %v", m.times, err)
	}
	if err := done.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
