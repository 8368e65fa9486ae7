-- A database as the first version of the schema wrote it: position, profile, timeline,
-- message, outbox and claim of one partition. It never changes: such files exist.
PRAGMA application_id = 0x52505254;
CREATE TABLE claim (
	partition INTEGER NOT NULL,
	id        TEXT NOT NULL,
	worker    TEXT NOT NULL,
	at        INTEGER,
	receipt   BLOB, -- NULL while open
	PRIMARY KEY (partition, id)
) STRICT;
INSERT INTO "claim" VALUES(1,'m1','w',1294135200123456789,NULL);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2011-01-04 10:00:00');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2011-01-04 10:00:00');
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
INSERT INTO "message" VALUES(1,'m1','ada','thank-you',NULL,NULL,NULL,'email',NULL,'thank-you',1294135200123456789,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL);
CREATE TABLE outbox (
	partition INTEGER NOT NULL,
	seq       INTEGER NOT NULL,
	n         INTEGER NOT NULL,
	messages  BLOB NOT NULL,
	PRIMARY KEY (partition, seq)
) STRICT;
INSERT INTO "outbox" VALUES(1,1,1,X'81A361736A73656E642E656D61696C6169626D31616447636F6D6D616E64');
CREATE TABLE partition_offset (
	partition INTEGER PRIMARY KEY,
	epoch     INTEGER NOT NULL, -- of the owner; 64 bits, unsigned
	seq       INTEGER NOT NULL, -- of the last event applied; 64 bits, unsigned
	clock     INTEGER,
	outbox    INTEGER NOT NULL  -- seq of the last outbox batch written, kept when the batch is gone
) STRICT;
INSERT INTO "partition_offset" VALUES(1,4,2,1294135200123456789,1);
CREATE TABLE ping (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	n  INTEGER NOT NULL
) STRICT;
INSERT INTO "ping" VALUES(1,0);
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
INSERT INTO "profile" VALUES(1,'ada',X'0100FF',1,2,1294135200123456789,1294135200123456789,1294138800123456789);
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
INSERT INTO "timeline" VALUES(1,'ada','e2',1294135200123456789,'event','order.completed',NULL,NULL,X'7B22746F74616C223A22322E3030227D');
INSERT INTO "timeline" VALUES(1,'ada','e1',1294131600123456789,'event','order.completed',NULL,NULL,NULL);
CREATE INDEX profile_wake ON profile (partition, wake, id) WHERE wake IS NOT NULL;
CREATE INDEX message_decided ON message (decided_at, id);
CREATE INDEX message_open ON message (partition) WHERE outcome IS NULL;
CREATE INDEX message_profile ON message (profile, decided_at, id);
