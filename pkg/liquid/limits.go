package liquid

import (
	"context"
	"fmt"
)

// Limits bounds what one template may cost. A field that is zero takes the
// value of [DefaultLimits]. Together with the context given to Render they
// make a hostile template end with an error instead of taking the process
// along.
type Limits struct {
	// SourceBytes is the longest source that Parse accepts.
	SourceBytes int
	// BlockDepth is how deep blocks ({% if %} in {% for %} ...), and
	// separately brackets within one expression, may nest.
	BlockDepth int
	// Steps is how much work one render may do. A tag, an output, a round
	// of a loop and an item looked at by a filter are a step each.
	Steps int
	// OutputBytes is how long the output may grow.
	OutputBytes int
	// AllocBytes is how much memory the strings and arrays that filters,
	// captures and assigns make may take in sum, freed or not.
	AllocBytes int
	// Depth is how deep {% render %} and {% include %} may nest.
	Depth int
}

// DefaultLimits returns bounds that are far above what messages need (an
// order mail with 20 lines takes about 500 steps and 10 kB) and that stop a
// hostile template within some ten milliseconds.
func DefaultLimits() Limits {
	return Limits{
		SourceBytes: 512 << 10,
		BlockDepth:  100,
		Steps:       100_000,
		OutputBytes: 2 << 20,
		AllocBytes:  8 << 20,
		Depth:       50,
	}
}

func (l Limits) orDefaults() Limits {
	d := DefaultLimits()
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&l.SourceBytes, d.SourceBytes)
	set(&l.BlockDepth, d.BlockDepth)
	set(&l.Steps, d.Steps)
	set(&l.OutputBytes, d.OutputBytes)
	set(&l.AllocBytes, d.AllocBytes)
	set(&l.Depth, d.Depth)
	return l
}

// limitError says which bound was hit; errors.Is(err, ErrLimit) holds.
type limitError struct {
	field string
	max   int
}

func (e *limitError) Error() string {
	switch e.field {
	case "SourceBytes":
		return fmt.Sprintf("the source is longer than %d bytes", e.max)
	case "BlockDepth":
		return fmt.Sprintf("nested deeper than %d levels", e.max)
	case "Steps":
		return fmt.Sprintf("rendering takes more than %d steps", e.max)
	case "OutputBytes":
		return fmt.Sprintf("the output is longer than %d bytes", e.max)
	case "AllocBytes":
		return fmt.Sprintf("the values made while rendering take more than %d bytes", e.max)
	}
	return fmt.Sprintf("partials are nested deeper than %d levels", e.max)
}

func (e *limitError) hint() string {
	switch e.field {
	case "Depth":
		return "does a partial render itself?"
	case "Steps", "OutputBytes", "AllocBytes":
		return "loop over less, or raise Limits." + e.field
	}
	return "split the template, or raise Limits." + e.field
}

// Is reports that the error is an ErrLimit.
func (e *limitError) Is(target error) bool { return target == ErrLimit }

// meter counts what a render costs.
type meter struct {
	limits Limits
	steps  int
	alloc  int
	ctx    context.Context
	check  int // step count at which the context is looked at next
}

// contextEvery is how many steps pass between two looks at the context.
const contextEvery = 256

// step spends n steps.
func (m *meter) step(n int) error {
	m.steps += n
	if m.steps < m.check && m.steps >= 0 {
		return nil
	}
	return m.slowStep()
}

func (m *meter) slowStep() error {
	if m.steps > m.limits.Steps || m.steps < 0 {
		m.steps = m.limits.Steps
		return &limitError{"Steps", m.limits.Steps}
	}
	m.check = min(m.steps+contextEvery, m.limits.Steps+1)
	if err := m.ctx.Err(); err != nil {
		return fmt.Errorf("rendering stopped: %w", context.Cause(m.ctx))
	}
	return nil
}

// charge spends n bytes. Filters call it before they make the value, so that
// a value that would be too big is never made.
func (m *meter) charge(n int) error {
	if n < 0 || n > m.limits.AllocBytes-m.alloc {
		return &limitError{"AllocBytes", m.limits.AllocBytes}
	}
	m.alloc += n
	return nil
}
