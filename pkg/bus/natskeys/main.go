package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nkeys"

	"rapport/pkg/bus"
)

// users are those of deploy/nats/accounts.conf.
func users() []string {
	return []string{"admin", "shop", "ingest", "orchestrator", "recommender", "mailer", "texter", "caller", "portal", "listener", "postmaster", "operator", "sys"}
}

func main() {
	dir := flag.String("dir", "", "directory to write to; it must be empty or new")
	hosts := flag.String("hosts", "127.0.0.1,localhost", "names and addresses of the brokers, with commas between them")
	flag.Parse()
	if err := run(*dir, strings.Split(*hosts, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "natskeys:", err)
		os.Exit(1)
	}
}

func run(dir string, hosts []string) error {
	if dir == "" {
		return errors.New("no directory given: name one with --dir")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: keys that are in use would be lost; choose another directory", dir)
	}
	if err := certificates(dir, hosts); err != nil {
		return fmt.Errorf("make the certificates: %w", err)
	}
	env := fmt.Sprintf("NATS_TLS_CA=%s\nNATS_TLS_CERT=%s\nNATS_TLS_KEY=%s\n",
		filepath.Join(dir, caFile), filepath.Join(dir, nodeFile), filepath.Join(dir, nodeKeyFile))
	for _, user := range users() {
		public, err := makeUser(dir, user)
		if err != nil {
			return fmt.Errorf("make the key of %s: %w", user, err)
		}
		name := strings.ToUpper(user)
		env += fmt.Sprintf("NATS_KEY_%s=%s\nNATS_INBOX_%s=%s.>\n", name, public, name, bus.InboxPrefix(public))
	}
	return os.WriteFile(filepath.Join(dir, "nats.env"), []byte(env), 0o644)
}

// makeUser makes a user's key, keeps its seed, and returns its public half.
func makeUser(dir, user string) (string, error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", err
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, user+".nk"), append(seed, '\n'), 0o600); err != nil {
		return "", err
	}
	return pair.PublicKey()
}
