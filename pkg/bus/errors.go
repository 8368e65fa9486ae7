package bus

import (
	"errors"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Permanent marks an error that repeating the work will not cure: an
// unreadable message, an unknown template. A subscriber buries such a message at once
// instead of retrying it. The mark unwraps, so errors.Is and errors.As see through
// it. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err: err}
}

// IsPermanent reports whether err or anything it wraps was marked by Permanent.
func IsPermanent(err error) bool {
	var p *permanentError
	return errors.As(err, &p)
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// Error codes of the server that decide what we do next. The constants are in
// nats-server's errors.json; nats.go has names for only some of them.
const (
	codeNoPeers      jetstream.ErrorCode = 10005
	codeNotClustered jetstream.ErrorCode = 10074
	// While a stream has no leader, or a new one has not caught up.
	codeClusterNotAvailable jetstream.ErrorCode = 10008
	codeNotReady            jetstream.ErrorCode = 10163
	codeBatchesInFlight     jetstream.ErrorCode = 10210
	codeStorageExceeded     jetstream.ErrorCode = 10047
	codeStoreFailed         jetstream.ErrorCode = 10077
	codeBatchIncomplete     jetstream.ErrorCode = 10176
	codeBatchDuplicate      jetstream.ErrorCode = 10201
	codeWrongLastSeq        jetstream.ErrorCode = jetstream.JSErrCodeStreamWrongLastSequence
	codeWrongLastSeqRepl    jetstream.ErrorCode = jetstream.JSErrCodeStreamWrongLastSequenceConstant
	codeMessageTooLarge     jetstream.ErrorCode = jetstream.JSErrCodeStreamMessageExceedsMaximum
)

// hasCode reports whether the server answered with one of the codes.
func hasCode(err error, codes ...jetstream.ErrorCode) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, c := range codes {
		if api.ErrorCode == c {
			return true
		}
	}
	return false
}

// IsFull reports whether a publish was refused because the stream has reached
// its size (streams here refuse new messages rather than drop old ones). The
// producer keeps the message and tries again later; that is the back-pressure.
func IsFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == codeStoreFailed && strings.HasPrefix(api.Description, "maximum ")
}

// IsTooLarge reports whether a message was refused for its size. Repeating it
// is useless.
func IsTooLarge(err error) bool {
	return errors.Is(err, nats.ErrMaxPayload) || hasCode(err, codeMessageTooLarge)
}
