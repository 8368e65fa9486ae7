package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"rapport/pkg/message"
)

// law holds marketing to what laws ask to be in it: a way out and a postal address (15 U.S.C. 7704(a)(3) and (5), and in
// Europe article 13(4) of directive 2002/58/EC).
func (c *check) law() {
	if c.rules.Category != message.Marketing {
		return
	}
	if !c.leaves() {
		c.add(Finding{Rule: Unsubscribe, Severity: Error, Part: HTML, Message: "the mail is marketing and shows no link by which to unsubscribe", Hint: "use the layout, or link to {{ links.unsubscribe }}"})
	}
	c.postal()
}

var wayOut = regexp.MustCompile(`(?i)unsubscri|opt[- ]?out|preferences|abmeld|abbestell|austragen|d[ée]sabonn|d[ée]sinscri|se d[ée]sabonner|darse de baja|cancelar (la )?suscripci|disiscri|uitschrijv|afmeld|avregistrera|afmelde|wypisz|cancelar (a )?subscri`)

// leaves reports whether somebody who reads the HTML sees a link that ends such mails.
func (c *check) leaves() bool {
	return slices.ContainsFunc(c.page.all, func(n *node) bool {
		href := strings.TrimSpace(n.value("href"))
		if n.tag != "a" || href == "" || n.look != nil && n.look.hidden || n.seen() == "" && n.words() == "" {
			return false
		}
		if slices.Contains(c.letter.Unsubscribe, href) && href != "" {
			return true
		}
		web := isWeb(href) || strings.HasPrefix(strings.ToLower(href), "mailto:")
		return web && (wayOut.MatchString(n.words()) || wayOut.MatchString(href))
	})
}

func (c *check) postal() {
	lines := c.rules.Address
	if len(lines) == 0 {
		c.add(Finding{Rule: Address, Severity: Error, Part: HTML, Message: "the mail is marketing, and the shop has no postal address to show in it", Hint: "add address: to shop: in rapport.yaml; the layout shows it"})
		return
	}
	if len(lines) > 1 {
		lines = lines[1:] // the first is the name, which may be written as readers know it
	}
	shown := bare(c.page.root.seen())
	for _, line := range lines {
		if want := bare(line); want != "" && !strings.Contains(shown, want) {
			c.add(Finding{Rule: Address, Severity: Error, Part: HTML, Message: fmt.Sprintf("the mail is marketing and does not show the shop's postal address: %s is missing", quoted(line)), Hint: `use the layout, or print {{ shop.address | join: ", " }}`})
			return
		}
	}
}

// bare are the letters and digits of a text in small letters, which is what addresses have in common.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// advert is a kind of words by which a message advertises, and how much one of them says.
type advert struct {
	what   string
	weight int
	match  *regexp.Regexp
}

// adverts are in English, German, French and Spanish. What receipts say, too ("discount: -5.00", "delivery free"), weighs
// less than a warning.
var adverts = []advert{
	{"a percentage off", 3, regexp.MustCompile(`(?i)\b\d{1,2}\s?%\s?(off|discount|rabatt|günstiger|reduziert|de réduction|de remise|de descuento|dto\b)|(rabatt|save|sparen|économisez|ahorra)\w*\s(up to |bis zu |jusqu'à |hasta )?\d{1,2}\s?%`)},
	{"an amount off", 2, regexp.MustCompile(`(?i)([€£$]\s?\d+|\d+\s?(€|euros?|pounds|dollars))\s(off|rabatt|de réduction|de remise|de descuento)\b.{0,30}\b(next|nächst\w*|prochain\w*|próxim\w*)`)},
	{"a code for a discount", 3, regexp.MustCompile(`(?i)\b(use|enter|with)\s(the\s|this\s)?(promo |coupon |discount |voucher )?code\s+[A-Z0-9]{4,}|\b(promo|coupon|discount|voucher)\s?code\b|gutschein(code)?|rabattcode|code promo|bon de réduction|código (de )?(descuento|promocional)|cupón`)}, //nolint:misspell // promocional is Spanish
	{"recommended products", 2, regexp.MustCompile(`(?i)recommended for you|you (may|might) also like|customers also (bought|viewed)|goes well with|das könnte (dir|ihnen) (auch )?gefallen|kunden kauften auch|empfehlungen für|vous aimerez aussi|recommandé pour vous|te puede(n)? (también )?gustar|recomendado para ti|también te puede`)},
	{"an offer", 2, regexp.MustCompile(`(?i)\b(special offer|limited[- ]time|flash sale|clearance|black friday|cyber monday|sonderangebot|nur für kurze zeit|schlussverkauf|ausverkauf|offre spéciale|durée limitée|ventes? flash|soldes|oferta especial|por tiempo limitado|rebajas)\b`)},
	{"a call to buy", 1, regexp.MustCompile(`(?i)\b(shop now|buy now|order now|don't miss|jetzt (kaufen|shoppen|bestellen|zugreifen)|achetez maintenant|commandez maintenant|profitez|compra(r)? ahora|no te (lo )?pierdas)\b`)},
	{"a discount", 1, regexp.MustCompile(`(?i)\b(discount|rabatt|remise|descuento|bargain|schnäppchen)\b`)},
}

// promotion weighs whether a transactional message advertises.
func (c *check) promotion(part Part, text string) {
	if c.rules.Category != message.Transactional {
		return
	}
	weight, excerpt := 0, ""
	var reasons []string
	for _, a := range adverts {
		if found := a.match.FindString(text); found != "" {
			weight += a.weight
			reasons = append(reasons, a.what+" ("+quoted(strings.TrimSpace(found))+")")
			excerpt = first(excerpt, strings.TrimSpace(found))
		}
	}
	if weight < 3 {
		return
	}
	c.add(Finding{
		Rule: Promotion, Severity: Warning, Part: part, Excerpt: excerpt,
		Message: "the message is transactional and seems to advertise: " + strings.Join(reasons, ", "), Hint: "send it as marketing, to those who agreed, or take the advertisement out",
	})
}
