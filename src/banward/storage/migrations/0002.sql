-- Decisions that are no bans, so that one can ask why; views just as other programs expect them.

-- One row for each reason, so that what is decided again and again takes no more room.
CREATE TABLE decision (
    subject TEXT NOT NULL,
    jail TEXT NOT NULL,
    reason TEXT NOT NULL,
    at REAL NOT NULL,
    origin TEXT NOT NULL,
    detail TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (subject, jail, reason)
) WITHOUT ROWID;
CREATE INDEX decision_at ON decision (at);

-- fail2ban's column holds an integer for a file, and a time with its fraction for the journal.
DROP VIEW logs;
CREATE VIEW logs AS
    SELECT jail, source AS path, mark AS firstlinemd5,
        CASE WHEN offset = CAST(offset AS INTEGER) THEN CAST(offset AS INTEGER) ELSE offset END
            AS lastfilepos
    FROM position;

-- Its column data is a BLOB that holds the text.
DROP VIEW bans;
CREATE VIEW bans AS
    SELECT jail, subject AS ip, at AS timeofban, bantime, bancount, CAST(data AS BLOB) AS data
    FROM history;
DROP VIEW bips;
CREATE VIEW bips AS
    SELECT subject AS ip, jail, at AS timeofban, bantime, bancount, CAST(data AS BLOB) AS data
    FROM newest;
