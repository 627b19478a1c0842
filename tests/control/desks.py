"""A server that only remembers what it was told: stands in for the warden in tests of control."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from banward.control.desk import Account, Counts, Health, Patterns, Vitals
from banward.errors import DuplicateJailError, PatternError, UnknownJailError
from banward.records import Ban, Origin, Reason
from banward.settings import JailSettings, ServerSettings
from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

NOW = 1_700_000_000.0


class PythonAction:
    """An action that a Python file would define."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"dest": "root"}

    def properties(self) -> Mapping[str, Any]:
        return self.values

    def methods(self) -> Sequence[str]:
        return ["stop", "ban"]

    async def set(self, name: str, value: Any) -> Any:
        self.values[name] = value
        return value


class FakeJail:
    """Bans without a firewall."""

    def __init__(self, name: str, backend: str = "polling") -> None:
        self.settings = JailSettings(name=name, backend=backend)
        self.backend = "pyinotify" if backend.startswith("auto") else backend.partition("[")[0]
        self.counts = Counts()
        self.held: list[Ban] = []
        self.ignored: set[str] = set()
        self.calls: list[Any] = []
        self.python = PythonAction()
        self.slow = asyncio.Event()
        self.slow.set()

    @property
    def patterns(self) -> Patterns:
        filters = self.settings.filter
        description = filters.datepattern.replace("%Y", "Year")
        return Patterns(
            tuple(map(self._expanded, filters.failregex)),
            tuple(map(self._expanded, filters.ignoreregex)),
            self._expanded(filters.prefregex),
            (filters.datepattern or None, description or "Default Detectors"),
        )

    @staticmethod
    def _expanded(regex: str) -> str:
        return regex.replace("<F-ID>", "(?P<fid>").replace("</F-ID>", ")")

    def bans(self) -> Sequence[Ban]:
        return self.held

    def account(self, subject: str) -> Account:
        return Account([ban for ban in self.held if ban.subject == subject])

    def is_banned(self, subject: str) -> bool:
        return any(ban.subject == subject for ban in self.held)

    async def change(self, **fields: Any) -> None:
        new = replace(self.settings, **fields)
        await self.slow.wait()
        for regex in new.filter.failregex:
            if "<" not in regex:
                raise PatternError(f"No failure-id group in {regex!r}")
        self.settings = new

    async def ban(self, subjects: Sequence[str], *, forced: bool = False) -> int:
        await self.slow.wait()
        new = [subject for subject in subjects if not self.is_banned(subject)]
        bantime = self.settings.bantime
        self.held += [
            Ban(self.settings.name, subject, NOW, bantime, Origin.OPERATOR, Reason.ORDERED)
            for subject in new
        ]
        self.counts = Counts(
            banned=len(self.held), banned_total=self.counts.banned_total + len(new)
        )
        return len(new)

    async def unban(self, subjects: Sequence[str]) -> tuple[int, Sequence[str]]:
        count, absent = 0, []
        for subject in subjects:
            gone = [b for b in self.held if b.subject == subject] or self._within(subject)
            self.held = [ban for ban in self.held if ban not in gone]
            count += len(gone)
            if not gone:
                absent.append(subject)
        return count, absent

    def _within(self, subject: str) -> list[Ban]:
        network = Subject.parse(subject).network
        inner = [(ban, Subject.parse(ban.subject).network) for ban in self.held]
        return [
            b
            for b, n in inner
            if n and network and n.version == network.version and n.subnet_of(network)
        ]

    async def attempt(self, subject: str, lines: Sequence[str]) -> int:
        self.calls.append((subject, list(lines)))
        return int(subject not in self.ignored)

    def python_action(self, name: str) -> PythonAction | None:
        python = any(a.name == name and a.python_file for a in self.settings.actions)
        return self.python if python else None

    async def call_action(self, name: str, method: str, arguments: Mapping[str, Any]) -> Any:
        self.calls.append((name, method, dict(arguments)))
        return True


class FakeDesk:
    """A server of such jails."""

    def __init__(self, *names: str) -> None:
        self.settings = ServerSettings(dbfile="/x.sqlite3")
        self.jails = {name: FakeJail(name) for name in names}
        self.health = Health()
        self.vitals = Vitals()
        self.stopping = False
        self.told: list[Any] = []
        self.released = asyncio.Event()
        self.released.set()

    async def change(self, **fields: Any) -> None:
        self.settings = replace(self.settings, **fields)

    def protection(self, subject: str) -> str:
        return ""

    def flush_logs(self) -> str:
        return "rolled over"

    async def add_jail(self, name: str, backend: str) -> None:
        if name in self.jails and self.told[-1:] != ["reload"]:
            raise DuplicateJailError(name)
        self.jails.setdefault(name, FakeJail(name, backend))

    async def start_jail(self, name: str) -> None:
        self.told.append(("start", name))

    async def stop_jail(self, name: str) -> None:
        del self.jails[name]

    async def leave_out(self, name: str) -> None:
        self.jails.pop(name, None)

    async def stop_all(self) -> None:
        self.jails.clear()

    async def unban_all(self) -> int:
        count = sum(len(jail.held) for jail in self.jails.values())
        for jail in self.jails.values():
            jail.held = []
        return count

    @asynccontextmanager
    async def reload(
        self, jail: str | None, *, restart: bool, unban: bool, if_exists: bool
    ) -> AsyncIterator[None]:
        if jail and jail not in self.jails and not if_exists:
            raise UnknownJailError(jail)
        self.told += [(jail, restart, unban, if_exists), "reload"]
        await self.released.wait()
        try:
            yield
        finally:
            self.told.append("reloaded")

    async def shutdown(self, *, keep: bool = False) -> None:
        self.stopping = True
        self.told.append(("shutdown", keep))
        await self.released.wait()
        self.jails.clear()
