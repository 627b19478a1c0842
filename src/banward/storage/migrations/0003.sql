-- Regexes that ran away on a line and are not tried again after a restart (records.Quarantined).

CREATE TABLE quarantine (
    jail TEXT NOT NULL,
    pattern TEXT NOT NULL,
    source TEXT NOT NULL,
    line TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (jail, pattern)
) WITHOUT ROWID;
