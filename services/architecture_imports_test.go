package services_test

import (
	"fmt"
	"slices"
	"strings"
)

// pure lists the packages of pkg that only compute, lowest first: each may import those that stand before it. What
// lies below one of them (pkg/journey/...) is held to the same.
var pure = []string{
	"jsontext", "money", "liquid", "event", "identity", "schedule", "consent", "message", "profile",
	"recommend", "loyalty", "survey", "insight", "policy", "journey", "trackingplan", "condition", "segment", "plan",
	"sms", "lint", "bounce", "callback", "shophook", "link", "routing", "feedback", "verp", "visitor", "inline", "plaintext",
}

// pureStandard is what pure packages may import of the standard library: what computes, and types to pass on.
var pureStandard = []string{
	"bytes", "cmp", "container/heap", "container/list", "container/ring", "crypto/hmac", "crypto/sha256", "embed", "encoding",
	"encoding/base32", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "errors", "fmt", "hash", "hash/fnv",
	"html", "io", "iter", "maps", "math", "math/big", "math/bits", "net/mail", "net/netip", "net/url", "path",
	"reflect", "regexp", "slices", "sort", "strconv", "strings", "text/tabwriter", "time", "unicode", "unicode/utf16",
	"unicode/utf8", "unique",
}

// pureThirdParty is what they may import of others, and why. A path that ends in /... allows what lies below it too.
var pureThirdParty = map[string]string{
	"github.com/shopspring/decimal":  "money is counted in decimals, and the library only computes",
	"github.com/fxamacker/cbor/v2":   "state is kept as deterministic CBOR, and its encoding is part of what a state is",
	"github.com/expr-lang/expr/...":  "conditions are expr programs, run with the clock and all input passed in",
	"github.com/ncruces/go-strftime": "Liquid's date filter formats as strftime does, and the library only formats",
}

// pureExceptions allows one package what the others may not import, and says why.
var pureExceptions = map[string]map[string]string{
	"liquid": {
		"context": "a template that runs too long is stopped by the deadline that its caller set",
		"sync":    "an engine is shared by the workers that render, and remembers the partials it has parsed",
	},
	"schedule": {
		"sync":                            "zones that were loaded are remembered for all who compute with them",
		"time/tzdata":                     "zones are known on machines that have no zone files, too",
		"github.com/nyaruka/phonenumbers": "a phone number's region says in which zones its owner may be; the library only computes",
	},
	"identity": {
		"compress/flate": "a state that moves to another partition must fit into a message; compressing only computes",
	},
	"journey": {
		"sync": "a codec that many use keeps its buffers for the next state; what it writes does not depend on them",
	},
	"sms": {
		"github.com/nyaruka/phonenumbers": "what is a phone number is known from the library's tables; it only computes",
	},
	"lint": {
		"golang.org/x/net/html": "what mails say is read from their HTML; the tokenizer only computes",
	},
	"bounce": {
		"mime":                                 "mail is read as MIME; the package only computes",
		"golang.org/x/net/html":                "people answer in HTML; the library only computes",
		"golang.org/x/net/html/atom":           "so does this one",
		"golang.org/x/text/encoding":           "mail comes in any character set; the library only computes",
		"golang.org/x/text/encoding/charmap":   "so does this one",
		"golang.org/x/text/encoding/htmlindex": "so does this one",
	},
	"callback": {
		"crypto/ecdsa":  "signatures are verified with keys that are passed in; nothing is drawn at random",
		"crypto/sha1":   "Twilio and SNS sign with it",
		"crypto/subtle": "secrets are compared in constant time",
		"crypto/x509":   "SNS signs with a certificate, which is passed in",
	},
	"link": {
		"crypto/aes":    "tickets are sealed with keys that are passed in",
		"crypto/cipher": "so does this one; nonces are derived and not drawn",
		"crypto/hkdf":   "the keys are derived from the secrets",
		"sync":          "keys that many use keep their buffers for the next ticket; what is sealed does not depend on them",
	},
	"plaintext": {
		"golang.org/x/net/html":   "plain text is made of HTML; the library only computes",
		"golang.org/x/text/width": "columns line up by how wide characters are; the library only has tables",
	},
	"trackingplan": {
		"go/format": "generated code is formatted; the package only computes",
		"go/token":  "names of generated code must not be words of the language",
	},
	"condition": {
		"regexp/syntax": "the size of a pattern is measured before it is compiled",
	},
}

// layer returns the place in pure that a package belongs to, and -1 for a package that is not pure.
func layer(importPath string) int {
	rest, ok := strings.CutPrefix(importPath, "rapport/pkg/")
	if !ok {
		return -1
	}
	first, _, _ := strings.Cut(rest, "/")
	return slices.Index(pure, first)
}

// service returns the service that a package belongs to, and "" for a package of no service.
func service(importPath string) string {
	rest, _ := strings.CutPrefix(importPath, "rapport/services/")
	if rest == importPath {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

// eachImport calls visit for each import of a package's files.
func eachImport(p *goPackage, visit func(f *goFile, where, imported string)) {
	for _, f := range p.files {
		for _, spec := range f.ast.Imports {
			visit(f, f.at(spec), strings.Trim(spec.Path.Value, "`\""))
		}
	}
}

func servicesApart(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		own := service(p.path)
		if own == "rapport" || !strings.HasPrefix(p.path, "rapport/services") {
			continue
		}
		eachImport(p, func(f *goFile, where, imported string) {
			other := service(imported)
			if other == "" || other == own || f.test && other == "catcher" {
				return
			}
			found = append(found, finding{where, fmt.Sprintf("%s imports %s: meet in an event, or move what both need to pkg", p.path, imported)})
		})
	}
	return found
}

func pkgBelowServices(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		module, _, _ := strings.Cut(p.dir, "/")
		if module == "services" {
			continue
		}
		eachImport(p, func(_ *goFile, where, imported string) {
			rest, ours := strings.CutPrefix(imported, "rapport/")
			target, _, _ := strings.Cut(rest, "/")
			if ours && target != module {
				found = append(found, finding{where, fmt.Sprintf("the module %s imports %s: it may import nothing of the other modules", module, imported)})
			}
		})
	}
	return found
}

func pureImports(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		if layer(p.path) < 0 {
			continue
		}
		eachImport(p, func(f *goFile, where, imported string) {
			_, excepted := pureExceptions[pure[layer(p.path)]][imported]
			if f.test || excepted || layer(imported) >= 0 || slices.Contains(pureStandard, imported) || allowedThirdParty(imported) {
				return
			}
			found = append(found, finding{where, fmt.Sprintf("the pure package %s imports %s: pass in what it gives, or do that part in a package that is not pure", p.path, imported)})
		})
	}
	return found
}

func allowedThirdParty(imported string) bool {
	for allowed := range pureThirdParty {
		root, below := strings.CutSuffix(allowed, "/...")
		if imported == root || below && strings.HasPrefix(imported, root+"/") {
			return true
		}
	}
	return false
}

func pureLayers(t *tree) []finding {
	var found []finding
	for _, p := range t.packages {
		own := layer(p.path)
		if own < 0 {
			continue
		}
		eachImport(p, func(f *goFile, where, imported string) {
			if other := layer(imported); !f.test && other > own {
				found = append(found, finding{where, fmt.Sprintf("pkg/%s imports %s, which stands above it (order: %s)", pure[own], imported, strings.Join(pure, " < "))})
			}
		})
	}
	return found
}
