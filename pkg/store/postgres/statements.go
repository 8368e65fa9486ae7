package postgres

// The statements of batches. Each names the bucket with $1 for every table that it touches,
// so that an engine that spreads tables by bucket runs it in one place. Rows come as one
// array a column, in the order of keys.
const (
	lockOffset = `SELECT epoch, seq, clock, outbox, line FROM partition_offset WHERE bucket = $1 FOR UPDATE`
	addOffset  = `INSERT INTO partition_offset (bucket, epoch, seq, outbox, line, open, wake_floor)
		VALUES ($1, $2, 0, 0, 0, 0, 9223372036854775807) ON CONFLICT (bucket) DO NOTHING`
	takeOffset = `UPDATE partition_offset SET epoch = $2 WHERE bucket = $1`
	moveOffset = `UPDATE partition_offset SET seq = $2, clock = $3, outbox = $4, line = $5, open = open + $6,
		wake_floor = least(wake_floor, $7) WHERE bucket = $1`

	// Rows that are there are updated in place; only the others go the longer way of an insert.
	// A profile whose row of wake is past, or later than its new wake, gets another one.
	putProfiles = `WITH v AS MATERIALIZED (
			SELECT * FROM unnest($2::text[], $3::bytea[], $4::boolean[], $5::bigint[], $6::bigint[], $7::bigint[],
				$8::bigint[], $9::text[]) AS v (id, state, known, orders, last_order_at, updated_at, wake, snapshot)
		), updated AS (
			UPDATE profile p SET state = v.state, known = v.known, orders = v.orders, last_order_at = v.last_order_at,
				updated_at = v.updated_at, wake = v.wake, snapshot = v.snapshot,
				armed = CASE WHEN p.armed < $10 THEN v.wake ELSE least(p.armed, v.wake) END,
				arming = (v.wake IS NOT NULL AND (p.armed IS NULL OR p.armed < $10 OR v.wake < p.armed))
			FROM v WHERE p.bucket = $1 AND p.id = v.id
			RETURNING p.id, p.armed, p.arming
		), added AS (
			INSERT INTO profile (bucket, id, state, known, arming, orders, last_order_at, updated_at, wake, armed, snapshot)
			SELECT $1::integer, id, state, known, wake IS NOT NULL, orders, last_order_at, updated_at, wake, wake, snapshot
			FROM v WHERE id NOT IN (SELECT id FROM updated)
			RETURNING id, armed, arming
		)
		INSERT INTO wake (bucket, due, id)
		SELECT $1::integer, armed, id FROM (SELECT * FROM updated UNION ALL SELECT * FROM added) a WHERE arming
		ON CONFLICT (bucket, due, id) DO NOTHING`

	addTimeline = `WITH v AS MATERIALIZED (
			SELECT $2::bigint + n AS n, at, profile, id, kind, name, detail, trace, data
			FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
				$11::bytea[]) AS v (at, n, profile, id, kind, name, detail, trace, data)
		), ids AS (
			INSERT INTO timeline_id (bucket, profile, id, at, n) SELECT $1::integer, profile, id, at, n FROM v
		)
		INSERT INTO timeline (bucket, at, n, profile, id, kind, name, detail, trace, data)
		SELECT $1::integer, at, n, profile, id, kind, name, detail, trace, data FROM v`

	addMessages = `INSERT INTO message (bucket, id, profile, journey, version, instance, step, channel, category,
			template, decided_at, outcome, reason, detail, provider, provider_id, outcome_at, resent, trace)
		SELECT $1::integer, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
			$9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
			$17::bigint[], $18::boolean[], $19::text[])`

	// A message of nobody is an erased person's, see store.Erasure.
	// The right side of SET still sees what was there: that tells which messages were open.
	setOutcomes = `WITH done AS (
			UPDATE message m SET outcome = v.outcome, reason = v.reason, provider = v.provider,
				detail = CASE WHEN m.profile = '' THEN '' ELSE v.detail END,
				provider_id = CASE WHEN m.profile = '' THEN '' ELSE v.provider_id END,
				outcome_at = v.at, resent = v.resent, revised = (m.outcome <> '')
			FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::boolean[],
				$10::boolean[]) AS v (id, outcome, reason, detail, provider, provider_id, at, resent, final)
			WHERE m.bucket = $1 AND m.id = v.id AND (m.outcome = '' OR
				((m.outcome = 'uncertain' OR (m.outcome = 'suppressed' AND m.profile = '')) AND v.final))
			RETURNING m.revised
		)
		UPDATE partition_offset SET open = open - (SELECT count(*) FROM done WHERE NOT revised) WHERE bucket = $1`

	addOutbox  = `INSERT INTO outbox (bucket, seq, n, messages) VALUES ($1, $2, $3, $4)`
	dropOutbox = `DELETE FROM outbox WHERE bucket = $1 AND seq <= $2`

	addResting = `INSERT INTO resting (bucket, journey, version, step, n)
		SELECT $1::integer, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
		ON CONFLICT (bucket, journey, version, step) DO UPDATE SET n = resting.n + excluded.n`
	dropResting = `DELETE FROM resting WHERE bucket = $1 AND n = 0`
	// The bound is four million million in millionths; see form.Millionths for what is added.
	addArms = `INSERT INTO arm (bucket, journey, version, step, arm, ghost, entered, converted, value)
		SELECT $1::integer, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::bigint[],
			$9::bigint[])
		ON CONFLICT (bucket, journey, version, step, arm, ghost) DO UPDATE SET entered = arm.entered + excluded.entered,
			converted = arm.converted + excluded.converted,
			value = greatest(-4000000000000000000, least(4000000000000000000, arm.value + excluded.value))`

	// LIMIT 1 has each row looked up by its key, whatever the planner thinks of the others.
	loadStates = `SELECT v.n::int, p.state FROM unnest($2::text[]) WITH ORDINALITY AS v (id, n)
		CROSS JOIN LATERAL (SELECT state FROM profile WHERE bucket = $1 AND profile.id = v.id LIMIT 1) p`
	loadSeen = `SELECT v.n::int FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS v (profile, id, n)
		CROSS JOIN LATERAL (SELECT FROM timeline_id t WHERE t.bucket = $1 AND t.profile = v.profile AND t.id = v.id LIMIT 1) t`

	outboxQuery = `SELECT seq, messages FROM outbox WHERE bucket = $1 AND seq > $2 ORDER BY seq LIMIT $3`
)
