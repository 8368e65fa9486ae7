-- What is counted as batches are applied, the versions of the workspace, and which of them
-- a profile has met.

-- +goose Up

-- How many instances rest where. A partition has rows of its own: nobody waits for another
-- partition's lock. Rows that came to 0 are removed now and then.
CREATE TABLE resting (
	partition INTEGER NOT NULL,
	journey   TEXT NOT NULL,
	version   TEXT NOT NULL,
	step      TEXT NOT NULL,
	n         INTEGER NOT NULL,
	PRIMARY KEY (partition, journey, version, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE arm (
	partition INTEGER NOT NULL,
	journey   TEXT NOT NULL,
	version   TEXT NOT NULL,
	step      TEXT NOT NULL,
	arm       TEXT NOT NULL,
	ghost     INTEGER NOT NULL,
	entered   INTEGER NOT NULL,
	converted INTEGER NOT NULL,
	value     INTEGER NOT NULL, -- millionths
	PRIMARY KEY (partition, journey, version, step, arm, ghost)
) STRICT, WITHOUT ROWID;

-- Rows lie in the order in which they were decided.
CREATE TABLE winner (
	n       INTEGER PRIMARY KEY,
	journey TEXT NOT NULL,
	version TEXT NOT NULL,
	step    TEXT NOT NULL,
	arm     TEXT NOT NULL,
	at      INTEGER NOT NULL,
	detail  TEXT,
	UNIQUE (journey, version, step)
) STRICT;

CREATE TABLE workspace (
	id    TEXT PRIMARY KEY,
	at    INTEGER NOT NULL,
	by    TEXT,
	note  TEXT,
	files BLOB NOT NULL -- a CBOR map of name to content, deflated
) STRICT;

-- Which workspace versions have a version of a journey.
CREATE TABLE held (
	journey   TEXT NOT NULL,
	version   TEXT NOT NULL,
	workspace TEXT NOT NULL,
	PRIMARY KEY (journey, version, workspace)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_workspace ON held (workspace);

-- Every time that a workspace version was put in force; the last row is. It stays when the
-- version itself is gone.
CREATE TABLE applied (
	n         INTEGER PRIMARY KEY,
	workspace TEXT NOT NULL,
	at        INTEGER NOT NULL,
	by        TEXT
) STRICT;

-- What was written before this has met no workspace version.
ALTER TABLE profile ADD COLUMN snapshot TEXT NOT NULL DEFAULT '';
CREATE INDEX profile_snapshot ON profile (partition, snapshot, id);
