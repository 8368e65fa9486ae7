-- Who must not be written to, whose numbers are whose, and what is left of people who asked
-- to be forgotten. None of it holds an address: hashes are made with the installation's salt.

-- +goose Up
CREATE TABLE installation (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	salt BLOB NOT NULL -- 32 random bytes, made when the store is first opened
) STRICT;

-- bucket is the first byte of the hash: the list is not the partitions'.
CREATE TABLE suppression (
	bucket  INTEGER NOT NULL,
	hash    BLOB NOT NULL,
	reason  TEXT NOT NULL,
	channel TEXT NOT NULL,
	at      INTEGER NOT NULL,
	source  TEXT,
	PRIMARY KEY (bucket, hash, reason)
) STRICT;

CREATE TABLE phone (
	partition INTEGER NOT NULL,
	profile   TEXT NOT NULL,
	hash      BLOB NOT NULL,
	PRIMARY KEY (partition, profile, hash)
) STRICT;
CREATE INDEX phone_hash ON phone (hash);

-- Profiles that were erased, by the hash of their ids.
CREATE TABLE erased (
	partition INTEGER NOT NULL,
	hash      BLOB NOT NULL,
	at        INTEGER NOT NULL,
	PRIMARY KEY (partition, hash)
) STRICT;

-- How many rows of the timeline went with erased profiles, so that counts stay what they were.
CREATE TABLE gone (
	partition INTEGER NOT NULL,
	kind      TEXT NOT NULL,
	name      TEXT NOT NULL,
	n         INTEGER NOT NULL,
	PRIMARY KEY (partition, kind, name)
) STRICT, WITHOUT ROWID;
