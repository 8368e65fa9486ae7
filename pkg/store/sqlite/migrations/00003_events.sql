-- Back-tests read events in the order of time. Events mostly come in that order, so that
-- each goes to the end of its partition's part of the index: about 2 % of a commit.

-- +goose Up
CREATE INDEX timeline_event ON timeline (partition, at) WHERE kind = 'event';
