package sqlite

// statement names a prepared statement of the writing connection.
type statement int

const (
	begin statement = iota
	commit
	rollback
	savepoint
	release
	rollbackTo
	ping

	readOffset
	addOffset
	takeOffset
	moveOffset
	putProfile
	addTimeline
	addMessage
	setOutcome
	addOutbox
	dropOutbox

	addClaim
	readClaim
	takeClaim
	closeClaim

	statements // how many there are
)

// sqlText holds the statements' texts. It is never written to.
var sqlText = [statements]string{
	begin:      `BEGIN IMMEDIATE`,
	commit:     `COMMIT`,
	rollback:   `ROLLBACK`,
	savepoint:  `SAVEPOINT request`,
	release:    `RELEASE request`,
	rollbackTo: `ROLLBACK TO request`,
	ping:       `UPDATE ping SET n = n + 1`,

	readOffset: `SELECT epoch, seq, clock, outbox FROM partition_offset WHERE partition = ?`,
	addOffset:  `INSERT INTO partition_offset (epoch, partition, seq, outbox) VALUES (?, ?, 0, 0)`,
	takeOffset: `UPDATE partition_offset SET epoch = ? WHERE partition = ?`,
	moveOffset: `UPDATE partition_offset SET seq = ?, clock = ?, outbox = ? WHERE partition = ?`,

	putProfile: `INSERT INTO profile (partition, id, state, known, orders, last_order_at, updated_at, wake)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (partition, id) DO UPDATE SET state = excluded.state, known = excluded.known,
			orders = excluded.orders, last_order_at = excluded.last_order_at,
			updated_at = excluded.updated_at, wake = excluded.wake`,
	addTimeline: `INSERT INTO timeline (partition, profile, id, at, kind, name, detail, trace, data)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	addMessage: `INSERT INTO message (partition, id, profile, journey, version, instance, step, channel, category,
			template, decided_at, outcome, reason, detail, provider, provider_id, outcome_at, resent, trace)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	setOutcome: `UPDATE message SET outcome = ?1, reason = ?2, detail = ?3, provider = ?4, provider_id = ?5,
			outcome_at = ?6, resent = ?7
		WHERE partition = ?8 AND id = ?9
			AND (outcome IS NULL OR (outcome = 'uncertain' AND ?1 IN ('sent', 'failed')))`,
	addOutbox:  `INSERT INTO outbox (partition, seq, n, messages) VALUES (?, ?, ?, ?)`,
	dropOutbox: `DELETE FROM outbox WHERE partition = ? AND seq <= ?`,

	addClaim: `INSERT INTO claim (partition, id, worker, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (partition, id) DO NOTHING`,
	readClaim:  `SELECT worker, receipt FROM claim WHERE partition = ? AND id = ?`,
	takeClaim:  `UPDATE claim SET worker = ?, at = ? WHERE partition = ? AND id = ?`,
	closeClaim: `UPDATE claim SET receipt = ?, worker = ? WHERE partition = ? AND id = ? AND receipt IS NULL`,
}
