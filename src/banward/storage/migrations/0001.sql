-- Positions, failures, bans: what has to outlive the process.

CREATE TABLE jail (
    name TEXT PRIMARY KEY,
    enabled INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;

-- How far each jail has read each source (records.Position).
CREATE TABLE position (
    jail TEXT NOT NULL,
    source TEXT NOT NULL,
    offset REAL NOT NULL,
    replay REAL NOT NULL,
    mark TEXT NOT NULL,
    inode INTEGER NOT NULL,
    PRIMARY KEY (jail, source)
) WITHOUT ROWID;

-- Who has failures within the window (records.Count); data as JSON.
CREATE TABLE failure (
    jail TEXT NOT NULL,
    subject TEXT NOT NULL,
    first REAL NOT NULL,
    last REAL NOT NULL,
    count INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (jail, subject)
) WITHOUT ROWID;

-- Matches that were read, but whose subject is still being looked up; JSON of records.Match.
CREATE TABLE pending (
    id INTEGER PRIMARY KEY,
    data TEXT NOT NULL
);

-- Every ban; data as JSON in fail2ban's form (server-and-client.md 7.1).
CREATE TABLE history (
    id INTEGER PRIMARY KEY,
    jail TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    bantime NUMERIC NOT NULL,
    bancount INTEGER NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX history_subject ON history (subject, jail);
CREATE INDEX history_at ON history (at);

-- The newest ban of each subject in each jail: what is restored, and who is a known offender.
CREATE TABLE newest (
    jail TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    bantime NUMERIC NOT NULL,
    bancount INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (jail, subject)
) WITHOUT ROWID;
CREATE INDEX newest_subject ON newest (subject);
CREATE INDEX newest_at ON newest (at);

-- What other programs read in fail2ban's database, under the names that they know.
CREATE VIEW fail2banDb AS SELECT 4 AS version;
CREATE VIEW jails AS SELECT name, enabled FROM jail;
CREATE VIEW logs AS
    SELECT jail, source AS path, mark AS firstlinemd5, offset AS lastfilepos FROM position;
CREATE VIEW bans AS
    SELECT jail, subject AS ip, at AS timeofban, bantime, bancount, data FROM history;
CREATE VIEW bips AS
    SELECT subject AS ip, jail, at AS timeofban, bantime, bancount, data FROM newest;
