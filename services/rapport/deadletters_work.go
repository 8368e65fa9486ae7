package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rapport/services/rapport/deadletters"
)

// lettersWork is what retry and drop have in common: they do one thing to each of the letters meant.
type lettersWork struct {
	at          letterDesk
	which       letterFilter
	all, asJSON bool
}

func (w *lettersWork) flags(cmd *cobra.Command) {
	w.at.flags(cmd)
	w.which.flags(cmd)
	cmd.Flags().BoolVar(&w.all, "all", false, "all there are, when neither numbers nor a filter are given")
	cmd.Flags().BoolVar(&w.asJSON, "json", false, "print the outcome as one JSON object")
}

// check reads what the command line means: numbers, or a filter. Everything takes a flag of its own.
func (w *lettersWork) check(args []string) ([]uint64, deadletters.Filter, error) {
	numbers, err := letterNumbers(args)
	f, bad := w.which.filter(time.Now())
	switch {
	case err != nil || bad != nil:
		return nil, f, errors.Join(err, bad)
	case len(numbers) > 0 && (w.all || !f.Empty()):
		return nil, f, errors.New("numbers are given, and a filter too: leave out one")
	case len(numbers) == 0 && f.Empty() && !w.all:
		return nil, f, errors.New("which letters? Give their numbers, or a filter such as --source shop, or --all")
	}
	return numbers, f, nil
}

func (w *lettersWork) find(ctx context.Context, desk *deadletters.Desk, numbers []uint64, f deadletters.Filter) ([]deadletters.Letter, error) {
	if len(numbers) == 0 {
		return desk.List(ctx, f)
	}
	var letters []deadletters.Letter
	for _, n := range numbers {
		l, err := desk.Get(ctx, n)
		if err != nil {
			return nil, err
		}
		letters = append(letters, l)
	}
	return letters, nil
}

// outcome is what became of the letters.
type outcome struct {
	Done   int            `json:"done"`
	Failed []failedLetter `json:"failed"`
}

type failedLetter struct {
	Number uint64 `json:"number"`
	Error  string `json:"error"`
}

// each does the work to each letter; one that fails does not hold up the others.
func (w *lettersWork) each(c *cobra.Command, letters []deadletters.Letter, done string, work func(*deadletters.Letter) error) error {
	o := outcome{Failed: []failedLetter{}}
	for i := range letters {
		if err := c.Context().Err(); err != nil {
			return fmt.Errorf("%d of %d are %s: %w", o.Done, len(letters), done, err)
		}
		if err := work(&letters[i]); err != nil {
			o.Failed = append(o.Failed, failedLetter{letters[i].Number, err.Error()})
			continue
		}
		o.Done++
	}
	if w.asJSON {
		if err := writeJSON(c.OutOrStdout(), o); err != nil {
			return err
		}
	} else {
		for _, f := range o.Failed {
			fmt.Fprintln(c.ErrOrStderr(), f.Error) //nolint:errcheck // The sum follows.
		}
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%s %s.\n", dead(o.Done), done); err != nil {
			return err
		}
	}
	if len(o.Failed) > 0 {
		return fmt.Errorf("%s could not be %s", dead(len(o.Failed)), done)
	}
	return nil
}

func dead(n int) string {
	if n == 1 {
		return "1 dead letter"
	}
	return fmt.Sprintf("%d dead letters", n)
}

func lettersRetry() *cobra.Command {
	var w lettersWork
	cmd := &cobra.Command{
		Use: "retry [NUMBER...]", Short: "Send dead letters on their way again, once the cause is repaired",
		Long: `Publish dead letters to where they came from and remove them when that is stored. What is sent
again keeps its id, so that nothing happens twice that had happened after all. A letter whose
cause is not repaired comes back as a new one. Webhooks are mapped anew, by the files in sources/
of the workspace.`,
		Example: `  rapport deadletters retry 17 18
  rapport deadletters retry --source shop --since 24h`,
		RunE: func(c *cobra.Command, args []string) error {
			numbers, f, err := w.check(args)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return w.at.at(c, func(ctx context.Context, desk *deadletters.Desk) error {
				letters, err := w.find(ctx, desk, numbers, f)
				if err != nil {
					return err
				}
				return w.each(c, letters, "sent on their way again", func(l *deadletters.Letter) error { return desk.Retry(ctx, l) })
			})
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&w.at.workspace, "workspace", "", "directory whose sources/ map webhooks (default: ./templates, else the built-in starter)")
	return cmd
}

func lettersDrop() *cobra.Command {
	var w lettersWork
	var yes bool
	cmd := &cobra.Command{
		Use: "drop [NUMBER...]", Short: "Remove dead letters for good",
		Example: `  rapport deadletters drop 17
  rapport deadletters drop --class unreadable --source till --yes`,
		RunE: func(c *cobra.Command, args []string) error {
			numbers, f, err := w.check(args)
			if err != nil {
				return &usageError{c.CommandPath(), err}
			}
			return w.at.at(c, func(ctx context.Context, desk *deadletters.Desk) error {
				letters, err := w.find(ctx, desk, numbers, f)
				if err != nil {
					return err
				}
				if len(letters) > 0 && !yes && !confirmed(c, fmt.Sprintf("Remove %s for good?", dead(len(letters)))) {
					return errors.New("nothing was removed: answer yes, or give --yes")
				}
				return w.each(c, letters, "removed", func(l *deadletters.Letter) error { return desk.Drop(ctx, l.Number) })
			})
		},
	}
	w.flags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirmed asks on the terminal; anything but a yes is a no.
func confirmed(c *cobra.Command, question string) bool {
	fmt.Fprint(c.ErrOrStderr(), question+" [yes/no] ") //nolint:errcheck // Without an answer it is a no.
	line, _ := bufio.NewReader(c.InOrStdin()).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true
	}
	return false
}
