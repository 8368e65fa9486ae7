package liquid

import "time"

// Calendar is how a language names months and weekdays, and how it writes dates. A nil Calendar and names that are left
// out are English.
type Calendar struct {
	Months      []string // 12, as they stand in a date: "3 czerwca"
	MonthsAlone []string // 12, as they stand without a day: "czerwiec 2026"; Months if nil
	ShortMonths []string // 12
	Weekdays    []string // 7, from Sunday
	ShortDays   []string // 7, from Sunday
	// Formats are those that templates may call by a name: {{ at | date: "long" }}.
	Formats map[string]string
}

// format is the format that a name stands for, and else the text itself.
func (cal *Calendar) format(text string) string {
	if cal == nil {
		return text
	}
	if f, ok := cal.Formats[text]; ok {
		return f
	}
	return text
}

// name is what the calendar has to say for a directive; nothing where English will do.
func (cal *Calendar) name(verb byte, t time.Time, alone bool) string {
	if cal == nil {
		return ""
	}
	pick := func(names []string, i int) string {
		if i < len(names) {
			return names[i]
		}
		return ""
	}
	switch verb {
	case 'B':
		if alone && cal.MonthsAlone != nil {
			return pick(cal.MonthsAlone, int(t.Month())-1)
		}
		return pick(cal.Months, int(t.Month())-1)
	case 'b', 'h':
		return pick(cal.ShortMonths, int(t.Month())-1)
	case 'A':
		return pick(cal.Weekdays, int(t.Weekday()))
	case 'a':
		return pick(cal.ShortDays, int(t.Weekday()))
	}
	return ""
}

// namesDay reports whether a format prints the day of the month.
func namesDay(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		d := readDirective(format[i:])
		if d.verb == 'd' || d.verb == 'e' {
			return true
		}
		i += d.size - 1
	}
	return false
}
