package doctor

import (
	"fmt"
	"io"
	"strings"
)

// Write prints findings, a line for each and one for its remedy, and how many there are of each status.
func Write(w io.Writer, all []Finding) error {
	var b strings.Builder
	count := map[Status]int{}
	widest := 0
	for _, check := range Checks() {
		widest = max(widest, len(check))
	}
	for _, f := range all {
		count[f.Status]++
		fmt.Fprintf(&b, "%-7s  %-*s  %s: %s\n", f.Status, widest, f.Check, f.Subject, f.Detail)
		if f.Remedy != "" {
			fmt.Fprintf(&b, "%*s  -> %s\n", len("unknown")+2+widest, "", f.Remedy)
		}
	}
	var counts []string
	for _, s := range []Status{OK, Info, Warn, Fail, Unknown} {
		if count[s] > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	fmt.Fprintf(&b, "\n%s\n", strings.Join(counts, ", "))
	_, err := io.WriteString(w, b.String())
	return err
}
