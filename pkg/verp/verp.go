package verp

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"rapport/pkg/message"
)

// Kind is what comes to an address: its first letter.
type Kind string

// The kinds of addresses there are.
const (
	Bounce Kind = "b" // the return path: reports on delivery
	Reply  Kind = "r" // the Reply-To: people's answers, and machines'
)

// The reasons why an address is not read, for errors.Is.
var (
	// ErrOther is an address that is not of this package's form: it is for somebody else.
	ErrOther = errors.New("not an address of a message: want b- or r-, the message's reference, '-' and a code, before the @")
	// ErrForged is an address of the right form that no key made.
	ErrForged = errors.New("the code of the address is of none of the keys: it is forged, or its key is no longer configured")
)

// minSecret is how many bytes a secret has at least.
const minSecret = 32

// macBytes is how much of the HMAC-SHA256 an address carries: 80 bits, the shortest truncation that RFC 2104, section 5,
// allows of a hash of 160 bits and twice what guessing by mail could ever exhaust; 16 letters in base32.
const macBytes = 10

// maxAddress is the longest path without its angle brackets (RFC 5321, section 4.5.3.1.3).
const maxAddress = 254

// codeLetters is how long that is in base32; 80 bits leave no room for padding.
const codeLetters = 16

// Keys make and read addresses. They may be used by several goroutines.
type Keys struct {
	secrets [][]byte
	letters *base32.Encoding
}

// NewKeys takes the secrets, each of 32 bytes or more: the first makes addresses, all read them.
func NewKeys(secrets ...string) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("verp: no secret for the addresses that bounces and replies come to: pass one of 32 random bytes or more")
	}
	k := &Keys{letters: base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567")}
	for i, s := range secrets {
		if len(s) < minSecret {
			return nil, fmt.Errorf("verp: secret %d has %d bytes: use %d random ones or more", i+1, len(s), minSecret)
		}
		k.secrets = append(k.secrets, []byte(s))
	}
	return k, nil
}

// Address is where what concerns a message comes to, without angle brackets. Errors name what is wrong with the arguments.
func (k *Keys) Address(kind Kind, ref message.Ref, domain string) (string, error) {
	if kind != Bounce && kind != Reply {
		return "", fmt.Errorf("verp: there is no kind of address %q", string(kind))
	}
	name := ref.String()
	if _, err := message.ParseRef(name); err != nil {
		return "", fmt.Errorf("verp: %q is %w", name, err)
	}
	body := string(kind) + "-" + name
	address := body + "-" + k.letters.EncodeToString(mac(k.secrets[0], body)) + "@" + domain
	if domain == "" || strings.ContainsAny(domain, "@<> \t\r\n") || len(address) > maxAddress {
		return "", fmt.Errorf("verp: %q is no domain for the addresses that bounces and replies come to", domain)
	}
	return address, nil
}

// Parse reads an address, with angle brackets or without, whatever its domain. Errors are ErrOther and ErrForged.
func (k *Keys) Parse(address string) (message.Ref, Kind, error) {
	local, _, ok := strings.Cut(strings.Trim(strings.TrimSpace(address), "<>"), "@")
	if !ok {
		return message.Ref{}, "", ErrOther
	}
	local = strings.ToLower(local)
	cut := strings.LastIndexByte(local, '-')
	if cut < 0 {
		return message.Ref{}, "", ErrOther
	}
	body, code := local[:cut], local[cut+1:]
	kind, name, _ := strings.Cut(body, "-")
	ref, err := message.ParseRef(name)
	if err != nil || (Kind(kind) != Bounce && Kind(kind) != Reply) {
		return message.Ref{}, "", ErrOther
	}
	given, err := k.letters.DecodeString(code)
	if err != nil || len(code) != codeLetters || len(given) != macBytes {
		return message.Ref{}, "", ErrOther
	}
	for _, secret := range k.secrets {
		if hmac.Equal(given, mac(secret, body)) {
			return ref, Kind(kind), nil
		}
	}
	return message.Ref{}, "", ErrForged
}

// mac is the code of an address's kind and message. The words before keep it apart from whatever else the same secret
// may be used for.
func mac(secret []byte, body string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("rapport address 1\n" + body))
	return h.Sum(nil)[:macBytes]
}
