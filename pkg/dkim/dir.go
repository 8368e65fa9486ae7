package dkim

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
)

const (
	between    = "._domainkey."
	extension  = ".pem"
	signsFrom  = "Signs-From: "
	dateLayout = time.DateOnly
)

// FileName is what the file of a key is called in a directory that ReadDir reads: the name of its DNS record, and .pem.
func FileName(domain, selector string) string { return selector + between + domain + extension }

// FileText is the text of a key's file: the date from which it signs, if there is one, before what NewKey made.
func FileText(from time.Time, key []byte) []byte {
	if from.IsZero() {
		return key
	}
	return append([]byte(signsFrom+from.UTC().Format(dateLayout)+"\n"), key...)
}

// ReadDir reads all keys of a directory: files that are called as FileName says; others are left alone. A line
// "Signs-From: 2026-04-01" before a key says from which day on, in UTC, it signs. Errors name the file.
func ReadDir(dir fs.FS) (*Ring, error) {
	files, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("read the directory of DKIM keys: %w", err)
	}
	var keys []Key
	for _, f := range files {
		selector, domain, ok := strings.Cut(strings.TrimSuffix(f.Name(), extension), between)
		if !ok || !strings.HasSuffix(f.Name(), extension) {
			continue
		}
		text, err := fs.ReadFile(dir, f.Name())
		if err != nil {
			return nil, fmt.Errorf("read the DKIM key %s: %w", f.Name(), err)
		}
		k := Key{Domain: domain, Selector: selector}
		if k.From, err = begin(string(text)); err == nil {
			k.Private, err = ReadKey(text)
		}
		if err != nil {
			return nil, fmt.Errorf("the DKIM key %s: %w", f.Name(), err)
		}
		keys = append(keys, k)
	}
	return NewRing(keys...)
}

// begin is the date before a key; zero: there is none.
func begin(text string) (time.Time, error) {
	before, _, _ := strings.Cut(text, "-----BEGIN")
	for line := range strings.Lines(before) {
		if date, ok := strings.CutPrefix(strings.TrimSpace(line), strings.TrimSpace(signsFrom)); ok {
			at, err := time.Parse(dateLayout, strings.TrimSpace(date))
			if err != nil {
				return time.Time{}, fmt.Errorf("%s has to be followed by a day, such as 2026-04-01", strings.TrimSpace(signsFrom))
			}
			return at, nil
		}
	}
	return time.Time{}, nil
}
