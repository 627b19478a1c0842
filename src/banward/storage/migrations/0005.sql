-- The counters of a jail (sheets.py), in the place of a row for each; ``convert.py`` fills it.

CREATE TABLE sheet (
    jail TEXT NOT NULL,
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (jail, number)
);
