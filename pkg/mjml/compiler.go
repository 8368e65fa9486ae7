package mjml

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Config bounds a Compiler. The zero value is what a shop needs.
type Config struct {
	Timeout  time.Duration // for one document; 3 s
	Memory   int           // bytes that JavaScript may take; 128 MiB
	Idle     time.Duration // after so long without a document the machine is given back; 30 s
	Keep     int           // bytes of results kept in memory; 4 MiB, none if negative
	CacheDir string        // where results outlive the process; none if empty
}

// Options are about one document.
type Options struct {
	File    string  // its name in problems, and what paths of includes are relative to; "mjml" if empty
	Include Include // finds what mj-include names; nil refuses it
}

// Result is a compiled document.
type Result struct {
	HTML     string
	Warnings Problems
	tokens   []token
}

// Compiler turns MJML into HTML. It is safe for concurrent use, and costs nothing until it is used. It has to be closed.
type Compiler struct {
	conf  Config
	cache *cache
	table func() table
	turn  chan struct{} // who holds its one element may use what is below
	vm    *engine
	used  time.Time

	mu     sync.Mutex
	rest   *time.Timer
	closed bool
}

// ErrClosed is what a closed Compiler answers.
var ErrClosed = errors.New("the MJML compiler is closed")

// New makes a Compiler.
func New(conf Config) *Compiler {
	conf.Timeout = cmp.Or(conf.Timeout, 3*time.Second)
	conf.Memory = cmp.Or(conf.Memory, 128<<20)
	conf.Idle = cmp.Or(conf.Idle, 30*time.Second)
	conf.Keep = cmp.Or(conf.Keep, 4<<20)
	c := &Compiler{conf: conf, cache: newCache(conf.Keep, conf.CacheDir), table: sync.OnceValue(readTable), turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c
}

// Compile turns a document into HTML. The error is Problems when the document is at fault, and else the context's,
// ErrClosed, or what is wrong with the compiler itself.
func (c *Compiler) Compile(ctx context.Context, text string, o Options) (Result, error) {
	r := report{table: c.table()}
	in := &includer{find: o.Include, report: &r}
	root := in.resolve(&source{name: cmp.Or(o.File, "mjml"), text: clean(text)})
	doc := assemble(root, in.heads, &r)
	if len(r.errors) > 0 {
		return Result{}, sorted(r.errors)
	}
	key := keyOf(in.files)
	if res, ok := c.cache.get(key); ok {
		return res, nil
	}
	e := emit(doc, in.files, r.table)
	out, err := c.run(ctx, e.b.String())
	if errors.Is(err, errTooMuch) {
		return Result{}, Problems{root.src.problem(0, 0, err.Error(), "split the mail, or make it simpler")}
	}
	if err != nil {
		return Result{}, err
	}
	res := finish(out, doc, e, &r)
	if len(r.errors) > 0 {
		return Result{}, sorted(r.errors)
	}
	res.Warnings = sorted(r.warnings)
	c.cache.put(key, res)
	return res, nil
}

// finish makes the result of an answer, and reports what the official compiler found.
func finish(out answer, doc *document, e *emitter, r *report) Result {
	if out.Failed != "" {
		r.fail(doc.mjml.src, doc.mjml.at, doc.mjml.open, "it does not compile: "+e.plain(out.Failed), "")
		return Result{}
	}
	for _, f := range out.Errors {
		e.problem(f.Line, f.Tag, f.Message, r)
	}
	if len(r.errors) > 0 {
		return Result{}
	}
	e.line = 1
	html, tokens := e.restore(out.HTML, r)
	front, frontTokens := around(doc.before, 1, 1)
	line, col := end(front)
	for i := range tokens {
		if tokens[i].Line == 1 {
			tokens[i].Col += col - 1
		}
		tokens[i].Line += line - 1
	}
	line, col = end(front + html)
	back, backTokens := around(doc.after, line, col)
	return Result{HTML: front + html + back, tokens: append(append(frontTokens, tokens...), backTokens...)}
}

// around is the Liquid before or behind the document, one token behind the other, of which the first stands at a line and
// column.
func around(nodes []*node, line, col int) (text string, tokens []token) {
	for _, n := range nodes {
		t := n.src.text[n.at:n.open]
		tokens = append(tokens, token{Line: line, Col: col, Source: n.src.place(n.at)})
		text += t
		lines, last := end(t)
		if tokens[len(tokens)-1].Lines = lines - 1; lines > 1 {
			col = 1
		}
		line, col = line+lines-1, col+last-1
	}
	return text, tokens
}

// end is the place behind a text that begins at 1:1.
func end(text string) (line, col int) {
	line, col = 1, 1
	for i := range len(text) {
		if col++; text[i] == '\n' {
			line, col = line+1, 1
		}
	}
	return line, col
}

// run waits for its turn at the machine, which it starts when there is none.
func (c *Compiler) run(ctx context.Context, document string) (answer, error) {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return answer{}, fmt.Errorf("wait for the MJML compiler: %w", context.Cause(ctx))
	}
	defer func() { c.turn <- struct{}{} }()
	if c.isClosed() {
		return answer{}, ErrClosed
	}
	if c.vm == nil {
		vm, err := newEngine(c.conf.Memory)
		if err != nil {
			return answer{}, err
		}
		c.vm = vm
	}
	out, err := c.vm.compile(ctx, document, c.conf.Timeout)
	if err != nil {
		// A machine that was stopped may hold half of something.
		vm := c.vm
		c.vm = nil
		return answer{}, errors.Join(err, vm.close())
	}
	c.used = time.Now()
	c.restLater()
	return out, nil
}

func (c *Compiler) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// restLater gives the machine back after a while without use.
func (c *Compiler) restLater() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rest == nil && !c.closed {
		c.rest = time.AfterFunc(c.conf.Idle, c.idle)
	}
}

// idle is called by the timer. A machine that was used since is looked at again later.
func (c *Compiler) idle() {
	<-c.turn
	defer func() { c.turn <- struct{}{} }()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rest = nil
	switch left := c.conf.Idle - time.Since(c.used); {
	case c.closed || c.vm == nil:
	case left > 0:
		c.rest = time.AfterFunc(left, c.idle)
	default:
		vm := c.vm
		c.vm = nil
		_ = vm.close() // its memory is lost then, and nobody is there to be told
	}
}

// Close gives the machine back. It waits for the document that is being compiled.
func (c *Compiler) Close() error {
	c.mu.Lock()
	c.closed = true
	if c.rest != nil {
		c.rest.Stop()
		c.rest = nil
	}
	c.mu.Unlock()
	<-c.turn
	defer func() { c.turn <- struct{}{} }()
	if c.vm == nil {
		return nil
	}
	vm := c.vm
	c.vm = nil
	return vm.close()
}
