-- Which ids are one person's: what has been decided of each id, all in one partition.

-- +goose Up
CREATE TABLE identity (
	partition INTEGER NOT NULL,
	id        TEXT NOT NULL,
	state     BLOB NOT NULL,
	PRIMARY KEY (partition, id)
) STRICT;
