package store

// Add counts n timeline rows of a kind under a name, as a database has added them up. Kinds
// that Counts has no figure for change nothing. Events and Journeys must not be nil.
func (c *Counts) Add(kind Kind, name string, n int) {
	j := c.Journeys[name]
	switch kind {
	case KindEvent:
		c.Events[name] += n
		return
	case KindEntered:
		j.Entered += n
	case KindLeft:
		j.Left += n
	case KindFinished:
		j.Finished += n
	default:
		return
	}
	c.Journeys[name] = j
}
