-- Which ids are one person's: what has been decided of each id, all in one bucket.

-- +goose Up
CREATE TABLE identity (
	bucket integer NOT NULL,
	id     text COLLATE "C" NOT NULL,
	state  bytea NOT NULL,
	PRIMARY KEY (bucket, id)
);
