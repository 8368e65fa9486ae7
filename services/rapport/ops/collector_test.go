package ops_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// span is one that the collector was sent.
type span struct{ trace, parent, id, name string }

// collector is a real OpenTelemetry collector in a process of its own, which writes down
// what it is sent.
type collector struct {
	url string

	mu    sync.Mutex
	spans []span
	names map[string]bool // of metrics
	more  chan struct{}   // closed and replaced when something was written
}

const collectorConfig = `
receivers:
  otlp:
    protocols:
      http: {endpoint: "%s"}
processors:
  batch: {timeout: 100ms}
exporters:
  debug: {verbosity: detailed, use_internal_logger: false}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [debug]}
    metrics: {receivers: [otlp], processors: [batch], exporters: [debug]}
`

func startCollector(t *testing.T) *collector {
	t.Helper()
	program := built(t, "collector")
	addr := freeAddr(t)
	config := filepath.Join(t.TempDir(), "collector.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, collectorConfig, addr), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &collector{url: "http://" + addr, names: map[string]bool{}, more: make(chan struct{})}
	// Not the test's context, which ends before the cleanups: the stack still sends then.
	running, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(running, program, "--config", config)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		stop()
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		stop()
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { defer close(read); c.read(bufio.NewScanner(out)) }()
	t.Cleanup(func() {
		stop()
		<-read
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the collector said: %s", errs.String())
		}
	})
	c.answers(t)
	return c
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() //nolint:errcheck // Nothing was sent.
	return ln.Addr().String()
}

// answers waits until the collector listens.
func (c *collector) answers(t *testing.T) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for deadline := time.Now().Add(patience); ; pause(t, 50*time.Millisecond) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url+"/v1/traces", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the collector does not listen: %v", err)
		}
	}
}

// read takes in the lines that the debug exporter writes: "    Trace ID       : 0af7..." and
// so on for each span, "     -> Name: ingest.accepted" for each metric.
func (c *collector) read(lines *bufio.Scanner) {
	var now span
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		key, value, _ := strings.Cut(line, ":")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case key == "Trace ID":
			now = span{trace: value}
		case key == "Parent ID":
			now.parent = value
		case key == "ID":
			now.id = value
		case key == "Name":
			now.name = value
			c.wrote(func() { c.spans = append(c.spans, now) })
		case key == "-> Name":
			c.wrote(func() { c.names[value] = true })
		}
	}
}

func (c *collector) wrote(what func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what()
	close(c.more)
	c.more = make(chan struct{})
}

// until waits for what the function looks for in what was written.
func (c *collector) until(ctx context.Context, found func() bool) bool {
	for {
		c.mu.Lock()
		ok, more := found(), c.more
		c.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-more:
		case <-ctx.Done():
			return false
		}
	}
}

// chain looks for spans of a trace, each the parent of the next, the first one's parent
// being the sender's; c.mu is held.
func (c *collector) chain(trace, parent string, names ...string) (missing string) {
	for _, name := range names {
		next := ""
		for _, s := range c.spans {
			if s.trace == trace && s.parent == parent && s.name == name {
				next = s.id
			}
		}
		if next == "" {
			return name
		}
		parent = next
	}
	return ""
}

// One order through the whole stack is one trace in a collector that knows nothing of
// Rapport, from the shop's own span to the mail server's answer.
func TestATraceIsReadBackFromACollector(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts a collector")
	}
	c := startCollector(t)
	for _, name := range []string{"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"} {
		t.Setenv(name, "")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.url)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
	t.Setenv("OTEL_METRIC_EXPORT_INTERVAL", "500")
	const trace, shop = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	r := run(t)
	r.order(t, "00-"+trace+"-"+shop+"-01")

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, branch := range [][]string{
		{"POST /v1/track", "publish events", "apply order.completed", "decide thank-you", "process send.email.*", "render"},
		{"POST /v1/track", "publish events", "apply order.completed", "decide thank-you", "process send.email.*", "smtp send"},
	} {
		missing := ""
		if !c.until(ctx, func() bool { missing = c.chain(trace, shop, branch...); return missing == "" }) {
			c.mu.Lock()
			t.Errorf("trace %s lacks %q in its place of %q; the collector has %+v", trace, missing, branch, c.spans)
			c.mu.Unlock()
		}
	}
	metrics := []string{"ingest.accepted", "delivery.messages", "broker.partition.lag", "go.memory.used"}
	for _, name := range metrics {
		if !c.until(ctx, func() bool { return c.names[name] }) {
			t.Errorf("the collector was not sent %s", name)
		}
	}
}
