-- Every table that batches write starts its key with the bucket, which is the port's
-- partition ("partition" is a word of SQL): a transaction of a batch touches one bucket, and
-- the tables can be spread by it. Times are nanoseconds since 1970 in UTC, NULL when there is
-- none; timestamptz would round them to microseconds. Text compares by its bytes.

-- +goose Up

-- One row a bucket, which its owner locks first in every transaction.
CREATE TABLE partition_offset (
	bucket     integer PRIMARY KEY,
	epoch      bigint NOT NULL, -- of the owner; 64 bits, unsigned
	seq        bigint NOT NULL, -- of the last event applied; 64 bits, unsigned
	clock      bigint,
	outbox     bigint NOT NULL, -- seq of the last outbox batch written, kept when the batch is gone
	line       bigint NOT NULL, -- n of the last timeline row written
	open       bigint NOT NULL, -- messages without an outcome
	wake_floor bigint NOT NULL  -- no row of wake lies before this
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Nothing that changes with every event is indexed, so that an update stays within its page
-- (HOT); the fifth of a page that is left free is what it needs. A state is compact already:
-- it is kept as it is, beside the row's other columns up to half a page.
CREATE TABLE profile (
	bucket        integer NOT NULL,
	id            text COLLATE "C" NOT NULL,
	state         bytea NOT NULL,
	known         boolean NOT NULL,
	arming        boolean NOT NULL, -- whether the last write changed armed: UPDATE cannot return what was before
	orders        bigint NOT NULL,
	last_order_at bigint,
	updated_at    bigint,
	wake          bigint, -- when its earliest timer is due
	armed         bigint, -- due of a row that the table wake has of it, no later than wake
	snapshot      text COLLATE "C" NOT NULL,
	PRIMARY KEY (bucket, id)
) WITH (fillfactor = 80, toast_tuple_target = 4080);
ALTER TABLE profile ALTER COLUMN state SET STORAGE EXTERNAL;

-- Changes when a workspace version is met, not with events.
CREATE INDEX profile_snapshot ON profile (bucket, snapshot, id);

-- When to look at which profile; profile.wake is what counts. See due.go.
CREATE TABLE wake (
	bucket integer NOT NULL,
	due    bigint NOT NULL,
	id     text COLLATE "C" NOT NULL,
	PRIMARY KEY (bucket, due, id)
);

-- Rows of the timeline lie in months (see months.go); n numbers them in a bucket as they
-- were written. Their key grows with time, so that writing goes to one end of it.
CREATE TABLE timeline (
	bucket  integer NOT NULL,
	at      bigint NOT NULL,
	n       bigint NOT NULL,
	profile text COLLATE "C" NOT NULL,
	id      text COLLATE "C" NOT NULL,
	kind    text COLLATE "C" NOT NULL,
	name    text COLLATE "C" NOT NULL,
	detail  text NOT NULL,
	trace   text NOT NULL,
	data    bytea NOT NULL,
	PRIMARY KEY (bucket, at, n)
) PARTITION BY RANGE (at);
CREATE TABLE timeline_other PARTITION OF timeline DEFAULT;

-- What makes an id unique within its profile whatever the time, which no key of a table
-- that is partitioned by time can; and where a profile's rows are.
CREATE TABLE timeline_id (
	bucket  integer NOT NULL,
	profile text COLLATE "C" NOT NULL,
	id      text COLLATE "C" NOT NULL,
	at      bigint NOT NULL,
	n       bigint NOT NULL,
	PRIMARY KEY (bucket, profile, id)
);

CREATE TABLE message (
	bucket      integer NOT NULL,
	id          text COLLATE "C" NOT NULL,
	profile     text COLLATE "C" NOT NULL,
	journey     text COLLATE "C" NOT NULL,
	version     text NOT NULL,
	instance    text NOT NULL,
	step        text NOT NULL,
	channel     text COLLATE "C" NOT NULL,
	category    text NOT NULL,
	template    text COLLATE "C" NOT NULL,
	decided_at  bigint NOT NULL,
	outcome     text COLLATE "C" NOT NULL, -- empty while a worker has it
	reason      text COLLATE "C" NOT NULL,
	detail      text NOT NULL,
	provider    text NOT NULL,
	provider_id text NOT NULL,
	outcome_at  bigint,
	resent      boolean NOT NULL,
	revised     boolean NOT NULL DEFAULT false, -- whether the outcome replaced another
	trace       text NOT NULL,
	PRIMARY KEY (bucket, id)
) WITH (fillfactor = 80);

-- Neither of these columns changes: setting an outcome touches no index.
CREATE INDEX message_decided ON message (decided_at, id);
CREATE INDEX message_profile ON message (profile, decided_at, id);

-- One row a commit: the messages in CBOR, n of them. Rows live for milliseconds.
CREATE TABLE outbox (
	bucket   integer NOT NULL,
	seq      bigint NOT NULL,
	n        bigint NOT NULL,
	messages bytea NOT NULL,
	PRIMARY KEY (bucket, seq)
) WITH (
	autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
	toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 10000
);
ALTER TABLE outbox ALTER COLUMN messages SET STORAGE EXTERNAL;

CREATE TABLE claim (
	bucket  integer NOT NULL,
	id      text COLLATE "C" NOT NULL,
	worker  text NOT NULL,
	at      bigint,
	receipt bytea, -- NULL while open
	PRIMARY KEY (bucket, id)
) WITH (fillfactor = 70);

-- How many instances rest where, and what experiments measured: a bucket has rows of its
-- own, so that nobody waits for another one's lock.
CREATE TABLE resting (
	bucket  integer NOT NULL,
	journey text COLLATE "C" NOT NULL,
	version text COLLATE "C" NOT NULL,
	step    text COLLATE "C" NOT NULL,
	n       bigint NOT NULL,
	PRIMARY KEY (bucket, journey, version, step)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE arm (
	bucket    integer NOT NULL,
	journey   text COLLATE "C" NOT NULL,
	version   text COLLATE "C" NOT NULL,
	step      text COLLATE "C" NOT NULL,
	arm       text COLLATE "C" NOT NULL,
	ghost     boolean NOT NULL,
	entered   bigint NOT NULL,
	converted bigint NOT NULL,
	value     bigint NOT NULL, -- millionths
	PRIMARY KEY (bucket, journey, version, step, arm, ghost)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- What follows belongs to no bucket: it is little, and written by people.

CREATE TABLE winner (
	journey text COLLATE "C" NOT NULL,
	version text COLLATE "C" NOT NULL,
	step    text COLLATE "C" NOT NULL,
	n       bigint GENERATED ALWAYS AS IDENTITY, -- the order in which they were decided
	arm     text NOT NULL,
	at      bigint NOT NULL,
	detail  text NOT NULL,
	PRIMARY KEY (journey, version, step)
);

CREATE TABLE workspace (
	id       text COLLATE "C" PRIMARY KEY,
	at       bigint NOT NULL,
	saved_by text NOT NULL,
	note     text NOT NULL,
	files    bytea NOT NULL -- a CBOR map of name to content, deflated
);
ALTER TABLE workspace ALTER COLUMN files SET STORAGE EXTERNAL;

-- Which workspace versions have a version of a journey.
CREATE TABLE held (
	journey   text COLLATE "C" NOT NULL,
	version   text COLLATE "C" NOT NULL,
	workspace text COLLATE "C" NOT NULL,
	PRIMARY KEY (journey, version, workspace)
);
CREATE INDEX held_workspace ON held (workspace);

-- Every time that a workspace version was put in force; the last row is. It stays when the
-- version itself is gone.
CREATE TABLE applied (
	n          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	workspace  text COLLATE "C" NOT NULL,
	at         bigint NOT NULL,
	applied_by text NOT NULL
);

-- Written by Ping, so that a standby or a full disk is noticed.
CREATE TABLE ping (
	id integer PRIMARY KEY CHECK (id = 1),
	n  bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO ping VALUES (1, 0);
