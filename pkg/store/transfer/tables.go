package transfer

import "slices"

// table is one table of the source and how its rows are called in both databases. Columns
// stand for the same value at the same place; their values are integers, text, bytes or NULL.
type table struct {
	name string
	from []string // expressions over the source's table
	to   []string // columns of the target's
	read []string // expressions over the target's columns that read back what from yielded; nil: to
	// whole is set for a small table that is copied in one transaction, in this order.
	whole string
	// replace is set where the target has rows of its own making, which give way.
	replace bool
	// packed is a column of from whose bytes the source packs, in the way that its column packing names.
	packed string
	// identity is set where the target numbers rows itself, in the order of copying.
	identity bool
}

// tables are in the order of copying. The positions come last: a store that has none is
// empty to whoever looks, and nobody works on half a copy.
func tables() []table { return slices.Concat(happenings(), people(), positions()) }

// happenings are what the workspace was, and what came of it.
func happenings() []table {
	return []table{
		{name: "installation", from: []string{"id", "salt"}, to: []string{"id", "salt"}, whole: "1", replace: true},
		{
			name: "workspace",
			from: []string{"id", "at", "coalesce(by, '')", "coalesce(note, '')", "files"},
			to:   []string{"id", "at", "saved_by", "note", "files"}, whole: "rowid",
		},
		{name: "held", from: []string{"journey", "version", "workspace"}, to: []string{"journey", "version", "workspace"}, whole: "journey, version, workspace"},
		{
			name: "applied", from: []string{"workspace", "at", "coalesce(by, '')"}, to: []string{"workspace", "at", "applied_by"},
			whole: "n", identity: true,
		},
		{
			name: "winner", from: []string{"journey", "version", "step", "arm", "at", "coalesce(detail, '')"},
			to: []string{"journey", "version", "step", "arm", "at", "detail"}, whole: "n", identity: true,
		},
		{
			name: "resting", from: []string{"partition", "journey", "version", "step", "n"},
			to: []string{"bucket", "journey", "version", "step", "n"}, whole: "1, 2, 3, 4",
		},
		{
			name:  "arm",
			from:  []string{"partition", "journey", "version", "step", "arm", "ghost", "entered", "converted", "value"},
			to:    []string{"bucket", "journey", "version", "step", "arm", "ghost", "entered", "converted", "value"},
			read:  []string{"bucket", "journey", "version", "step", "arm", "ghost::int", "entered", "converted", "value"},
			whole: "1, 2, 3, 4, 5, 6",
		},
		{
			name: "profile", packed: "state",
			from: []string{"partition", "id", "state", "known", "orders", "last_order_at", "updated_at", "wake", "snapshot", "wake", "0"},
			to:   []string{"bucket", "id", "state", "known", "orders", "last_order_at", "updated_at", "wake", "snapshot", "armed", "arming"},
			read: []string{"bucket", "id", "state", "known::int", "orders", "last_order_at", "updated_at", "wake", "snapshot", "armed", "arming::int"},
		},
		{
			name: "timeline", packed: "coalesce(data, x'')",
			from: []string{"partition", "at", "rowid", "profile", "id", "kind", "name", "coalesce(detail, '')", "coalesce(trace, '')", "coalesce(data, x'')"},
			to:   []string{"bucket", "at", "n", "profile", "id", "kind", "name", "detail", "trace", "data"},
		},
		{
			name: "message",
			from: []string{
				"partition", "id", "profile", "journey", "coalesce(version, '')", "coalesce(instance, '')", "coalesce(step, '')",
				"channel", "coalesce(category, '')", "template", "decided_at", "coalesce(outcome, '')", "coalesce(reason, '')", "coalesce(detail, '')",
				"coalesce(provider, '')", "coalesce(provider_id, '')", "outcome_at", "resent", "coalesce(trace, '')",
			},
			to: []string{
				"bucket", "id", "profile", "journey", "version", "instance", "step",
				"channel", "category", "template", "decided_at", "outcome", "reason", "detail",
				"provider", "provider_id", "outcome_at", "resent", "trace",
			},
			read: []string{
				"bucket", "id", "profile", "journey", "version", "instance", "step",
				"channel", "category", "template", "decided_at", "outcome", "reason", "detail",
				"provider", "provider_id", "outcome_at", "resent::int", "trace",
			},
		},
		{name: "outbox", from: []string{"partition", "seq", "n", "messages"}, to: []string{"bucket", "seq", "n", "messages"}},
		{name: "claim", from: []string{"partition", "id", "worker", "at", "receipt"}, to: []string{"bucket", "id", "worker", "at", "receipt"}},
	}
}

// people are what is known of addresses, numbers and ids, and of who was erased.
func people() []table {
	return []table{
		{
			name: "suppression",
			from: []string{"bucket", "hash", "reason", "channel", "at", "coalesce(source, '')"},
			to:   []string{"bucket", "hash", "reason", "channel", "at", "source"},
		},
		{name: "phone", from: []string{"partition", "profile", "hash"}, to: []string{"bucket", "profile", "hash"}},
		{name: "erased", from: []string{"partition", "hash", "at"}, to: []string{"bucket", "hash", "at"}},
		{name: "identity", from: []string{"partition", "id", "state"}, to: []string{"bucket", "id", "state"}},
		{
			name: "gone", from: []string{"partition", "kind", "name", "n"}, to: []string{"bucket", "kind", "name", "n"},
			whole: "1, 2, 3",
		},
	}
}

// positions are how far the partitions are.
func positions() []table {
	return []table{
		{
			name: "partition_offset",
			from: []string{
				"partition", "epoch", "seq", "clock", "outbox", "(SELECT coalesce(max(rowid), 0) FROM timeline)",
				"(SELECT count(*) FROM message m WHERE m.partition = partition_offset.partition AND outcome IS NULL)", "-9223372036854775808",
			},
			to: []string{"bucket", "epoch", "seq", "clock", "outbox", "line", "open", "wake_floor"}, whole: "1",
		},
	}
}

// booleans are columns of the target that are integers in the source.
func boolean(column string) bool {
	switch column {
	case "known", "arming", "resent", "ghost":
		return true
	}
	return false
}

// derived are tables of the target that hold in another way what a table of the source
// holds, and are written with it.
func derived(name string) []string {
	switch name {
	case "profile":
		return []string{`INSERT INTO wake (bucket, due, id) SELECT bucket, wake, id FROM transferring WHERE wake IS NOT NULL`}
	case "timeline":
		return []string{`INSERT INTO timeline_id (bucket, profile, id, at, n) SELECT bucket, profile, id, at, n FROM transferring`}
	}
	return nil
}

// left are tables of the source that hold nothing to move.
func left() []string { return []string{"ping", "wake", "goose_db_version", "sqlite_sequence"} }
