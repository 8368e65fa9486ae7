package invoices

import (
	"strings"
	"testing"
	"time"

	"rapport/pkg/event"
)

func TestEvent(t *testing.T) {
	t.Parallel()
	f, err := Read(strings.NewReader("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"+
		"1,A,a lamp,2,2011-01-04 10:00:00,1.25,7\n1,POST,postage,1,2011-01-04 10:00:00,3,7\nC2,A,a lamp,-1,2011-01-05 10:00:00,1.25,7\n3,A,a lamp,1,2011-01-06 10:00:00,1.25,\n"), "test")
	if err != nil || len(f.Problems) > 0 || len(f.Invoices) != 3 {
		t.Fatal(f, err)
	}
	want := []struct{ uid, typ, subject, total string }{
		{"replay#invoice-1-7", event.OrderCompleted, "7", "5.5"},
		{"replay#invoice-C2-7", event.OrderRefunded, "7", "1.25"},
		{"replay#invoice-3-", event.OrderCompleted, "anonymous:invoice-3", "1.25"},
	}
	for i, w := range want {
		ev, err := f.Invoices[i].Event()
		if err != nil {
			t.Fatal(err)
		}
		o, err := ev.Order()
		if err != nil {
			t.Fatal(err)
		}
		if ev.UID() != w.uid || ev.Type != w.typ || ev.Subject != w.subject || o.Total.String() != w.total || !ev.Time.Equal(f.Invoices[i].At) {
			t.Errorf("%+v of total %s, want %+v", ev, o.Total, w)
		}
		u, err := ev.Profile()
		if err != nil || (u == nil) != (w.subject[0] == 'a') {
			t.Fatalf("%s says of the person %+v, %v", w.uid, u, err)
		}
		if u != nil && (u.Traits["email"] != "customer-7@example.com" || u.Traits["timezone"] != "Europe/London" || len(u.Consent) != 2 || !u.Consent[1].Granted) {
			t.Errorf("%s says of the person %+v", w.uid, u)
		}
	}
	first, err := f.Invoices[0].Event()
	if err != nil {
		t.Fatal(err)
	}
	if o, err := first.Order(); err != nil || len(o.Products) != 2 || !o.Products[0].Sellable() || o.Products[1].Sellable() {
		t.Errorf("products %+v, %v", o, err)
	}
	if first.Time.Location() != time.UTC {
		t.Error("the time is not in UTC")
	}
}
