package mjml

import (
	"cmp"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// format is part of every key: it changes when this package makes other HTML of the same document.
const format = "1"

// maxFiles bounds a cache's directory; a shop has some hundred templates.
const maxFiles = 2000

// keyOf is the hash of all that a result depends on: the compiler, this package, and the files with their names, which
// are in its problems.
func keyOf(files []*source) string {
	h := sha256.New()
	put := func(s string) { _, _ = fmt.Fprintf(h, "%d:%s", len(s), s) } // a hash takes everything
	code := sha256.Sum256(compilerCode)
	put(format)
	put(string(code[:]))
	for _, f := range files {
		put(f.name)
		put(f.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// cache keeps results: the latest used in memory, all in a directory if there is one. A directory that cannot be read or
// written costs time and nothing else.
type cache struct {
	mu   sync.Mutex
	room int
	used *list.List // of *kept, the latest first
	by   map[string]*list.Element
	dir  string
}

type kept struct {
	key string
	res Result
}

func newCache(room int, dir string) *cache {
	return &cache{room: room, used: list.New(), by: map[string]*list.Element{}, dir: dir}
}

func (r Result) size() int { return len(r.HTML) + 100*(len(r.tokens)+len(r.Warnings)) + 500 }

func (c *cache) get(key string) (Result, bool) {
	c.mu.Lock()
	if el, ok := c.by[key]; ok {
		c.used.MoveToFront(el)
		c.mu.Unlock()
		return el.Value.(*kept).res.copy(), true
	}
	c.mu.Unlock()
	res, ok := c.read(key)
	if ok {
		c.hold(key, res)
	}
	return res, ok
}

// copy keeps what callers do with the warnings apart from what is kept.
func (r Result) copy() Result {
	r.Warnings = slices.Clone(r.Warnings)
	return r
}

func (c *cache) put(key string, res Result) {
	c.hold(key, res.copy())
	c.write(key, res)
}

func (c *cache) hold(key string, res Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[key] != nil || res.size() > c.room {
		return
	}
	c.by[key] = c.used.PushFront(&kept{key, res})
	for c.room -= res.size(); c.room < 0; {
		last := c.used.Remove(c.used.Back()).(*kept)
		delete(c.by, last.key)
		c.room += last.res.size()
	}
}

// file is how a result lies in the directory. Sum finds files that were cut off.
type file struct {
	HTML     string   `json:"html"`
	Warnings Problems `json:"warnings,omitempty"`
	Tokens   []token  `json:"tokens,omitempty"`
	Sum      string   `json:"sum"`
}

const fileEnd = ".mjml.json"

func (c *cache) read(key string) (Result, bool) {
	if c.dir == "" {
		return Result{}, false
	}
	name := filepath.Join(c.dir, key+fileEnd)
	data, err := os.ReadFile(name)
	var f file
	if err != nil || json.Unmarshal(data, &f) != nil || f.Sum != sum(f.HTML) {
		return Result{}, false
	}
	now := time.Now()
	_ = os.Chtimes(name, now, now) // the oldest are removed first; it is not worse than that
	return Result{HTML: f.HTML, Warnings: f.Warnings, tokens: f.Tokens}, true
}

func sum(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// write puts a result into the directory, in one step, so that nobody reads half of it.
func (c *cache) write(key string, res Result) {
	if c.dir == "" {
		return
	}
	data, err := json.Marshal(file{HTML: res.HTML, Warnings: res.Warnings, Tokens: res.tokens, Sum: sum(res.HTML)})
	if err != nil || os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	temp, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return
	}
	_, err = temp.Write(data)
	if err = cmp.Or(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), filepath.Join(c.dir, key+fileEnd))
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // what cannot be written can at least be tried to be removed
	}
	c.prune()
}

// prune removes what was not used for longest when the directory has become large.
func (c *cache) prune() {
	entries, err := os.ReadDir(c.dir)
	if err != nil || len(entries) <= maxFiles {
		return
	}
	type old struct {
		name string
		at   time.Time
	}
	var files []old
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), fileEnd) {
			files = append(files, old{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(files, func(a, b old) int { return a.at.Compare(b.at) })
	for _, f := range files[:max(0, len(files)-maxFiles*3/4)] {
		_ = os.Remove(filepath.Join(c.dir, f.name)) // another process may have removed it
	}
}
