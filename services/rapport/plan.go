package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"rapport/pkg/plan"
	"rapport/services/rapport/archive"
)

func planCommand() *cobra.Command {
	var (
		data   kept
		dir    string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use: "plan", Short: "Say what a changed workspace does to the people inside, and change nothing", Args: noArgs,
		Long: `Compare the workspace directory with the version that is in force in the data directory:
which journeys, segments and rules change, how many people rest on which step, and what
happens to each of them. Works while rapport up runs, and when it does not. Exits with 1
when the change would be refused.`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			snap, err := edited(c, dir)
			if err != nil {
				return err
			}
			st, err := data.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, st.Close()) }()
			p, err := archive.New(st).Plan(c.Context(), snap)
			if err != nil {
				return err
			}
			if err := show(c.OutOrStdout(), &p, asJSON); err != nil {
				return err
			}
			return refused(&p)
		},
	}
	flags := cmd.Flags()
	data.flags(cmd)
	flags.StringVar(&dir, "workspace", "", "directory with the changed workspace (default: ./templates)")
	flags.BoolVar(&asJSON, "json", false, "print the plan as one JSON object")
	return cmd
}

// show prints a plan.
func show(w io.Writer, p *plan.Plan, asJSON bool) error {
	if !asJSON {
		return p.WriteText(w)
	}
	return writeJSON(w, p)
}

// writeJSON prints one JSON object, indented.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// refused is the error of a plan that must not be applied.
func refused(p *plan.Plan) error {
	switch n := len(p.Refusals); n {
	case 0:
		return nil
	case 1:
		return errors.New("the change is refused for one reason: see above")
	default:
		return fmt.Errorf("the change is refused for %d reasons: see above", n)
	}
}
