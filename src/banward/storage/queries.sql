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

-- name: save_quarantined
INSERT OR REPLACE INTO quarantine (jail, pattern, source, line, at) VALUES (?, ?, ?, ?, ?);

-- name: forget_quarantined
DELETE FROM quarantine;

-- name: quarantined
SELECT jail, pattern, source, line, at FROM quarantine ORDER BY at, jail;

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

-- name: offenders
SELECT subject, sum(bancount), max(at) FROM newest
WHERE subject IN (SELECT value FROM json_each(?)) AND (? IS NULL OR jail = ?)
GROUP BY subject;

-- name: history
SELECT jail, subject, at, bantime, bancount, data FROM history
WHERE subject = ? AND (? IS NULL OR jail = ?)
ORDER BY at DESC, id DESC LIMIT ?;

-- name: save_decision
INSERT INTO decision (subject, jail, reason, at, origin, detail, times) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (subject, jail, reason) DO UPDATE SET
    at = excluded.at, origin = excluded.origin, detail = excluded.detail,
    times = times + excluded.times;

-- name: decisions
SELECT subject, jail, reason, at, origin, detail, times FROM decision
WHERE subject = ? AND (? IS NULL OR jail = ?)
ORDER BY at, jail, reason;

-- name: forget_newest_subject_in_jail
-- One statement for each case: a condition that holds for one or for all could use no index.
DELETE FROM newest WHERE subject = ? AND jail = ?;

-- name: forget_newest_subject
DELETE FROM newest WHERE subject = ?;

-- name: forget_newest_jail
DELETE FROM newest WHERE jail = ?;

-- name: forget_newest_all
DELETE FROM newest;

-- name: forget_history_subject_in_jail
DELETE FROM history WHERE subject = ? AND jail = ?;

-- name: forget_history_subject
DELETE FROM history WHERE subject = ?;

-- name: forget_history_jail
DELETE FROM history WHERE jail = ?;

-- name: forget_history_all
DELETE FROM history;

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

-- name: purge_decisions
DELETE FROM decision WHERE at < ?;

-- name: purge_many_decisions
DELETE FROM decision WHERE at <= (SELECT at FROM decision ORDER BY at DESC LIMIT 1 OFFSET ?);

-- name: rebuild_newest
INSERT OR IGNORE INTO newest (jail, subject, at, bantime, bancount, data)
SELECT jail, subject, max(at), bantime, bancount, data FROM history GROUP BY jail, subject;
