"""Databases as fail2ban leaves them, made from their description (server-and-client.md 7.1)."""

from __future__ import annotations

import json
import sqlite3

# The tables of a fail2ban database (server-and-client.md 7.1), by version.
TABLES = {
    1: """CREATE TABLE fail2banDb (version INTEGER);
        CREATE TABLE jails (name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
        CREATE TABLE logs (jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT,
                           lastfilepos INTEGER DEFAULT 0);""",
    2: "CREATE TABLE bans (jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, data JSON);",
    3: """CREATE TABLE bans (jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL,
                           bantime INTEGER NOT NULL, bancount INTEGER NOT NULL DEFAULT 1,
                           data JSON);""",
    4: """CREATE TABLE bips (ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL,
                           bantime INTEGER NOT NULL, bancount INTEGER NOT NULL DEFAULT 1,
                           data JSON,
                           PRIMARY KEY (ip, jail));""",
}
DATA = json.dumps({"matches": ["one", ["a ", "date", " b"]], "failures": 5, "user": "x"})


def make_upstream(path, version):
    """A database of fail2ban of this version with one ban."""
    db = sqlite3.connect(path)
    db.executescript(TABLES[1] + TABLES[2 if version <= 2 else 3])
    db.execute("INSERT INTO fail2banDb VALUES (?)", (version,))
    db.execute("INSERT INTO logs VALUES ('sshd', '/var/log/auth.log', 'ab12', 77)")
    if version <= 2:
        db.execute("INSERT INTO bans VALUES ('sshd', '192.0.2.1', 1000, ?)", (DATA,))
    else:
        db.execute("INSERT INTO bans VALUES ('sshd', '192.0.2.1', 1000, 600, 2, ?)", (DATA,))
    if version >= 4:
        db.executescript(TABLES[4])
        db.execute("INSERT INTO bips VALUES ('192.0.2.1', 'sshd', 1000, 600, 2, ?)", (DATA,))
    db.commit()
    db.close()
