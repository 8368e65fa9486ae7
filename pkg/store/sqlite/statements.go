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
	keepProfile
	moveProfile
	putProfile
	addWake
	dropFired
	addTimeline
	addMessage
	setOutcome
	addOutbox
	dropOutbox
	addResting
	dropResting
	addArm

	addClaim
	readClaim
	takeClaim
	closeClaim

	addWinner
	readWinner

	addVersion
	addHeld
	readVersion
	readApplied
	addApplied
	dropAllResting
	pruneVersions
	pruneHeld

	addSuppression
	dropSuppression
	dropSuppressions
	addPhone
	dropPhone

	readErased
	addErased
	keepGone
	dropTimeline
	dropPhones
	dropProfile
	tombMessages
	suppressUnsent
	readOutbox
	trimOutbox
	dropOutboxRow

	dropWake
	dropWakes

	putIdentity
	dropIdentity

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

	// Of these three, which take the same arguments, one is all that is needed; each of the others changes no row. Nearly
	// always a profile is there and has met the workspace version that its new state has met: then the index by snapshot
	// is left alone. When its wake stays, so is the table of wakes; otherwise addWake follows.
	keepProfile: `UPDATE profile SET state = ?3, known = ?4, orders = ?5, last_order_at = ?6, updated_at = ?7, packing = ?10
		WHERE partition = ?1 AND id = ?2 AND snapshot = ?9 AND wake IS ?8`,
	moveProfile: `UPDATE profile SET state = ?3, known = ?4, orders = ?5, last_order_at = ?6, updated_at = ?7, wake = ?8, packing = ?10
		WHERE partition = ?1 AND id = ?2 AND snapshot = ?9`,
	putProfile: `INSERT INTO profile (partition, id, state, known, orders, last_order_at, updated_at, wake, snapshot, packing)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
		ON CONFLICT (partition, id) DO UPDATE SET state = excluded.state, known = excluded.known,
			orders = excluded.orders, last_order_at = excluded.last_order_at,
			updated_at = excluded.updated_at, wake = excluded.wake, snapshot = excluded.snapshot, packing = excluded.packing`,
	addWake:   `INSERT INTO wake (partition, at, profile) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
	dropFired: `DELETE FROM wake WHERE partition = ? AND at = ? AND profile = ?`,
	addTimeline: `INSERT INTO timeline (partition, profile, id, at, kind, name, detail, trace, data, packing)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	addMessage: `INSERT INTO message (partition, id, profile, journey, version, instance, step, channel, category,
			template, decided_at, outcome, reason, detail, provider, provider_id, outcome_at, resent, trace)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	// A message of nobody is an erased person's, see store.Erasure.
	setOutcome: `UPDATE message SET outcome = ?1, reason = ?2, detail = iif(profile = '', NULL, ?3), provider = ?4,
			provider_id = iif(profile = '', NULL, ?5), outcome_at = ?6, resent = ?7
		WHERE partition = ?8 AND id = ?9 AND (outcome IS NULL OR
			((outcome = 'uncertain' OR (outcome = 'suppressed' AND profile = '')) AND ?1 IN ('sent', 'failed')))`,
	addOutbox:  `INSERT INTO outbox (partition, seq, n, messages) VALUES (?, ?, ?, ?)`,
	dropOutbox: `DELETE FROM outbox WHERE partition = ? AND seq <= ?`,

	addResting: `INSERT INTO resting (partition, journey, version, step, n) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET n = n + excluded.n`,
	dropResting: `DELETE FROM resting WHERE partition = ? AND n = 0`,
	// The bound is four million million in millionths; see form.Millionths for what is added.
	addArm: `INSERT INTO arm (partition, journey, version, step, arm, ghost, entered, converted, value)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET entered = entered + excluded.entered, converted = converted + excluded.converted,
			value = max(-4000000000000000000, min(4000000000000000000, value + excluded.value))`,

	addClaim: `INSERT INTO claim (partition, id, worker, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (partition, id) DO NOTHING`,
	readClaim:  claimQuery,
	takeClaim:  `UPDATE claim SET worker = ?, at = ? WHERE partition = ? AND id = ?`,
	closeClaim: `UPDATE claim SET receipt = ?, worker = ? WHERE partition = ? AND id = ? AND receipt IS NULL`,

	addWinner: `INSERT INTO winner (journey, version, step, arm, at, detail) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (journey, version, step) DO NOTHING`,
	readWinner: `SELECT arm, at, coalesce(detail, '') FROM winner WHERE journey = ? AND version = ? AND step = ?`,

	addVersion:     `INSERT INTO workspace (id, at, by, note, files) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
	addHeld:        `INSERT INTO held (journey, version, workspace) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
	readVersion:    `SELECT 1 FROM workspace WHERE id = ?`,
	readApplied:    `SELECT workspace FROM applied ORDER BY n DESC LIMIT 1`,
	addApplied:     `INSERT INTO applied (workspace, at, by) VALUES (?, ?, ?)`,
	dropAllResting: `DELETE FROM resting WHERE n = 0`,
	// A version that nobody holds is the empty text here: NOT IN a list with a NULL is never true.
	pruneVersions: `DELETE FROM workspace WHERE id NOT IN (
		SELECT * FROM (SELECT id FROM workspace ORDER BY at DESC, id DESC LIMIT ?)
		UNION ALL SELECT * FROM (SELECT workspace FROM applied ORDER BY n DESC LIMIT 2)
		UNION ALL SELECT coalesce((` + newestHolder("r.journey", "r.version") + `), '') FROM resting r WHERE r.n <> 0)`,
	pruneHeld: `DELETE FROM held WHERE workspace NOT IN (SELECT id FROM workspace)`,

	addSuppression: `INSERT INTO suppression (bucket, hash, reason, channel, at, source) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (bucket, hash, reason) DO NOTHING`,
	dropSuppression:  `DELETE FROM suppression WHERE bucket = ? AND hash = ? AND reason = ?`,
	dropSuppressions: `DELETE FROM suppression WHERE bucket = ? AND hash = ?`,
	addPhone:         `INSERT INTO phone (partition, profile, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
	dropPhone:        `DELETE FROM phone WHERE partition = ? AND profile = ? AND hash = ?`,

	readErased: `SELECT 1 FROM erased WHERE partition = ? LIMIT 1`,
	addErased: `INSERT INTO erased (partition, hash, at) VALUES (?, ?, ?)
		ON CONFLICT (partition, hash) DO UPDATE SET at = max(at, excluded.at)`,
	keepGone: `INSERT INTO gone (partition, kind, name, n)
		SELECT partition, kind, name, count(*) FROM timeline WHERE partition = ? AND profile = ? GROUP BY kind, name
		ON CONFLICT (partition, kind, name) DO UPDATE SET n = n + excluded.n`,
	dropTimeline: `DELETE FROM timeline WHERE partition = ? AND profile = ?`,
	dropPhones:   `DELETE FROM phone WHERE partition = ? AND profile = ?`,
	dropProfile:  `DELETE FROM profile WHERE partition = ? AND id = ?`,
	tombMessages: `UPDATE message SET profile = '', instance = NULL, detail = NULL, provider_id = NULL, trace = NULL
		WHERE profile = ?2 AND +partition = ?1`, // or it would walk through the partition's messages
	suppressUnsent: `UPDATE message SET outcome = 'suppressed', reason = 'suppressed', outcome_at = ?
		WHERE partition = ? AND id = ? AND outcome IS NULL`,
	readOutbox:    `SELECT seq, messages FROM outbox WHERE partition = ?`,
	trimOutbox:    `UPDATE outbox SET n = ?, messages = ? WHERE partition = ? AND seq = ?`,
	dropOutboxRow: `DELETE FROM outbox WHERE partition = ? AND seq = ?`,

	dropWake: `DELETE FROM wake WHERE partition = ?1 AND at = ?2 AND profile = ?3
		AND NOT EXISTS (SELECT 1 FROM profile p WHERE p.partition = ?1 AND p.id = ?3 AND p.wake = ?2)`,
	// By the whole of the partition's part of the table: an index by profile would cost every timer what it saves here.
	dropWakes: `DELETE FROM wake WHERE partition = ? AND profile = ?`,

	putIdentity: `INSERT INTO identity (partition, id, state) VALUES (?, ?, ?)
		ON CONFLICT (partition, id) DO UPDATE SET state = excluded.state`,
	dropIdentity: `DELETE FROM identity WHERE partition = ? AND id = ?`,
}

// newestHolder is the query for the newest workspace version that holds a version of a journey.
func newestHolder(journey, version string) string {
	return `SELECT h.workspace FROM held h JOIN workspace w ON w.id = h.workspace
		WHERE h.journey = ` + journey + ` AND h.version = ` + version + ` ORDER BY w.at DESC, w.id DESC LIMIT 1`
}
