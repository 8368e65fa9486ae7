package replay_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rapport/services/rapport/invoices"
	"rapport/services/rapport/replay"
	"rapport/templates"
)

// An invoice beyond what the door takes is named, and the rest of the file goes on.
func TestAMonsterDoesNotKeepTheRestOut(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n")
	for i := range 6000 {
		fmt.Fprintf(&b, "1001,P%04d,A thing with a name of some length that a shop may well give it,1,2011-01-01 10:00:00,1.50,7,UK\n", i)
	}
	b.WriteString("1002,P1,A thing,2,2011-01-02 10:00:00,1.50,7,UK\n")
	file := filepath.Join(t.TempDir(), "monster.csv")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	report, err := replay.Run(t.Context(), replay.Options{
		File: file, Starter: templates.FS, Progress: replay.Quiet, Logger: slog.New(slog.DiscardHandler),
		Problem: func(p invoices.Problem) { told = append(told, p.Error()) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Rows != 6001 || report.RowsRefused != 6000 || report.Events != 1 || report.Applied != 1 || report.Lost != 0 {
		t.Errorf("report %+v", report)
	}
	if len(told) != 1 || !strings.HasPrefix(told[0], file+":2:1: invoice 1001 has 6000 lines") {
		t.Errorf("told %q", told)
	}
}
