-- How a profile's state and a timeline row's data are kept (package packing); 0: as they are. What was there before
-- stays as it is until it is written again.

-- +goose Up
ALTER TABLE profile ADD COLUMN packing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE timeline ADD COLUMN packing INTEGER NOT NULL DEFAULT 0;
