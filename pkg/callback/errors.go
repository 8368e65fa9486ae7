package callback

import (
	"errors"
	"fmt"

	"rapport/pkg/callback/signature"
)

var (
	// ErrForged refuses a request that the provider did not make, or not with one of the keys that were handed in.
	ErrForged = errors.New("forged")
	// ErrReplayed refuses a request whose signed time is too far from now.
	ErrReplayed = errors.New("replayed")
	// ErrUnreadable says that a verified request, or one element of it, is not what the provider documents.
	ErrUnreadable = errors.New("unreadable")
	// ErrUnsupported says that the request is one that this package has no use for.
	ErrUnsupported = errors.New("unsupported")
	// ErrUnavailable says that the request could not be verified now: the certificate could not be got. The provider may
	// repeat it.
	ErrUnavailable = errors.New("unverifiable for now")
	// ErrConfig says that a reader cannot be opened so.
	ErrConfig = errors.New("configuration")
)

// Error is why a request was refused. errors.Is finds Kind and Err.
type Error struct {
	Provider string
	Kind     error  // one of the Err variables
	Part     string // where: a header, the body, "event 3"
	Check    string // what is wrong with it and what to check
	Err      error  // may be nil
}

// Error names the provider, the part and the remedy.
func (e *Error) Error() string {
	text := fmt.Sprintf("callback of %s: %s: %s", e.Provider, e.Kind, e.Part)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.Check != "" {
		text += ": " + e.Check
	}
	return text
}

// Unwrap gives errors.Is the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// refused turns the verdict of a verifier into an Error.
func refused(provider string, err error) error {
	var own *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return err
	case errors.Is(err, signature.ErrStale):
		return &Error{Provider: provider, Kind: ErrReplayed, Part: "signed time", Err: err}
	case errors.Is(err, signature.ErrWrong):
		return &Error{Provider: provider, Kind: ErrForged, Part: "signature", Err: err}
	}
	return &Error{Provider: provider, Kind: ErrUnavailable, Part: "signature", Err: err}
}
