package services_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rapport/pkg/bus/natslocal"
	"rapport/pkg/link"
	"rapport/pkg/message"
	"rapport/pkg/store/postgres/pgtest"
)

// process is one of those that a deployment file starts: the program's arguments and environment.
type process struct {
	args []string
	env  map[string]string
}

// TestDeployedProcessesDeliver starts the processes of the compose file and of the chart as they start them, all at once,
// with a real broker and a real PostgreSQL, and sends an order through: every process becomes ready, the thank-you
// arrives at the catcher, a shop system's webhook is taken, and every process ends in time when it is asked to. What
// differs from a container are addresses and directories.
func TestDeployedProcessesDeliver(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts twenty processes, a broker and a database")
	}
	const writeKey, password = "a-long-random-text", "another-long-random-text"
	deployments := map[string]map[string]process{"compose": {}, "chart": {}}
	for name, s := range readCompose(t).Services {
		if !s.ours() {
			continue
		}
		set := map[string]string{
			"RAPPORT_WRITE_KEYS": "shop:" + writeKey, "RAPPORT_DB_PASSWORD": password, "RAPPORT_LINK_KEYS": linkKey,
			"RAPPORT_BOUNCE_DOMAIN": "bounces.example.com", "TWILIO_AUTH_TOKEN": "secret", "RAPPORT_SECRET_SHOPIFY": shopSecret,
		}
		p := process{env: map[string]string{}}
		for _, arg := range s.Command {
			p.args = append(p.args, interpolated(arg, set))
		}
		for variable, value := range s.Environment {
			p.env[variable] = interpolated(value, set)
		}
		deployments["compose"][name] = p
	}
	for name, pod := range pods(t, objects(t, render(t, "--set", "nats.replicas=1,workspace.claim=shop,ingest.sources.secrets.existingSecret=sources,listener.enabled=true,"+
		"listener.providers.existingSecret=callbacks,postmaster.enabled=true,inbound.bounceDomain=bounces.example.com"))) {
		p := process{args: pod.Containers[0].Args, env: map[string]string{}}
		for _, e := range pod.Containers[0].Env {
			switch e.Name {
			case "RAPPORT_WRITE_KEYS":
				e.Value = "shop:" + writeKey
			case "RAPPORT_LINK_KEYS":
				e.Value = linkKey
			case "RAPPORT_TWILIO_AUTH_TOKEN":
				e.Value = "secret"
			case "RAPPORT_STORE_URL":
				e.Value = "postgres://rapport:" + password + "@postgres:5432/rapport"
			}
			p.env[e.Name] = e.Value
		}
		for _, from := range pod.Containers[0].EnvFrom {
			p.env[from.Prefix+"SHOPIFY"] = shopSecret
		}
		deployments["chart"][name] = p
	}
	binary := buildProgram(t)
	for name, processes := range deployments {
		t.Run(name, func(t *testing.T) { deliver(t, binary, processes, writeKey) })
	}
}

// interpolated fills in ${NAME:?why}, ${NAME:-value} and ${NAME-value}.
func interpolated(text string, set map[string]string) string {
	return regexp.MustCompile(`\$\{(\w+):?[-?]([^}]*)\}`).ReplaceAllStringFunc(text, func(found string) string {
		m := regexp.MustCompile(`^\$\{(\w+):?([-?])(.*)\}$`).FindStringSubmatch(found)
		if value, ok := set[m[1]]; ok || m[2] == "?" {
			return value
		}
		return m[3]
	})
}

func buildProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "rapport")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./rapport")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if _, said, err := capture(cmd); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return binary
}

// deliver runs processes until an order has led to a mail.
func deliver(t *testing.T, binary string, processes map[string]process, writeKey string) {
	t.Helper()
	drain := readProgram(t).drain
	nats, err := natslocal.Start(t.Context(), natslocal.Options{Dir: t.TempDir(), Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nats.Close() })
	here := hosts{
		"nats:4222": strings.TrimPrefix(nats.URLs()[0], "nats://"), "catcher:8025": free(t), "catcher:1025": free(t),
		"ingest:8080": free(t), "portal:8082": free(t), "listener:8083": free(t), "postmaster:2525": free(t), "store": pgtest.URL(t),
	}
	running := map[string]*exec.Cmd{}
	ops := map[string]string{}
	logs := map[string]*transcript{}
	for name, p := range processes {
		ops[name] = free(t)
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary, here.args(t, p.args, ops[name])...)
		cmd.Env = here.env(p.env)
		logs[name] = &transcript{}
		cmd.Stdout, cmd.Stderr = logs[name], logs[name]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		running[name] = cmd
	}
	for name, addr := range ops {
		if !eventually(t, func() bool { return get(t, "http://"+addr+"/readyz") != "" }) {
			t.Fatalf("%s is not ready: %s", name, logs[name])
		}
		if !strings.Contains(get(t, "http://"+addr+"/metrics"), "process_cpu_seconds_total") {
			t.Errorf("%s tells Prometheus nothing", name)
		}
	}
	order(t, "http://"+here["ingest:8080"], writeKey)
	if !eventually(t, func() bool {
		return strings.Contains(get(t, "http://"+here["catcher:8025"]+"/api/messages?to=ada@example.com"), "ada@example.com")
	}) {
		t.Errorf("no mail within the time; the orchestrator says: %s\nthe mailer says: %s", logs["orchestrator"], logs["mailer"])
	}
	answered(t, here)
	sold(t, "http://"+here["ingest:8080"])
	began := time.Now()
	for _, cmd := range running {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	for name, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s ends with %v: %s", name, err, logs[name])
		}
	}
	if took := time.Since(began); took > drain+5*time.Second {
		t.Errorf("they took %s to stop, and say that they need %s at most", took, drain)
	}
}

