-- name: save_position
INSERT INTO position (jail, source, offset, replay, mark, inode) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (jail, source) DO UPDATE SET
    offset = excluded.offset, replay = excluded.replay, mark = excluded.mark, inode = excluded.inode;

-- name: positions
SELECT jail, source, offset, replay, mark, inode FROM position;

-- name: forget_position
DELETE FROM position WHERE jail = ? AND source = ?;

-- name: save_sheet
INSERT OR REPLACE INTO sheet (jail, number, data) VALUES (?, ?, ?);

-- name: drop_sheets
DELETE FROM sheet WHERE jail = ? AND number < ?;

-- name: sheets
SELECT number, data FROM sheet WHERE jail = ? ORDER BY number;

-- name: sheet
SELECT data FROM sheet WHERE jail = ? AND number = ?;

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

-- name: save_bans
-- What stands in braces is repeated for each row or value (queries.query).
INSERT INTO ban (jail, subject, at, bantime, bancount, data, newest, listed)
VALUES {(?, ?, ?, ?, ?, ?, ?, ?)};

-- name: outdate
UPDATE ban SET newest = 0 WHERE newest AND jail = ? AND subject IN ({?});

-- name: forget_outdated
DELETE FROM ban WHERE NOT newest AND NOT listed AND jail = ? AND subject IN ({?});

-- name: make_newest
UPDATE ban SET newest = 1, bantime = ?, bancount = ? WHERE id = (
    SELECT max(id) FROM ban WHERE subject = ? AND jail = ? AND at = ?
);

-- name: current
SELECT id, jail, subject, at, bantime, bancount, data FROM ban
WHERE newest AND jail = ? AND (bantime < 0 OR at + bantime > ?) AND id > ?
ORDER BY id LIMIT ?;

-- name: offender
SELECT coalesce(sum(bancount), 0), coalesce(max(at), 0) FROM ban
WHERE newest AND subject = ? AND (? IS NULL OR jail = ?);

-- name: offenders
SELECT subject, sum(bancount), max(at) FROM ban
WHERE newest AND (? IS NULL OR jail = ?) AND subject IN ({?})
GROUP BY subject;

-- name: history
SELECT jail, subject, at, bantime, bancount, data FROM ban
WHERE listed AND subject = ? AND (? IS NULL OR jail = ?)
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

-- name: forget_subject_in_jail
-- One statement for each case: a condition that holds for one or for all could use no index.
DELETE FROM ban WHERE subject = ? AND jail = ?;

-- name: forget_subject
DELETE FROM ban WHERE subject = ?;

-- name: forget_jail
DELETE FROM ban WHERE jail = ?;

-- name: forget_all
DELETE FROM ban;

-- name: enable_jail
INSERT INTO jail (name, enabled) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled;

-- name: enable_all
UPDATE jail SET enabled = ?;

-- name: purge_bans
-- A long ban is remembered for three times its length (server-and-client.md 7.4).
DELETE FROM ban
WHERE at < ?1 AND NOT (newest AND (bantime = -1 OR at + 3 * bantime >= ?1));

-- name: purge_history
UPDATE ban SET listed = 0 WHERE at < ?1 AND listed;

-- name: purge_jails
DELETE FROM jail WHERE enabled = 0 AND name NOT IN (SELECT jail FROM ban);

-- name: purge_positions
DELETE FROM position WHERE jail NOT IN (SELECT name FROM jail);

-- name: purge_sheets
DELETE FROM sheet WHERE jail NOT IN (SELECT name FROM jail);

-- name: purge_decisions
DELETE FROM decision WHERE at < ?;

-- name: purge_many_decisions
DELETE FROM decision WHERE at <= (SELECT at FROM decision ORDER BY at DESC LIMIT 1 OFFSET ?);

-- name: in_index
SELECT id, jail, subject, at, bantime, bancount, newest FROM ban INDEXED BY ban_subject;

-- name: save_without_data
INSERT OR IGNORE INTO ban (id, jail, subject, at, bantime, bancount, newest, data)
VALUES (?, ?, ?, ?, ?, ?, ?, '{}');

-- name: one_newest
-- What was read twice is the newest once.
UPDATE ban SET newest = 0
WHERE newest AND id NOT IN (SELECT max(id) FROM ban WHERE newest GROUP BY jail, subject);

-- name: forget_all_outdated
DELETE FROM ban WHERE NOT newest AND NOT listed;

-- name: any_newest
-- Whoever is in the history and not known any more was on a page that is lost.
UPDATE ban SET newest = 1
WHERE id IN (SELECT max(id) FROM ban GROUP BY jail, subject HAVING NOT max(newest));
