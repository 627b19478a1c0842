-- name: save_position
INSERT INTO position (jail, source, offset, replay, mark, inode) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (jail, source) DO UPDATE SET
    offset = excluded.offset, replay = excluded.replay, mark = excluded.mark, inode = excluded.inode;

-- name: positions
SELECT jail, source, offset, replay, mark, inode FROM position;

-- name: forget_position
DELETE FROM position WHERE jail = ? AND source = ?;

-- name: save_count
INSERT INTO failure (jail, subject, first, last, count, failures, data) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (jail, subject) DO UPDATE SET
    first = excluded.first, last = excluded.last, count = excluded.count,
    failures = excluded.failures, data = excluded.data;

-- name: drop_count
DELETE FROM failure WHERE jail = ? AND subject = ?;

-- name: counts
SELECT subject, first, last, count, failures, data FROM failure WHERE jail = ? ORDER BY last;

-- name: forget_counts
DELETE FROM failure WHERE jail = ?;

-- name: save_pending
INSERT INTO pending (data) VALUES (?);

-- name: settle_pending
DELETE FROM pending WHERE id = ?;

-- name: pending
SELECT id, data FROM pending ORDER BY id;

-- name: save_history
INSERT INTO history (jail, subject, at, bantime, bancount, data) VALUES (?, ?, ?, ?, ?, ?);

-- name: save_newest
INSERT OR REPLACE INTO newest (jail, subject, at, bantime, bancount, data) VALUES (?, ?, ?, ?, ?, ?);

-- name: current
SELECT jail, subject, at, bantime, bancount, data FROM newest
WHERE jail = ? AND (bantime < 0 OR at + bantime > ?)
ORDER BY at;

-- name: offender
SELECT coalesce(sum(bancount), 0), coalesce(max(at), 0) FROM newest
WHERE subject = ? AND (? IS NULL OR jail = ?);

-- name: history
SELECT jail, subject, at, bantime, bancount, data FROM history
WHERE subject = ? AND (? IS NULL OR jail = ?)
ORDER BY at DESC, id DESC LIMIT ?;

-- name: forget_newest
DELETE FROM newest WHERE (? IS NULL OR subject = ?) AND (? IS NULL OR jail = ?);

-- name: forget_history
DELETE FROM history WHERE (? IS NULL OR subject = ?) AND (? IS NULL OR jail = ?);

-- name: enable_jail
INSERT INTO jail (name, enabled) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled;

-- name: enable_all
UPDATE jail SET enabled = ?;

-- name: purge_history
DELETE FROM history WHERE at < ?;

-- name: purge_newest
-- A long ban is remembered for three times its length (server-and-client.md 7.4).
DELETE FROM newest WHERE at < ?1 AND bantime <> -1 AND at + 3 * bantime < ?1;

-- name: purge_jails
DELETE FROM jail WHERE enabled = 0
    AND name NOT IN (SELECT jail FROM history) AND name NOT IN (SELECT jail FROM newest);

-- name: purge_positions
DELETE FROM position WHERE jail NOT IN (SELECT name FROM jail);

-- name: purge_counts
DELETE FROM failure WHERE jail NOT IN (SELECT name FROM jail);
