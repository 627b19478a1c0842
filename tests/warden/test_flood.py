"""A hundred thousand attack lines at once are worked off in batches, and nobody waits for the end."""

from __future__ import annotations

import asyncio
import logging

from banward.log_lines import LineFormatter
from banward.log_outputs import File
from banward.sources.open_file import BLOCK
from banward.watcher.loop import MOST_UNDERWAY
from banward.watcher_process import InlineWatcher
from warden.wardens import scene

LINES = 100_000
EACH = 5  # lines of one attacker, one behind the other


def write_flood(path):
    """A log in which nearly every line is a failure, and its size."""
    text = "".join(
        f"Nov 14 22:13:{n // EACH % 60:02} srv sshd[{n}]: bad 192.{n // EACH >> 16}."
        f"{n // EACH >> 8 & 255}.{n // EACH & 255} ({'x' * 50})\n"
        for n in range(LINES)
    )
    path.write_text(text)
    return len(text)


def test_first_bans_hold_before_the_last_lines_are_read(tmp_path, caplog):
    """The first ban is in force, and clients are answered, while most of the log is unread."""
    caplog.set_level(logging.WARNING, "fail2ban")
    size = write_flood(tmp_path / "log")
    seen, answers = [], []

    async def story():
        async with scene(watcher=InlineWatcher()) as s:
            source = str(tmp_path / "log")
            done, clients = asyncio.Event(), []

            def handled():
                position = s.warden._listening.positions.get(("j", source))
                return position.offset if position else 0

            async def ask():
                await s.run("status", "j")
                answers.append(handled())

            note = s.backends.build

            def build(settings, jail):
                enforcer = note(settings, jail)
                ban = enforcer.ban

                async def noting(bans):
                    seen.append((handled(), len(bans)))
                    clients.append(asyncio.create_task(ask()))
                    if handled() == size:
                        done.set()
                    return await ban(bans)

                enforcer.ban = noting
                return enforcer

            s.backends.build = build
            await s.run("add", "j", "polling")
            await s.run("set", "j", "prefregex", r"^ srv sshd\[\d+\]: <F-CONTENT>.+</F-CONTENT>$")
            await s.run("set", "j", "addfailregex", r"^bad <HOST> \(x+\)$")
            await s.run("set", "j", "datepattern", "{^LN-BEG}")
            await s.run("set", "j", "maxretry", EACH)
            await s.run("set", "j", "findtime", 10_000_000_000)
            await s.run("set", "j", "bantime", 20_000_000_000)
            await s.run("set", "j", "addlogpath", source, "head")
            await s.run("set", "j", "addaction", "act")
            await s.run("start", "j")
            await asyncio.wait_for(done.wait(), 120)
            await s.settle()
            await asyncio.gather(*clients)
            assert len(await s.run("get", "j", "banip")) == LINES // EACH

    asyncio.run(story())
    first, _ = seen[0]
    # The watcher is never more than so many blocks ahead of what was handled.
    assert first + (MOST_UNDERWAY + 1) * BLOCK < size
    assert sum(count for _, count in seen) == LINES // EACH
    assert len(seen) > 10  # in batches, as the blocks come
    assert max(count for _, count in seen) < LINES // EACH // 4
    within = [at for at in answers if 0 < at < size]
    assert len(set(within)) > 10  # clients are answered between blocks


class CountingFile(File):
    """A log file that counts how often it is written to the disk."""

    count = 0

    def flush(self):
        self.count += not self.is_held
        super().flush()


def test_the_lines_of_a_block_are_written_together(tmp_path):
    """However many failures a block has, the log is flushed a few times only."""
    root, logger = logging.getLogger(), logging.getLogger("fail2ban")
    before, root.handlers = root.handlers, [CountingFile(str(tmp_path / "b.log"))]
    root.handlers[0].setFormatter(LineFormatter("%(message)s"))
    level = logger.level
    logger.setLevel(logging.INFO)

    async def story():
        async with scene() as s:
            await s.add("j", ("maxretry", 1000))
            root.handlers[0].count = 0
            await s.fail("192.0.2.1", times=500)
            assert root.handlers[0].count < 10

    try:
        asyncio.run(story())
    finally:
        root.handlers[0].close()
        root.handlers = before
        logger.setLevel(level)
    assert (tmp_path / "b.log").read_text().count("[j] Found 192.0.2.1") == 500
