-- Every table starts with the partition, since one transaction touches one partition
-- and the tables can then be spread by it. Times are nanoseconds since 1970 in UTC, NULL
-- when there is none. Optional text is NULL when empty: SQLite stores NULL in no bytes.

-- +goose Up
CREATE TABLE partition_offset (
	partition INTEGER PRIMARY KEY,
	epoch     INTEGER NOT NULL, -- of the owner; 64 bits, unsigned
	seq       INTEGER NOT NULL, -- of the last event applied; 64 bits, unsigned
	clock     INTEGER,
	outbox    INTEGER NOT NULL  -- seq of the last outbox batch written, kept when the batch is gone
) STRICT;

-- A state is longer than what WITHOUT ROWID keeps in its page, so this has rowids.
CREATE TABLE profile (
	partition     INTEGER NOT NULL,
	id            TEXT NOT NULL,
	state         BLOB NOT NULL,
	known         INTEGER NOT NULL,
	orders        INTEGER NOT NULL,
	last_order_at INTEGER,
	updated_at    INTEGER,
	wake          INTEGER,
	PRIMARY KEY (partition, id)
) STRICT;

-- The wake-up list: SQLite keeps it exact as profile.wake changes.
CREATE INDEX profile_wake ON profile (partition, wake, id) WHERE wake IS NOT NULL;

-- Rows lie in the order of writing and are found by the key: clustering them by profile
-- cost a third of the speed of writing, and nobody reads thousands of one profile's rows.
CREATE TABLE timeline (
	partition INTEGER NOT NULL,
	profile   TEXT NOT NULL,
	id        TEXT NOT NULL,
	at        INTEGER NOT NULL,
	kind      TEXT NOT NULL,
	name      TEXT NOT NULL,
	detail    TEXT,
	trace     TEXT,
	data      BLOB,
	PRIMARY KEY (partition, profile, id)
) STRICT;

CREATE TABLE message (
	partition   INTEGER NOT NULL,
	id          TEXT NOT NULL,
	profile     TEXT NOT NULL,
	journey     TEXT NOT NULL,
	version     TEXT,
	instance    TEXT,
	step        TEXT,
	channel     TEXT NOT NULL,
	category    TEXT,
	template    TEXT NOT NULL,
	decided_at  INTEGER NOT NULL,
	outcome     TEXT, -- NULL while a worker has it
	reason      TEXT,
	detail      TEXT,
	provider    TEXT,
	provider_id TEXT,
	outcome_at  INTEGER,
	resent      INTEGER NOT NULL DEFAULT 0,
	trace       TEXT,
	PRIMARY KEY (partition, id)
) STRICT;

CREATE INDEX message_decided ON message (decided_at, id);
CREATE INDEX message_open ON message (partition) WHERE outcome IS NULL;
CREATE INDEX message_profile ON message (profile, decided_at, id);

-- One row a commit: the messages in CBOR, n of them.
CREATE TABLE outbox (
	partition INTEGER NOT NULL,
	seq       INTEGER NOT NULL,
	n         INTEGER NOT NULL,
	messages  BLOB NOT NULL,
	PRIMARY KEY (partition, seq)
) STRICT;

CREATE TABLE claim (
	partition INTEGER NOT NULL,
	id        TEXT NOT NULL,
	worker    TEXT NOT NULL,
	at        INTEGER,
	receipt   BLOB, -- NULL while open
	PRIMARY KEY (partition, id)
) STRICT;

-- Written by Ping, so that a full or read-only disk is noticed.
CREATE TABLE ping (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	n  INTEGER NOT NULL
) STRICT;
INSERT INTO ping VALUES (1, 0);
