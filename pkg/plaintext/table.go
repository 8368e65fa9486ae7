package plaintext

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/text/width"
)

// What still is a row of columns, and not two parts of a page side by side.
const (
	widestRow  = 100 // columns of the screen
	longest    = 4   // lines of one cell
	tightest   = 28  // the width that a first column at least has, so that amounts stand apart
	betweenAll = 2   // spaces between columns
)

// cell is what stands in one cell.
type cell struct {
	lines []string
	right bool
	head  bool
	links []string
}

func (c *cell) width() int {
	widest := 0
	for _, line := range c.lines {
		widest = max(widest, columns(line))
	}
	return widest
}

// table writes rows with several short cells as columns, and all others one cell below the other.
func (w *writer) table(n *html.Node, depth int) {
	w.flush()
	var grid [][]cell
	for _, tr := range rows(n) {
		if tr.Data == "caption" {
			w.node(tr, depth+1)
			continue
		}
		row := w.row(tr, depth)
		switch {
		case tabular(row):
			if len(grid) > 0 && len(grid[0]) != len(row) {
				w.columns(grid)
				grid = nil
			}
			grid = append(grid, row)
		default:
			w.columns(grid)
			grid = nil
			w.stack(tr, depth)
		}
	}
	w.columns(grid)
}

// rows are the rows of a table, in order, and its caption.
func rows(table *html.Node) []*html.Node {
	var all []*html.Node
	for c := table.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type != html.ElementNode || hidden(c):
		case c.Data == "tr" || c.Data == "caption":
			all = append(all, c)
		case c.Data == "thead" || c.Data == "tbody" || c.Data == "tfoot":
			all = append(all, rows(c)...)
		}
	}
	return all
}

// row reads the cells of a row that hold something; none where there are not two of them. Within a cell no other rows
// are looked for: each would be read twice at each level that it lies in.
func (w *writer) row(tr *html.Node, depth int) []cell {
	if w.aside != nil || !several(tr) {
		return nil
	}
	var all []cell
	for td := tr.FirstChild; td != nil; td = td.NextSibling {
		if td.Type != html.ElementNode || td.Data != "td" && td.Data != "th" || hidden(td) {
			continue
		}
		c := cell{head: td.Data == "th", right: toTheRight(td)}
		c.links = []string{}
		in := &writer{aside: &c.links}
		in.children(td, depth+2)
		in.flush()
		for _, line := range in.lines {
			if strings.TrimSpace(line) != "" {
				c.lines = append(c.lines, line)
			}
		}
		if len(c.lines) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// several reports whether two cells of a row, or more, show something.
func several(tr *html.Node) bool {
	n := 0
	for td := tr.FirstChild; td != nil; td = td.NextSibling {
		if td.Type == html.ElementNode && shows(td, 0) {
			n++
		}
	}
	return n > 1
}

// shows reports whether a node has text, or a picture with one.
func shows(n *html.Node, depth int) bool {
	switch {
	case n.Type == html.TextNode:
		return strings.TrimSpace(visible(n.Data)) != ""
	case n.Type != html.ElementNode || silent(n.Data) || hidden(n) || depth > deepest:
		return false
	case n.Data == "img":
		return attr(n, "alt") != ""
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if shows(c, depth+1) {
			return true
		}
	}
	return false
}

func toTheRight(td *html.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(attr(td, "style")), " ", "")
	return strings.EqualFold(attr(td, "align"), "right") || strings.Contains(style, "text-align:right")
}

// tabular reports whether cells belong side by side.
func tabular(row []cell) bool {
	if len(row) < 2 {
		return false
	}
	all := 0
	for i := range row {
		all += row[i].width() + betweenAll
		if len(row[i].lines) > longest {
			return false
		}
	}
	return all <= widestRow
}

// stack writes the cells of a row one below the other.
func (w *writer) stack(tr *html.Node, depth int) {
	for td := tr.FirstChild; td != nil; td = td.NextSibling {
		if td.Type == html.ElementNode {
			w.node(td, depth+2)
			w.flush()
		}
	}
}

// columns writes rows that have the same number of cells.
func (w *writer) columns(grid [][]cell) {
	if len(grid) == 0 {
		return
	}
	widths := make([]int, len(grid[0]))
	for _, row := range grid {
		for i := range row {
			widths[i] = max(widths[i], row[i].width())
		}
	}
	if grid[0][len(widths)-1].right || grid[len(grid)-1][len(widths)-1].right {
		widths[0] = max(widths[0], tightest)
	}
	for at, row := range grid {
		w.flush()
		for k := 0; ; k++ {
			line, more := rowLine(row, widths, k)
			if !more {
				break
			}
			w.put(line)
		}
		for i := range row {
			for _, link := range row[i].links {
				w.put("  " + link)
			}
		}
		if at == 0 && row[0].head && len(grid) > 1 {
			total := betweenAll * (len(widths) - 1)
			for _, n := range widths {
				total += n
			}
			w.put(strings.Repeat("-", total))
		}
	}
}

// rowLine is the line of a row that has the k-th line of each cell.
func rowLine(row []cell, widths []int, k int) (line string, more bool) {
	var b strings.Builder
	for i := range row {
		text := ""
		if k < len(row[i].lines) {
			text, more = row[i].lines[k], true
		}
		if i > 0 {
			b.WriteString(strings.Repeat(" ", betweenAll))
		}
		pad := strings.Repeat(" ", max(0, widths[i]-columns(text)))
		if row[i].right {
			b.WriteString(pad + text)
		} else {
			b.WriteString(text + pad)
		}
	}
	return strings.TrimRight(b.String(), " "), more
}

// columns is how wide a text is on a screen whose characters all have one width, or two: UAX #11.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r == 0x200d || unicode.In(r, unicode.Mn, unicode.Me):
		case r < 0x300:
			n++
		default:
			n++
			if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
				n++
			}
		}
	}
	return n
}
