-- Decisions that are no bans, so that one can ask why; positions as other programs expect them.

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
