package lint

import (
	"fmt"
	"slices"
	"strings"
)

// size holds the HTML to what Gmail shows at once.
func (c *check) size() {
	links := 0
	c.page.each("a", func(n *node) {
		if isWeb(n.value("href")) {
			links++
		}
	})
	size := len(c.letter.HTML) + links*c.rules.LinkGrowth
	if size < clipped*9/10 {
		return
	}
	message := fmt.Sprintf("the HTML has %d KB; Gmail cuts off what is behind some %d KB", size>>10, clipped>>10)
	if c.rules.LinkGrowth > 0 {
		message += fmt.Sprintf(" (%d of it are the tracking of %d links)", links*c.rules.LinkGrowth>>10, links)
	}
	c.add(Finding{Rule: Clip, Severity: Warning, Part: HTML, Message: message, Hint: "shorten it, say less in styles and comments, or link to a page for the rest"})
}

// clipped is how many bytes Gmail shows. Measured limits lie between 102 and 105 KB; the lowest is the safe one.
const clipped = 102 << 10

func isWeb(address string) bool {
	low := strings.ToLower(strings.TrimSpace(address))
	return strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://")
}

// accessible looks for what people miss who have a mail read aloud, and for pictures that stay empty.
func (c *check) accessible() {
	c.pictures()
	c.tables()
	c.document()
	c.headings()
	c.page.each("a", c.linkText)
}

func (c *check) pictures() {
	c.page.each("img", func(n *node) {
		if _, ok := n.attr("alt"); ok || n.value("role") == "presentation" || n.value("aria-hidden") == "true" {
			return
		}
		if n.value("width") == "1" && n.value("height") == "1" {
			return // a counter of opens, which has nothing to say
		}
		c.at(n, Alt, Warning, n.value("src"), "the picture "+quoted(n.value("src"))+" has no alt, which is read where pictures are off", `say what it shows, or alt="" if it is decoration`)
	})
}

// tables notes those that lay out: without caption and header cells, and with a table, a picture or several blocks in them.
func (c *check) tables() {
	headed, told := map[*node]bool{}, 0
	for _, n := range c.page.all {
		if n.tag == "th" || n.tag == "caption" {
			for p := n.parent; p != nil; p = p.parent {
				if p.tag == "table" {
					headed[p] = true
					break
				}
			}
		}
	}
	var first *node
	c.page.each("table", func(n *node) {
		role := n.value("role")
		if headed[n] || role == "presentation" || role == "none" || n.inside("noscript") {
			return
		}
		if first == nil {
			first = n
		}
		told++
	})
	if told > 0 {
		c.at(first, LayoutTable, Info, "<table", fmt.Sprintf("%s without role=\"presentation\" and without header cells: what only lays out is read aloud as a table", count(told, "table")), `add role="presentation" to tables that lay out, and <th> to those with data`)
	}
}

// document looks at what holds for the whole page.
func (c *check) document() {
	lang, titled, headed := "", false, false
	var page *node
	for _, n := range c.page.all {
		switch n.tag {
		case "html":
			page, lang = n, n.value("lang")
		case "body":
			lang = first(lang, n.value("lang"))
		case "title":
			headed = true
			titled = titled || len(n.children) > 0 && strings.TrimSpace(n.children[0].text) != ""
		}
	}
	// MJML writes und where nobody said, which is BCP 47's word for not knowing.
	if lang = strings.TrimSpace(lang); (lang == "" || lang == "und") && len(c.page.all) > 0 {
		c.at(page, Lang, Warning, "<html", "the page does not say its language", `write <html lang="{{ language }}">`)
	}
	if !titled && len(c.page.all) > 0 {
		what := "the page has no title"
		if headed {
			what = "the page's title is empty"
		}
		c.at(page, Title, Info, "<title>", what, "add <title>{{ subject }}</title>")
	}
}

func (c *check) headings() {
	level := 0
	for _, n := range c.page.all {
		if len(n.tag) != 2 || n.tag[0] != 'h' || n.tag[1] < '1' || n.tag[1] > '6' {
			continue
		}
		own := int(n.tag[1] - '0')
		if level > 0 && own > level+1 {
			c.at(n, Headings, Info, n.words(), fmt.Sprintf("the heading %s is an h%d behind an h%d: a level is left out", quoted(n.words()), own, level), "choose headings by their level, and their size by style")
		}
		level = own
	}
}

// linkText holds links to what they say.
func (c *check) linkText(n *node) {
	href, ok := n.attr("href")
	if !ok || n.value("aria-hidden") == "true" {
		return
	}
	text := strings.Join(strings.FieldsFunc(n.words(), blank), " ")
	text = first(text, n.value("aria-label"))
	if text = first(text, n.value("title")); text == "" {
		c.at(n, LinkText, Warning, href, "the link to "+quoted(href)+" has no text, so that nobody who has it read aloud knows where it leads", "write where it leads, or give its picture an alt")
		return
	}
	plain := strings.ToLower(strings.Trim(text, " .!?>»→›:"))
	if slices.Contains(sayNothing, plain) {
		c.at(n, LinkText, Info, text, "the link "+quoted(text)+" does not say where it leads", "name what is behind it")
	}
}

func blank(r rune) bool {
	return r <= ' ' || r == 0xa0 || r == 0x200b || r == 0x200c || r == 0x200d || r == 0xfeff
}

// sayNothing are links that read alike in every list of links.
var sayNothing = []string{
	"click here", "here", "click", "this link", "link", "read more", "more", "learn more",
	"hier", "hier klicken", "klicken sie hier", "klick hier", "mehr", "weiterlesen", "mehr erfahren",
	"cliquez ici", "ici", "en savoir plus", "lire la suite", "plus",
	"haz clic aquí", "haga clic aquí", "aquí", "clic aquí", "leer más", "más",
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// count is a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
