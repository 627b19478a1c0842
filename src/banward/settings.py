"""What the parts are told to do: frozen values, made by ``config`` or by client commands.

A change makes a new value with ``msgspec.structs.replace``; there are no setters. Times are
seconds. Defaults are those of a server that was told nothing (server-and-client.md 1.2, 2.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from banward.masking import SECRETS, secret_names

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "ActionSettings",
    "FilterSettings",
    "GrowthSettings",
    "IgnoreCache",
    "JailSettings",
    "LogPath",
    "ServerSettings",
    "WatchSettings",
]


class LogPath(msgspec.Struct, frozen=True, array_like=True):
    """One log file of a jail; ``tail`` starts at its end."""

    path: str
    tail: bool = False


class FilterSettings(msgspec.Struct, frozen=True, array_like=True):
    """How a filter reads lines (config-and-filters.md 2.1)."""

    failregex: tuple[str, ...] = ()
    ignoreregex: tuple[str, ...] = ()
    prefregex: str = ""
    datepattern: str = ""
    maxlines: int = 1
    usedns: str = "warn"
    logencoding: str = "auto"
    logtimezone: str = ""
    failjson: tuple[str, ...] = ()

    @property
    def regexes(self) -> dict[str, tuple[str, ...]]:
        """All regexes by kind, each with the number that it has as ``Filter.doing``.

        The rules of ``failjson`` are counted behind those of ``failregex``.
        """
        return {
            "failregex": (*self.failregex, *self.failjson),
            "ignoreregex": self.ignoreregex,
            "prefregex": (self.prefregex,) if self.prefregex else (),
            "datepattern": (self.datepattern,) if self.datepattern else (),
        }

    @property
    def all_regexes(self) -> frozenset[str]:
        """The regexes of all kinds."""
        return frozenset(regex for of_kind in self.regexes.values() for regex in of_kind)


class WatchSettings(msgspec.Struct, frozen=True, array_like=True):
    """What the watcher has to know of one jail."""

    jail: str
    filter: FilterSettings
    findtime: float = 600
    backend: str = "auto"
    logpaths: tuple[LogPath, ...] = ()
    journalmatch: tuple[tuple[str, ...], ...] = ()


class ActionSettings(msgspec.Struct, frozen=True):
    """One action of a jail: its parameters and commands, or a Python file."""

    name: str
    params: dict[str, str] = {}
    python_file: str = ""

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the parameters whose values nobody is to read."""
        return secret_names(self.params.get(SECRETS, ""))


class GrowthSettings(msgspec.Struct, frozen=True):
    """How ban times grow for those who come again (server-and-client.md 2.7).

    Values are as written; empty means not set.
    """

    increment: bool = False
    factor: str = ""
    formula: str = ""
    multipliers: str = ""
    maxtime: str = ""
    rndtime: str = ""
    overalljails: bool = False


class IgnoreCache(msgspec.Struct, frozen=True):
    """How answers of the ignore checks are remembered (server-and-client.md 2.8)."""

    key: str
    max_count: int = 100
    max_time: float = 300


class JailSettings(msgspec.Struct, frozen=True):
    """All that a jail was told."""

    name: str
    backend: str = "auto"
    filter: FilterSettings = FilterSettings()
    maxretry: int = 3
    maxmatches: int = 5
    findtime: float = 600
    bantime: int = 600
    growth: GrowthSettings = GrowthSettings()
    ignoreself: bool = True
    ignoreip: tuple[str, ...] = ()
    ignorecommand: str = ""
    ignorecache: IgnoreCache | None = None
    logpaths: tuple[LogPath, ...] = ()
    journalmatch: tuple[tuple[str, ...], ...] = ()
    actions: tuple[ActionSettings, ...] = ()
    idle: bool = True
    extra: dict[str, str] = {}  # options that only Banward has, by name

    @property
    def watch(self) -> WatchSettings:
        """The part that the watcher has to know."""
        return WatchSettings(
            jail=self.name,
            filter=self.filter,
            findtime=self.findtime,
            backend=self.backend,
            logpaths=(*self.logpaths, *self.patterns),
            journalmatch=self.journalmatch,
        )

    @property
    def patterns(self) -> Iterator[LogPath]:
        """The log paths as configured, so that files are found that come later."""
        known = {log.path for log in self.logpaths}
        for line in self.extra.get("logpath", "").splitlines():
            path, _, end = line.rpartition(" ")
            if path not in known:
                yield LogPath(path, end == "tail")


class ServerSettings(msgspec.Struct, frozen=True):
    """What holds for the whole server (server-and-client.md 1.2)."""

    loglevel: str = "INFO"
    logtarget: str = "/var/log/fail2ban.log"
    syslogsocket: str = "auto"
    socket: str = "/var/run/fail2ban/fail2ban.sock"
    pidfile: str = "/var/run/fail2ban/fail2ban.pid"
    allowipv6: str = "auto"
    dbfile: str = "/var/lib/fail2ban/fail2ban.sqlite3"
    dbmaxmatches: int = 10
    dbpurgeage: float = 86400
    stacksize: int = 0
    extra: dict[str, str] = {}  # options that only Banward has, by name
