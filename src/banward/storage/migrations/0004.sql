-- Every ban stands once: a row is the newest of its subject in its jail, or part of the history, or both.

-- Data as JSON in fail2ban's form (server-and-client.md 7.1). What is restored, and who is a known
-- offender, is told by the newest; a purge takes rows out of the history that are the newest still.
CREATE TABLE ban (
    id INTEGER PRIMARY KEY,
    jail TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    bantime NUMERIC NOT NULL,
    bancount INTEGER NOT NULL,
    data TEXT NOT NULL,
    newest INTEGER NOT NULL DEFAULT 1,
    listed INTEGER NOT NULL DEFAULT 1
);

INSERT INTO ban (id, jail, subject, at, bantime, bancount, data, newest)
SELECT id, jail, subject, at, bantime, bancount, data, 0 FROM history;

-- It holds all that a ban is but its lines, so that a damaged page of the table loses nobody.
CREATE INDEX ban_subject ON ban (subject, jail, newest, at, bantime, bancount);

UPDATE ban SET newest = 1 WHERE id IN (
    SELECT max(id) FROM ban JOIN newest USING (jail, subject, at) GROUP BY jail, subject
);

INSERT INTO ban (jail, subject, at, bantime, bancount, data, listed)
SELECT jail, subject, at, bantime, bancount, data, 0 FROM newest AS alone
WHERE NOT EXISTS (
    SELECT 1 FROM ban WHERE ban.newest AND ban.subject = alone.subject AND ban.jail = alone.jail
);

CREATE INDEX ban_at ON ban (at);
CREATE INDEX ban_newest ON ban (jail) WHERE newest;

DROP VIEW bans;
CREATE VIEW bans AS
    SELECT jail, subject AS ip, at AS timeofban, bantime, bancount, CAST(data AS BLOB) AS data
    FROM ban WHERE listed;
DROP VIEW bips;
CREATE VIEW bips AS
    SELECT subject AS ip, jail, at AS timeofban, bantime, bancount, CAST(data AS BLOB) AS data
    FROM ban WHERE newest;
DROP TABLE history;
DROP TABLE newest;
