"""Real watchers in processes of their own; the test is the warden."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

import journals
from banward.link import JailState, Notice, Quarantine
from banward.records import Progress
from banward.settings import FilterSettings, LogPath, WatchSettings
from banward.testing.rights import is_root
from banward.watcher_child import ChildProcess
from banward.watcher_process import InlineWatcher, WatcherProcess

PATIENCE = 60  # seconds until a test that hangs is given up


@pytest.fixture
def log(tmp_path):
    """A log that the watcher's user may reach."""
    for parent in (tmp_path, *tmp_path.parents[:2]):
        parent.chmod(0o755)
    path = tmp_path / "service.log"
    path.touch(mode=0o600)
    return path


@pytest.fixture(params=[WatcherProcess, InlineWatcher])
def kind(request):
    return request.param


def jail(name, *paths, regex=("fail from <HOST>$",)):
    rule = FilterSettings(failregex=regex, datepattern="^EPOCH")
    return WatchSettings(name, rule, logpaths=tuple(LogPath(str(path)) for path in paths))


def append(path, *texts):
    with path.open("a") as file:
        file.writelines(f"{time.time():.0f} {text}\n" for text in texts)


class Warden:
    """Starts a watcher, takes all its reports, and stops it."""

    def __init__(self, watcher):
        self.watcher = watcher
        self.reports = []
        self._source = watcher.reports()

    async def __aenter__(self):
        await self.watcher.start()
        return self

    async def __aexit__(self, *_):
        stopping = asyncio.create_task(self.watcher.stop())
        async with asyncio.timeout(PATIENCE):
            self.reports += [report async for report in self._source]
            await stopping

    async def until(self, wanted):
        """Take reports until one is wanted; gives it."""
        async with asyncio.timeout(PATIENCE):
            async for report in self._source:
                self.reports.append(report)
                if wanted(report):
                    return report
        raise AssertionError("the reports ended")

    async def until_found(self, count):
        """Take reports until so many failures were found; gives all so far."""
        while len(self.found()) < count:
            await self.until(lambda report: isinstance(report, Progress))
        return self.found()

    def found(self):
        progress = [report for report in self.reports if isinstance(report, Progress)]
        return [match.subject for each in progress for match in each.matches]

    def log(self):
        return [report.message for report in self.reports if isinstance(report, Notice)]


def is_state(report):
    return isinstance(report, JailState)


def run(work):
    asyncio.run(work)