// answered opens a link that is sealed with the key that the processes share, and knocks at the other two doors.
func answered(t *testing.T, here hosts) {
	t.Helper()
	keys, err := link.NewKeys(linkKey)
	if err != nil {
		t.Fatal(err)
	}
	maker := link.Maker{Keys: keys, Base: "http://" + here["portal:8082"]}
	to := &message.Command{ID: strings.Repeat("0", 32), Profile: "ada", Channel: message.Email, Category: message.Marketing, DecidedAt: time.Now()}
	if page := get(t, maker.Unsubscribe(to, "")); !strings.Contains(page, "<form") {
		t.Errorf("the portal does not open a link: %.200q", page)
	}
	if !responds(t, "http://"+here["listener:8083"]+"/readyz") {
		t.Error("the listener is not ready")
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", here["postmaster:2525"])
	if err != nil {
		t.Errorf("the postmaster does not answer: %v", err)
		return
	}
	defer conn.Close() //nolint:errcheck // It was only greeted.
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	greeting := make([]byte, 128)
	if n, err := conn.Read(greeting); err != nil || !strings.HasPrefix(string(greeting[:n]), "220 ") {
		t.Errorf("the postmaster greets with %q (%v)", greeting[:n], err)
	}
}

// hosts are where the names of a deployment are here.
type hosts map[string]string

// args puts addresses and directories of this machine for those of a container.
func (h hosts) args(t *testing.T, args []string, ops string) []string {
	t.Helper()
	put := map[string]string{
		"data": t.TempDir(), "workspace": filepath.Join("..", "templates"), "ops": ops,
		"http": h["ingest:8080"], "catcher-http": h["catcher:8025"], "catcher-smtp": h["catcher:1025"],
		"portal": h["portal:8082"], "listener": h["listener:8083"], "inbound": h["postmaster:2525"],
	}
	given := parseRun(args, nil)
	out := given.bare
	for flag, value := range given.flags {
		if ours, ok := put[flag]; ok {
			value = ours
		}
		out = append(out, "--"+flag+"="+value)
	}
	return out
}

func (h hosts) env(env map[string]string) []string {
	out := []string{"HOME=" + os.TempDir()}
	for variable, value := range env {
		switch {
		case variable == "RAPPORT_STORE_URL":
			value = h["store"]
		case strings.HasPrefix(variable, "OTEL_"):
			continue // Nobody takes traces here.
		}
		value = strings.ReplaceAll(value, "shop-rapport-catcher:", "catcher:")
		for name, addr := range h {
			value = strings.ReplaceAll(value, name, addr)
		}
		out = append(out, variable+"="+value)
	}
	return out
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // Nothing was accepted.
	return "127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// eventually asks again and again until the answer is yes, for a minute.
func eventually(t *testing.T, yes func() bool) bool {
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for deadline := time.After(time.Minute); ; {
		if yes() {
			return true
		}
		select {
		case <-again.C:
		case <-deadline:
			return false
		}
	}
}

// get returns a page, and nothing unless it is there.
func get(t *testing.T, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer(req)
}

// responds reports whether somebody answers that all is well.
func responds(t *testing.T, url string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close() //nolint:errcheck // It has none.
	return res.StatusCode/100 == 2
}

func answer(req *http.Request) string {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close() //nolint:errcheck // It was read.
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		return ""
	}
	return string(body)
}

// order sends somebody's first order.
func order(t *testing.T, ingest, writeKey string) {
	t.Helper()
	const event = `{"userId": "ada", "event": "Order Completed", "messageId": "try-1",
		"context": {"traits": {"firstName": "Ada", "email": "ada@example.com"}},
		"properties": {"order_id": "A-1", "total": 27.50, "currency": "GBP", "products": [
			{"product_id": "22423", "name": "Regency cake stand", "price": 12.75, "quantity": 2}]}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ingest+"/v1/track", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(writeKey, "")
	if answer(req) == "" {
		t.Fatal("the order was not accepted")
	}
}

// shopSecret is what a shop system signs its webhooks with.
const shopSecret = "what-webhooks-are-signed-with"

// sold has a shop system tell of an order, as the workspace's sources/shopify.yaml reads it.
func sold(t *testing.T, ingest string) {
	t.Helper()
	const delivery = `{"id": 1001, "email": "ida@example.com", "currency": "GBP", "total_price": "42.50",
		"line_items": [{"id": 1, "product_id": 7, "title": "Lamp", "price": "42.50", "quantity": 1}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ingest+"/v1/webhooks/shopify", strings.NewReader(delivery))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(shopSecret))
	mac.Write([]byte(delivery))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Shopify-Topic", "orders/create")
	req.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	if said := answer(req); !strings.Contains(said, `"mapped"`) {
		t.Errorf("the webhook of a shop system is answered with %q", said)
	}
}

// transcript keeps what a process says.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *transcript) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
