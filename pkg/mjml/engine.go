package mjml

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"modernc.org/quickjs"
)

//go:embed bundle/mjml.js.gz
var compilerCode []byte

// answer is what the official compiler says to a document.
type answer struct {
	HTML   string `json:"html"`
	Failed string `json:"failed"` // what it threw
	Errors []struct {
		Line    int    `json:"line"`
		Tag     string `json:"tag"`
		Message string `json:"message"`
	} `json:"errors"`
}

// errTooMuch is a document that takes more time or memory than it may.
var errTooMuch = errors.New("it takes more time or memory to compile than a document may")

// engine is a JavaScript machine with the compiler in it. One goroutine at a time may use it; after an error it is of no
// use and has to be closed.
type engine struct{ vm *quickjs.VM }

// startTimeout bounds loading the compiler, which takes half a second.
const startTimeout = time.Minute

// newEngine starts a machine that may take so many bytes.
func newEngine(memory int) (*engine, error) {
	r, err := gzip.NewReader(bytes.NewReader(compilerCode))
	if err != nil {
		return nil, fmt.Errorf("unpack the compiler: %w", err)
	}
	code, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack the compiler: %w", err)
	}
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, fmt.Errorf("start JavaScript: %w", err)
	}
	e := &engine{vm}
	vm.SetMemoryLimit(uintptr(memory))
	if err := vm.SetEvalTimeout(startTimeout); err != nil {
		return nil, errors.Join(err, e.close())
	}
	value, err := vm.EvalValue(string(code), quickjs.EvalGlobal)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("load the compiler: %w", err), e.close())
	}
	value.Free()
	return e, nil
}

// compile gives a document to the compiler. The error is errTooMuch when it was stopped, or the context's.
func (e *engine) compile(ctx context.Context, document string, limit time.Duration) (out answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the JavaScript machine failed: %v", p)
		}
	}()
	if err := e.vm.SetEvalTimeout(limit); err != nil {
		return out, fmt.Errorf("limit the time: %w", err)
	}
	// The machine must not be interrupted after it is closed, so that compile waits for who interrupts it.
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		e.vm.Interrupt()
		close(interrupted)
	})
	defer func() {
		if !stop() {
			<-interrupted
		}
	}()
	_, err = e.vm.Call("compile", document)
	if err == nil && ctx.Err() == nil {
		_, err = e.vm.ExecutePendingJobs()
	}
	if err != nil || ctx.Err() != nil {
		return out, stopped(ctx, err)
	}
	text, err := e.vm.Call("take")
	s, ok := text.(string)
	if err != nil || !ok || json.Unmarshal([]byte(s), &out) != nil || s == "null" {
		return out, stopped(ctx, err)
	}
	switch out.Failed {
	case "interrupted", "out of memory", "stack overflow", "Maximum call stack size exceeded":
		return out, stopped(ctx, errors.New(out.Failed)) // QuickJS throws them like any error, and MJML passes them on
	}
	return out, nil
}

// stopped tells why the compiler did not answer: the machine knows "interrupted" and "out of memory" only, and in jobs it
// loses even these.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("compile MJML: %w", context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("%w (%w)", errTooMuch, err)
	}
	return errTooMuch
}

func (e *engine) close() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("close JavaScript: %v", p)
		}
	}()
	if err := e.vm.Close(); err != nil {
		return fmt.Errorf("close JavaScript: %w", err)
	}
	return nil
}