def address(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def test_a_line_becomes_a_match(kind, log):
    """A watcher in a process or a thread finds the failure in a line that is written."""

    async def work():
        watcher = kind()
        async with Warden(watcher) as warden:
            await watcher.configure([jail("sshd", log)], {})
            await warden.until(is_state)
            append(log, "fail from 192.0.2.1")
            assert await warden.until_found(1) == ["192.0.2.1"]

    run(work())


def test_stop_gives_what_was_left_to_say(kind, log):
    """After stop the reports end, with the last words of the watcher."""

    async def work():
        watcher = kind()
        async with Warden(watcher) as warden:
            await watcher.configure([jail("sshd", log)], {})
            await warden.until(is_state)
        assert warden.log()[-1] == f"Removed logfile: {str(log)!r}"
        assert watcher.pid is None

    run(work())


def test_stop_without_a_reader_ends(kind):
    """A watcher that nobody listens to can be stopped too."""

    async def work():
        watcher = kind()
        await watcher.start()
        async with asyncio.timeout(PATIENCE):
            await watcher.stop()

    run(work())


@pytest.mark.skipif(not is_root(), reason="needs root, to have rights to give up")
def test_the_process_has_given_up_its_rights(log):
    """The watcher is not root, can gain nothing, and reads a log of root all the same."""

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            await watcher.configure([jail("sshd", log)], {})
            await warden.until(is_state)
            status = Path(f"/proc/{watcher.pid}/status").read_text()
            fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            assert "0" not in fields["Uid"].split()
            assert (fields["NoNewPrivs"], int(fields["CapEff"], 16)) == ("1", 4)
            append(log, "fail from 192.0.2.1")
            assert await warden.until_found(1) == ["192.0.2.1"]

    run(work())


@pytest.mark.parametrize("after", [1, 3])
def test_killed_in_the_middle_nothing_is_lost_or_counted_twice(log, after):
    """A watcher killed by SIGKILL while it reads is replaced; each line is found once."""
    count = 25_000
    append(log, *(f"fail from {address(number)} {'x' * 150}" for number in range(count)))
    settings = jail("sshd", log, regex=(r"fail from <HOST> x*$",))

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            await watcher.configure([settings], {})
            for _ in range(after):
                await warden.until(lambda report: isinstance(report, Progress))
            os.kill(watcher.pid, signal.SIGKILL)
            found = await warden.until_found(count)
            assert found == [address(number) for number in range(count)]
            append(log, "fail from 192.0.2.1 x")
            assert (await warden.until_found(count + 1))[-1] == "192.0.2.1"
        assert "The watcher ended unexpectedly (signal 9), starting a new one" in warden.log()

    run(work())


@pytest.mark.skipif(bool(journals.missing()), reason=journals.missing())
def test_a_journal_is_read_without_rights(log):
    """A watcher that gave up its rights reads a journal of root, and what comes to it."""
    folder = log.parent / "journal"
    folder.mkdir(mode=0o700)
    path = folder / "system.journal"
    begin = time.time() - journals.NOW
    journals.write(path, journals.entry(begin - 5, "fail from 192.0.2.1"))
    rule = FilterSettings(failregex=("fail from <HOST>$",))
    settings = WatchSettings("sshd", rule, backend=f"systemd[journalpath={folder}]")

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            await watcher.configure([settings], {})
            await warden.until_found(1)
            journals.write(path, journals.entry(begin - 4, "fail from 192.0.2.2"))
            assert await warden.until_found(2) == ["192.0.2.1", "192.0.2.2"]

    run(work())


EVIL = r"^\s*(a+)+ <HOST>$"
BOMB = "a" * 50 + "!"


def test_a_regex_that_runs_away_is_broken_off(log):
    """The regex is put in quarantine, its jail and the other one go on, nobody loses a line."""

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            evil = jail("evil", log, regex=("fail from <HOST>$", EVIL))
            await watcher.configure([evil, jail("good", log)], {})
            await warden.until(is_state)
            pid = watcher.pid
            append(log, "fail from 192.0.2.1", BOMB, "fail from 192.0.2.2")
            found = sorted(await warden.until_found(4))
            assert found == ["192.0.2.1"] * 2 + ["192.0.2.2"] * 2
            told = await warden.until(lambda report: isinstance(report, Quarantine))
            assert (told.jail, told.index, told.pattern) == ("evil", 1, EVIL)
            assert BOMB in told.line
            assert watcher.pid == pid

    run(work())


def test_a_watcher_that_hangs_is_killed(log):
    """Without a sign of life it is killed and replaced, the regex found out and left out."""
    append(log, "fail from 192.0.2.1", BOMB, "fail from 192.0.2.2")

    async def work():
        # Less patience than the watcher's own guard has.
        watcher = WatcherProcess(patience=0.2)
        async with Warden(watcher) as warden:
            evil = jail("evil", log, regex=("fail from <HOST>$", EVIL))
            await watcher.configure([evil, jail("good", log)], {})
            found = sorted(await warden.until_found(4))
            assert found == ["192.0.2.1"] * 2 + ["192.0.2.2"] * 2
        (told,) = [report for report in warden.reports if isinstance(report, Quarantine)]
        assert (told.jail, told.index, told.pattern) == ("evil", 1, EVIL)
        assert BOMB in told.line
        assert warden.log().count("The watcher hung, starting a new one") == 2

    run(work())


def test_a_log_elsewhere_takes_a_new_watcher(log, tmp_path_factory):
    """What may be read is settled at the start; for another directory a new one is started."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    elsewhere.chmod(0o755)
    other = elsewhere / "other.log"
    other.touch()

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            await watcher.configure([jail("a", log)], {})
            await warden.until(is_state)
            append(log, "fail from 192.0.2.1")
            await warden.until_found(1)
            append(log, "fail from 192.0.2.2")
            await watcher.configure([jail("a", log), jail("b", other)], {})
            await warden.until(lambda report: is_state(report) and report.jail == "b")
            append(other, "fail from 192.0.2.3")
            found = await warden.until_found(3)
            assert sorted(found) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
        assert not any("unexpectedly" in text for text in warden.log())

    run(work())


def test_a_directory_made_anew_is_let_in(log, monkeypatch):
    """A log whose directory is moved away and made anew is read, by a new watcher if need be."""
    monkeypatch.setattr("banward.watcher_process._STABLE", -1)
    folder = log.parent / "folder"
    folder.mkdir(mode=0o700)
    path = folder / "log"
    append(path, "fail from 192.0.2.1")

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            await watcher.configure([jail("sshd", path)], {})
            await warden.until_found(1)
            folder.rename(log.parent / "moved")
            folder.mkdir(mode=0o700)
            append(path, "fail from 192.0.2.2")
            assert await warden.until_found(2) == ["192.0.2.1", "192.0.2.2"]

    run(work())


def test_a_watcher_ends_with_its_warden(log):
    """When the warden is gone the watcher ends by itself, whatever it was doing."""

    async def work():
        watcher = WatcherProcess()
        await watcher.start()
        await watcher.configure([jail("sshd", log)], {})
        warden = Warden(watcher)
        await warden.until(is_state)
        watcher._overseer.cancel()
        watcher._writer.close()
        assert await asyncio.to_thread(watcher._child.wait, PATIENCE) == 0

    run(work())


def test_a_watcher_that_fails_says_why(log):
    """An error in the watcher is told with its trace, and a new one goes on."""

    async def work():
        watcher = WatcherProcess()
        async with Warden(watcher) as warden:
            await watcher.configure([jail("sshd", log)], {})
            await warden.until(is_state)
            watcher._writer.write(b"\0\0\0\1x")  # no order
            ended = "The watcher ended unexpectedly (exit code 1), starting a new one"
            await warden.until(lambda report: getattr(report, "message", "") == ended)
            append(log, "fail from 192.0.2.1")
            assert await warden.until_found(1) == ["192.0.2.1"]
        assert any("LinkError: a frame that is no known message" in t for t in warden.log())

    run(work())


class FaultyChild(ChildProcess):
    """The first processes are no watchers."""

    def __init__(self, commands):
        super().__init__("banward")
        self._commands = list(commands)

    def start(self, theirs, page):
        if not self._commands:
            super().start(theirs, page)
            return
        self._process = subprocess.Popen(self._commands.pop(0), stdout=theirs, pass_fds=())
        theirs.close()


@pytest.mark.parametrize(
    "commands",
    [
        [["false"]],
        [["false"], ["true"]],
        [["printf", "\\xff\\xff\\xff\\xff nonsense"]],
        [["printf", "\\0\\0\\0\\1x"]],
    ],
    ids=["dies", "dies twice", "too long", "nonsense"],
)
def test_a_watcher_that_makes_no_sense_is_replaced(log, commands):
    """A process that dies at once or sends what is no report is replaced by a new one."""
    append(log, "fail from 192.0.2.1")

    async def work():
        watcher = WatcherProcess(child=FaultyChild(commands))
        async with Warden(watcher) as warden:
            await watcher.configure([jail("sshd", log)], {})
            assert await warden.until_found(1) == ["192.0.2.1"]
        assert sum("starting a new one" in text for text in warden.log()) == len(commands)

    run(work())
