package lint

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// color is one of sRGB, its parts from 0 to 255, and how opaque it is from 0 to 1.
type color struct{ r, g, b, a float64 }

// colorOf reads a colour as CSS and the attributes of HTML write them. It is not ok for those that depend on something
// else, such as currentcolor, and for spaces other than sRGB.
func colorOf(text string) (color, bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if hex, ok := strings.CutPrefix(text, "#"); ok {
		return hexColor(hex)
	}
	if hex, ok := named[text]; ok {
		return hexColor(hex)
	}
	if text == "transparent" {
		return color{}, true
	}
	name, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(rest, ")") {
		return color{}, false
	}
	args := strings.FieldsFunc(strings.TrimSuffix(rest, ")"), func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	if len(args) != 3 && len(args) != 4 {
		return color{}, false
	}
	var v [4]float64
	v[3] = 1
	for i, a := range args {
		x, ok := channel(a, i, name)
		if !ok {
			return color{}, false
		}
		v[i] = x
	}
	switch name {
	case "rgb", "rgba":
		return color{v[0], v[1], v[2], v[3]}, true
	case "hsl", "hsla":
		return hsl(v[0], v[1], v[2], v[3]), true
	}
	return color{}, false
}

// channel is one number of a colour function.
func channel(text string, i int, function string) (float64, bool) {
	number, percent := strings.CutSuffix(strings.TrimSuffix(text, "deg"), "%")
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, false
	}
	switch {
	case i == 3 || strings.HasPrefix(function, "hsl") && i > 0:
		if percent {
			x /= 100
		}
		return min(1, max(0, x)), true
	case strings.HasPrefix(function, "hsl"):
		return math.Mod(math.Mod(x, 360)+360, 360), true
	case percent:
		x *= 2.55
	}
	return min(255, max(0, x)), true
}

// hsl is the conversion of CSS Color 4, section 7.1.
func hsl(h, s, l, a float64) color {
	f := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return 255 * (l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1)))
	}
	return color{f(0), f(8), f(4), a}
}

func hexColor(hex string) (color, bool) {
	if len(hex) == 3 || len(hex) == 4 {
		wide := ""
		for _, r := range hex {
			wide += string(r) + string(r)
		}
		hex = wide
	}
	if len(hex) == 6 {
		hex += "ff"
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if len(hex) != 8 || err != nil {
		return color{}, false
	}
	return color{float64(n >> 24), float64(n >> 16 & 255), float64(n >> 8 & 255), float64(n&255) / 255}, true
}

// over is a colour laid over an opaque one.
func (c color) over(below color) color {
	mix := func(x, y float64) float64 { return x*c.a + y*(1-c.a) }
	return color{mix(c.r, below.r), mix(c.g, below.g), mix(c.b, below.b), 1}
}

// luminance is WCAG's relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance).
func (c color) luminance() float64 {
	linear := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// ratio is WCAG's contrast of two opaque colours, from 1 to 21.
func ratio(a, b color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// String is the colour as #rrggbb.
func (c color) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c.r)), int(math.Round(c.g)), int(math.Round(c.b)))
}

// named are the colours of CSS 2.1 and the others that mails use.
var named = map[string]string{
	"black": "000000", "silver": "c0c0c0", "gray": "808080", "grey": "808080", "white": "ffffff", "maroon": "800000", "red": "ff0000",
	"purple": "800080", "fuchsia": "ff00ff", "magenta": "ff00ff", "green": "008000", "lime": "00ff00", "olive": "808000", "yellow": "ffff00", "navy": "000080",
	"blue": "0000ff", "teal": "008080", "aqua": "00ffff", "cyan": "00ffff", "orange": "ffa500", "pink": "ffc0cb", "gold": "ffd700", "brown": "a52a2a",
	"beige": "f5f5dc", "ivory": "fffff0", "whitesmoke": "f5f5f5", "gainsboro": "dcdcdc", "lightgray": "d3d3d3", "lightgrey": "d3d3d3", "darkgray": "a9a9a9",
	"darkgrey": "a9a9a9", "dimgray": "696969", "dimgrey": "696969", "crimson": "dc143c", "tomato": "ff6347", "coral": "ff7f50", "salmon": "fa8072",
	"darkred": "8b0000", "darkgreen": "006400", "darkblue": "00008b", "skyblue": "87ceeb", "lightblue": "add8e6", "steelblue": "4682b4", "royalblue": "4169e1",
	"dodgerblue": "1e90ff", "indigo": "4b0082", "violet": "ee82ee", "khaki": "f0e68c", "lightyellow": "ffffe0", "lightgreen": "90ee90", "seagreen": "2e8b57",
	"slategray": "708090", "slategrey": "708090", "darkslategray": "2f4f4f", "darkslategrey": "2f4f4f",
}
