package bus

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// Security says how a connection proves who it is, and whom it trusts. All are files; the
// zero value is a plain connection without credentials, for a broker on the same machine.
type Security struct {
	// CA holds the certificates (PEM) of the authorities that the broker's certificate may be
	// signed by. With it the connection is encrypted, and refused when the broker's is not.
	CA string
	// Cert and Key (PEM) are this client's certificate, for brokers that demand one. They
	// are read again at each connection, so that they may be renewed.
	Cert, Key string
	// NKeySeedFile holds the seed of an nkey user (a line that starts with SU). The key
	// says who connects, and with that what the connection may do. It is read at each
	// connection and not kept.
	NKeySeedFile string
}

// Options are the options to connect with. Files that are missing, unreadable or not what
// they should be are found here, and named with their flag, rather than by the broker.
//
// With an nkey, answers come to subjects under InboxPrefix of its public key instead of the
// common _INBOX: a user that may subscribe to its own answers only cannot read those of others.
func (s Security) Options() ([]nats.Option, error) {
	var opts []nats.Option
	if s.CA != "" {
		if err := checkCA(s.CA); err != nil {
			return nil, fmt.Errorf("--nats-ca %s: %w", s.CA, err)
		}
		opts = append(opts, nats.RootCAs(s.CA))
	}
	switch {
	case s.Cert != "" && s.Key == "":
		return nil, fmt.Errorf("--nats-cert %s: its key is missing: name it with --nats-key", s.Cert)
	case s.Cert == "" && s.Key != "":
		return nil, fmt.Errorf("--nats-key %s: its certificate is missing: name it with --nats-cert", s.Key)
	case s.Cert != "":
		if _, err := tls.LoadX509KeyPair(s.Cert, s.Key); err != nil {
			return nil, fmt.Errorf("--nats-cert %s, --nats-key %s: %w", s.Cert, s.Key, err)
		}
		opts = append(opts, nats.ClientCert(s.Cert, s.Key))
	}
	if s.NKeySeedFile != "" {
		own, err := nkeyOptions(s.NKeySeedFile)
		if err != nil {
			return nil, fmt.Errorf("--nats-nkey %s: %w: the file must hold the seed of a user, a line that starts with SU", s.NKeySeedFile, err)
		}
		opts = append(opts, own...)
	}
	return opts, nil
}

// InboxPrefix is where answers to the user with this public nkey go, below which nobody
// else may subscribe: _INBOX.<key>.
func InboxPrefix(publicKey string) string { return "_INBOX." + publicKey }

func checkCA(path string) error {
	pem, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(pem) {
		return errors.New("the file holds no certificate in PEM form")
	}
	return nil
}

func nkeyOptions(path string) ([]nats.Option, error) {
	sign, err := nats.NkeyOptionFromSeed(path)
	if err != nil {
		return nil, err
	}
	var o nats.Options
	if err := sign(&o); err != nil {
		return nil, err
	}
	return []nats.Option{sign, nats.CustomInboxPrefix(InboxPrefix(o.Nkey))}, nil
}

// denied says that the broker did not let this connection publish on the subject, nil when it did not say so. It
// tells only the connection, last error first, and leaves the publisher without an answer.
func denied(nc *nats.Conn, subject string) error {
	err := nc.LastError()
	if err == nil || !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), strconv.Quote(subject)) {
		return nil
	}
	return err
}

// allowed is the error of a question to the broker's API that was asked with a subject, or that the subject is
// not this connection's to use.
func allowed(nc *nats.Conn, subject string, err error) error {
	if err == nil || !unanswered(err) {
		return err
	}
	if refusal := denied(nc, subject); refusal != nil {
		return refusal
	}
	return err
}
