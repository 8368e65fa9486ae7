-- Who must not be written to, whose numbers are whose, and what is left of people who asked
-- to be forgotten. None of it holds an address: hashes are made with the installation's salt.

-- +goose Up
CREATE TABLE installation (
	id   integer PRIMARY KEY CHECK (id = 1),
	salt bytea NOT NULL -- 32 random bytes, made when the store is first opened
);

-- The bucket is no partition here but the first byte of the hash: whoever spreads the tables
-- spreads this one evenly, and beside nothing else.
CREATE TABLE suppression (
	bucket  integer NOT NULL,
	hash    bytea NOT NULL,
	reason  text COLLATE "C" NOT NULL,
	channel text COLLATE "C" NOT NULL,
	at      bigint NOT NULL,
	source  text NOT NULL,
	PRIMARY KEY (bucket, hash, reason)
);

CREATE TABLE phone (
	bucket  integer NOT NULL,
	profile text COLLATE "C" NOT NULL,
	hash    bytea NOT NULL,
	PRIMARY KEY (bucket, profile, hash)
);
CREATE INDEX phone_hash ON phone (hash);

-- Profiles that were erased, by the hash of their ids.
CREATE TABLE erased (
	bucket integer NOT NULL,
	hash   bytea NOT NULL,
	at     bigint NOT NULL,
	PRIMARY KEY (bucket, hash)
);

-- How many rows of the timeline went with erased profiles, so that counts stay what they were.
CREATE TABLE gone (
	bucket integer NOT NULL,
	kind   text COLLATE "C" NOT NULL,
	name   text COLLATE "C" NOT NULL,
	n      bigint NOT NULL,
	PRIMARY KEY (bucket, kind, name)
);
