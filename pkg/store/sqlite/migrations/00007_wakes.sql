-- When to look at which profile; profile.wake is what counts. A row that is not its profile's wake any more is stale, and
-- stays until it is due: so a timer that moves writes at its new time, where others are being written, and not at its old
-- one, which lies anywhere. See due.go.

-- +goose Up
CREATE TABLE wake (
	partition INTEGER NOT NULL,
	at        INTEGER NOT NULL,
	profile   TEXT NOT NULL,
	PRIMARY KEY (partition, at, profile)
) STRICT, WITHOUT ROWID;
INSERT INTO wake (partition, at, profile) SELECT partition, wake, id FROM profile WHERE wake IS NOT NULL ORDER BY partition, wake, id;
DROP INDEX profile_wake;
