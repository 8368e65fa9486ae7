package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ParseCron reads the five fields of crontab(5), with lists (1,15), ranges (mon-fri), steps
// (*/15, 8-18/2), names of months and days in three letters, 7 as another Sunday and ? as
// another *, or one of @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly.
// Errors name the field and what may stand in it; a line that can never come, such as one for
// 30 February, is an error too.
func ParseCron(s string) (Cron, error) {
	text := strings.TrimSpace(s)
	line, err := expand(text)
	if err != nil {
		return Cron{}, err
	}
	words := strings.Fields(line)
	if len(words) != 5 {
		return Cron{}, fmt.Errorf("%q has %d fields, not five: write minute, hour, day of the month, month and day of the week, such as 0 9 * * mon", text, len(words))
	}
	c := Cron{text: text}
	for i, f := range []struct {
		field
		mask *uint64
	}{
		{field{"minute", 0, 59, nil}, &c.minute},
		{field{"hour", 0, 23, nil}, &c.hour},
		{field{"day of the month", 1, 31, nil}, &c.dom},
		{field{"month", 1, 12, names(time.January, 12)}, &c.month},
		{field{"day of the week", 0, 7, names(time.Sunday, 7)}, &c.dow},
	} {
		if *f.mask, err = f.parse(words[i]); err != nil {
			return Cron{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	c.dow = c.dow&(1<<7-1) | c.dow>>7 // 7 is Sunday as well.
	c.either = restricts(words[2]) && restricts(words[4])
	if !c.either && !c.possible() {
		return Cron{}, fmt.Errorf("%q never comes: no month that it names has such a day", text)
	}
	return c, nil
}

// expand puts the five fields in the place of a nickname.
func expand(line string) (string, error) {
	switch line {
	case "@yearly", "@annually":
		return "0 0 1 1 *", nil
	case "@monthly":
		return "0 0 1 * *", nil
	case "@weekly":
		return "0 0 * * 0", nil
	case "@daily", "@midnight":
		return "0 0 * * *", nil
	case "@hourly":
		return "0 * * * *", nil
	}
	if strings.HasPrefix(line, "@") {
		return "", fmt.Errorf("there is no %q: use @yearly, @monthly, @weekly, @daily, @hourly or five fields, such as 0 9 * * mon", line)
	}
	return line, nil
}

// possible reports whether some month that is named has some day that is named. Each date of
// the calendar falls on each weekday in some year, 29 February too.
func (c Cron) possible() bool {
	for month := time.January; month <= time.December; month++ {
		const leapYear = 0
		days := uint64(1)<<(daysIn(leapYear, month)+1) - 1
		if c.month>>month&1 == 1 && c.dom&days != 0 {
			return true
		}
	}
	return false
}

func restricts(word string) bool { return word[0] != '*' && word[0] != '?' }

// field is one of the five, and the numbers and names that it takes. Names count from low.
type field struct {
	name      string
	low, high int
	names     []string
}

// names are the first three letters of months or weekdays, in lower case.
func names[T interface {
	~int
	String() string
}](first T, count int) []string {
	list := make([]string, count)
	for i := range list {
		list[i] = strings.ToLower((first + T(i)).String()[:3])
	}
	return list
}

// parse reads a field into the set of its numbers.
func (f field) parse(word string) (mask uint64, err error) {
	for part := range strings.SplitSeq(word, ",") {
		m, ok := f.part(part)
		if !ok {
			return 0, fmt.Errorf("%s cannot be %s: %s", f.name, word, f.allowed())
		}
		mask |= m
	}
	return mask, nil
}

// part reads one of a list: *, 5, 1-5, and each with a step.
func (f field) part(s string) (mask uint64, ok bool) {
	s, by, stepped := strings.Cut(s, "/")
	step := 1
	if stepped {
		if step, ok = digits(by, 1, 2); !ok || step == 0 {
			return 0, false
		}
	}
	low, high := f.low, f.high
	if s != "*" && s != "?" {
		from, to, ranged := strings.Cut(s, "-")
		if low, ok = f.number(from); !ok {
			return 0, false
		}
		switch {
		case ranged:
			if high, ok = f.number(to); !ok {
				return 0, false
			}
			if high < low && high == 0 && f.high == 7 { // fri-sun
				high = 7
			}
		case !stepped:
			high = low
		}
	} else if f.high == 7 {
		high = 6 // Else */7 would count Sunday at both ends.
	}
	for n := low; n <= high; n += step {
		mask |= 1 << n
	}
	return mask, low <= high
}

func (f field) number(s string) (int, bool) {
	if i := slices.Index(f.names, strings.ToLower(s)); i >= 0 {
		return f.low + i, true
	}
	n, ok := digits(s, 1, 2)
	return n, ok && f.low <= n && n <= f.high
}

func (f field) allowed() string {
	text := fmt.Sprintf("use *, numbers from %d to %d", f.low, f.high)
	if len(f.names) > 0 {
		text += fmt.Sprintf(" or names from %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	return text + ", ranges such as 2-5, lists such as 2,5 and steps such as */2"
}
