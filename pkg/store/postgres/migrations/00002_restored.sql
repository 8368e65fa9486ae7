-- +goose Up

-- Which server, and which line of its history, the store was last known to be complete on.
-- A restore, and a fail-over to a copy, make another one. See restored.go.
CREATE TABLE history (
	id     integer PRIMARY KEY CHECK (id = 1),
	line   text COLLATE "C" NOT NULL
);
