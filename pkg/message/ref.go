package message

import (
	"errors"
	"strconv"
	"strings"
)

// Ref names a message to the world outside: its identity, and the partition that its record
// lies in, so that an answer finds it by one read. It is the left side of the mail's Message-ID
// and part of what providers give back in callbacks.
type Ref struct {
	ID        string // 32 lower-case hexadecimal digits
	Partition int
}

// Ref is the command's.
func (c *Command) Ref() Ref { return Ref{ID: c.ID, Partition: c.Partition} }

// String is "<id>.<partition>".
func (r Ref) String() string { return r.ID + "." + strconv.Itoa(r.Partition) }

// IsZero reports whether no message is named.
func (r Ref) IsZero() bool { return r.ID == "" }

// errRef does not repeat what was read, which may be anybody's.
var errRef = errors.New("not a reference to a message: 32 hexadecimal digits, a dot and the partition")

const (
	idDigits      = 32
	maxPartitions = 1 << 16
)

// ParseRef reads what String wrote. Mail servers may change the case of letters; everything
// else is an error.
func ParseRef(s string) (Ref, error) {
	id, partition, ok := strings.Cut(strings.ToLower(s), ".")
	if !ok || len(id) != idDigits || strings.Trim(id, "0123456789abcdef") != "" {
		return Ref{}, errRef
	}
	n, err := strconv.Atoi(partition)
	if err != nil || n < 0 || n >= maxPartitions || strconv.Itoa(n) != partition {
		return Ref{}, errRef
	}
	return Ref{ID: id, Partition: n}, nil
}
