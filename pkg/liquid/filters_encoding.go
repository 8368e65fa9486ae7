package liquid

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"
)

func encodingFilters() map[string]Filter {
	return map[string]Filter{
		"url_encode":             {Func: filterURLEncode},
		"url_decode":             {Func: filterURLDecode},
		"base64_encode":          {Func: base64Encoder(base64.StdEncoding)},
		"base64_decode":          {Func: base64Decoder("base64_decode", base64.StdEncoding)},
		"base64_url_safe_encode": {Func: base64Encoder(base64.URLEncoding)},
		"base64_url_safe_decode": {Func: base64Decoder("base64_url_safe_decode", base64.URLEncoding)},
	}
}

// filterURLEncode encodes for a query: space becomes +.
func filterURLEncode(c *Call, in any, _ []any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(3 * len(s)); err != nil {
		return nil, err
	}
	return url.QueryEscape(s), nil
}

// filterURLDecode undoes url_encode; what is not encoded well stays as it is.
func filterURLDecode(c *Call, in any, _ []any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, err := c.str(in)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(len(s)); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	if !utf8.ValidString(b.String()) {
		return nil, &hinted{"url_decode: the result is not UTF-8 (invalid byte sequence)", ""}
	}
	return b.String(), nil
}

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func base64Encoder(enc *base64.Encoding) func(*Call, any, []any) (any, error) {
	return func(c *Call, in any, _ []any) (any, error) {
		s, err := c.str(in)
		if err != nil {
			return nil, err
		}
		if err := c.Charge(enc.EncodedLen(len(s))); err != nil {
			return nil, err
		}
		return enc.EncodeToString([]byte(s)), nil
	}
}

func base64Decoder(name string, enc *base64.Encoding) func(*Call, any, []any) (any, error) {
	return func(c *Call, in any, _ []any) (any, error) {
		s, err := c.str(in)
		if err != nil {
			return nil, err
		}
		if err := c.Charge(len(s)); err != nil {
			return nil, err
		}
		out, err := enc.Strict().DecodeString(s)
		if err != nil {
			return nil, &hinted{"invalid base64 provided to " + name, ""}
		}
		return string(out), nil
	}
}
