package liquid

import (
	"strings"
	"time"

	"github.com/ncruces/go-strftime"
)

// filterDate prints a time by a strftime format. It takes a time.Time,
// seconds since 1970, 'now', 'today' and the usual ways to write a date.
func filterDate(c *Call, in any, args []any) (any, error) {
	format, err := c.str(args[0])
	if err != nil || format == "" {
		return in, err
	}
	t, ok, err := c.time(in)
	if err != nil {
		return nil, err
	}
	if !ok {
		if c.Strict() && text(in) != "" {
			return nil, &hinted{"cannot read " + quoteClip(text(in)) + " as a date", "use an ISO 8601 date such as 2026-05-04 or 2026-05-04T09:30:00Z"}
		}
		return in, nil
	}
	cal := c.r.cfg.Calendar
	format = cal.format(format)
	if err := c.Charge(64 + 8*len(format)); err != nil {
		return nil, err
	}
	out, err := appendTime(make([]byte, 0, 32), format, t, cal)
	if err != nil {
		return nil, err
	}
	if err := c.Charge(len(out)); err != nil {
		return nil, err
	}
	return string(out), nil
}

// time reads v as a time, in the zone of the render if it has one.
func (c *Call) time(v any) (t time.Time, ok bool, err error) {
	zone := c.Location()
	switch x := v.(type) {
	case time.Time:
		t, ok = x, true
	case int64:
		t, ok = time.Unix(x, 0).UTC(), x > -1<<40 && x < 1<<40
	case float64:
		t, ok = time.Unix(int64(x), 0).UTC(), x > -1<<40 && x < 1<<40
	case string, Safe:
		s := strings.TrimSpace(text(x))
		switch lower(clip(s, 16)) {
		case "now", "today":
			if t, ok = c.Now(); !ok {
				return t, false, &hinted{"this render has no current time", "pass liquid.Now to Render"}
			}
		default:
			t, ok = parseTime(s, zone)
		}
	}
	if ok && zone != nil {
		t = t.In(zone)
	}
	return t, ok, nil
}

// appendTime is strftime with the flags and widths of Ruby, which the
// library lacks: - no padding, 0 and _ pad with zeros and spaces, ^ upper
// case, # changes case, and a number for the width.
func appendTime(dst []byte, format string, t time.Time, cal *Calendar) ([]byte, error) {
	alone := !strings.ContainsAny(format, "de") || !namesDay(format)
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i == len(format)-1 {
			return append(dst, format...), nil
		}
		dst = append(dst, format[:i]...)
		d := readDirective(format[i:])
		format = format[i+d.size:]
		if d.width > 64 {
			return nil, &hinted{"a date format with a width above 64", ""}
		}
		dst = d.append(dst, t, cal, alone)
	}
}

// directive is one %-sequence.
type directive struct {
	source string
	size   int
	pad    byte // 0 when not given; '-' for none
	upper  bool
	swap   bool
	colon  bool
	width  int
	verb   byte
}

func readDirective(s string) directive {
	d := directive{}
	i := 1
flags:
	for ; i < len(s); i++ {
		switch s[i] {
		case '-', '0', '_':
			d.pad = s[i]
		case '^':
			d.upper = true
		case '#':
			d.swap = true
		case ':':
			d.colon = true
		default:
			break flags
		}
	}
	for ; i < len(s) && isDigit(s[i]) && d.width <= 64; i++ {
		d.width = d.width*10 + int(s[i]-'0')
	}
	if i < len(s) && (s[i] == 'E' || s[i] == 'O') {
		i++
	}
	if i < len(s) {
		d.verb = s[i]
		i++
	}
	d.source, d.size = s[:i], i
	return d
}

func (d directive) append(dst []byte, t time.Time, cal *Calendar, alone bool) []byte {
	start := len(dst)
	switch {
	case d.verb == 0 || d.verb == 'Q' || d.verb == '+' || d.verb == 'f' || d.verb >= 0x80:
		return append(dst, d.source...)
	case d.verb == 'N' && d.width > 0:
		digits := t.AppendFormat(nil, "000000000")
		return append(dst, digits[:min(d.width, len(digits))]...)
	case d.verb == 'Z' && t.Location() == time.UTC:
		dst = append(dst, "UTC"...)
	case d.verb == 'z' && d.colon:
		dst = strftime.AppendFormat(dst, "%:z", t)
	default:
		if name := cal.name(d.verb, t, alone); name != "" {
			dst = append(dst, name...)
		} else {
			dst = strftime.AppendFormat(dst, string([]byte{'%', d.verb}), t)
		}
	}
	if d.pad == 0 && d.width == 0 && !d.upper && !d.swap {
		return dst
	}
	s := string(dst[start:])
	switch {
	case d.upper, d.swap && d.verb != 'p':
		s = strings.ToUpper(s)
	case d.swap:
		s = strings.ToLower(s)
	}
	return append(dst[:start], d.padded(s)...)
}

// padded applies the padding to the printed value.
func (d directive) padded(s string) string {
	numeric := strings.IndexByte("CdeGgHIjklMmsSuUVWwyY", d.verb) >= 0
	pad, width := d.pad, d.width
	if pad == 0 {
		pad = ' '
		if numeric && d.verb != 'e' && d.verb != 'k' && d.verb != 'l' {
			pad = '0'
		}
	}
	if pad == '_' {
		pad = ' '
	}
	if numeric {
		width = max(width, len(s))
		sign := strings.HasPrefix(s, "-")
		s = strings.TrimLeft(strings.TrimPrefix(s, "-"), " 0")
		if s == "" {
			s = "0"
		}
		if sign {
			s = "-" + s
		}
	}
	if pad == '-' || len(s) >= width {
		return s
	}
	return strings.Repeat(string(pad), width-len(s)) + s
}
