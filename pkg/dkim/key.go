package dkim

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// minBits is the least size of RSA keys (RFC 8301, section 3.2).
const minBits = 2048

// NewKey makes a private key, as a PEM file has it (PKCS #8). algorithm is rsa or ed25519.
func NewKey(algorithm string) ([]byte, error) {
	var private any
	var err error
	switch algorithm {
	case "rsa":
		// Longer keys do not fit one answer of the DNS over UDP, and receivers need not know more than 2048 bits.
		private, err = rsa.GenerateKey(rand.Reader, minBits)
	case "ed25519":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, fmt.Errorf("there is no algorithm %q: use rsa or ed25519", algorithm)
	}
	if err != nil {
		return nil, fmt.Errorf("make a DKIM key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("write a DKIM key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// ReadKey reads a private key from the text of a PEM file: PKCS #8, or PKCS #1 as OpenSSL used to write RSA keys. Errors
// hold nothing of the text.
func ReadKey(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is no PEM file: a private key begins with -----BEGIN PRIVATE KEY-----")
	}
	var parsed any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("it holds a %s: want an unencrypted PRIVATE KEY", strings.ToLower(block.Type))
	}
	if err != nil {
		return nil, errors.New("the private key in it cannot be read: make one with rapport dkim new")
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key in it cannot sign: make one with rapport dkim new")
	}
	return private, checkPrivate(private)
}

// Record is the TXT record that publishes the public half of a key (RFC 6376, section 3.6.1, and RFC 8463, section 4).
func Record(private crypto.Signer) (string, error) {
	var kind string
	var public []byte
	switch p := private.Public().(type) {
	case ed25519.PublicKey:
		kind, public = "ed25519", p
	case *rsa.PublicKey:
		der, err := x509.MarshalPKIXPublicKey(p)
		if err != nil {
			return "", fmt.Errorf("write a DKIM record: %w", err)
		}
		kind, public = "rsa", der
	default:
		return "", fmt.Errorf("write a DKIM record: there is none for keys of type %T", p)
	}
	return "v=DKIM1; k=" + kind + "; p=" + base64.StdEncoding.EncodeToString(public), nil
}

// maxString is how long one string of a TXT record may be (RFC 1035, section 3.3.14).
const maxString = 255

// Strings cuts a TXT record into the strings that a zone file has it in. Readers put them together without anything between.
func Strings(record string) []string {
	var parts []string
	for len(record) > maxString {
		parts = append(parts, record[:maxString])
		record = record[maxString:]
	}
	return append(parts, record)
}
