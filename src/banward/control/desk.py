"""The desk: what client commands may ask of the running server, and nothing about how it is done.

``control`` reads the words of a command, checks them, writes the error texts and the answer;
the warden does what is asked. Both meet here.

Who writes which line of the log (server-and-client.md 1.10):

* ``control``: ``Command […] has failed …``, ``config-error`` texts, the parameters that were set
  (``  banTime: 600``, ``  maxRetry: 3``, ``Set banTime.…``, ``date pattern …``), wrong values of
  ``usedns`` or of a status flavor, an unknown backend;
* the desk: everything about jails (``Creating new jail``, ``Jail 'j' uses …``, ``started``,
  ``stopped``, ``Reload …``, ``reloaded``), files, bans, actions, the database and the shutdown.

Rules for all methods:

* Everything runs in one event loop. A method that waits must leave the desk in a state that other
  commands may see: readers are never kept waiting by a slow command.
* ``change`` and ``unban`` are complete when they return: the next view shows what was done.
* What is refused raises a ``BanwardError``, ``ValueError`` or ``OSError`` whose text is shown to
  the user as it stands, and nothing has changed then.
* Texts of subjects are canonical (``subject.py``) in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

    from banward.records import Ban, Count, Quarantined, Reason, StoredBan
    from banward.settings import JailSettings, ServerSettings

__all__ = [
    "Account",
    "Counts",
    "Desk",
    "Health",
    "JailDesk",
    "Lag",
    "Patterns",
    "PythonActionDesk",
    "Vitals",
]


@dataclass(frozen=True, slots=True)
class Counts:
    """The counters of a jail, as ``status`` shows them (server-and-client.md 2.11).

    Args:
        failed: subjects that have failures within the window.
        failed_total: failures counted since the jail was created.
        banned: subjects that are banned.
        banned_total: bans since the jail was created, restored ones included.
        absent: subjects that were to be banned, and whose bans are not in force.
        verdicts: how often each thing was decided that is no ban, since the jail was created.
    """

    failed: int = 0
    failed_total: int = 0
    banned: int = 0
    banned_total: int = 0
    absent: int = 0
    verdicts: Mapping[Reason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lag:
    """How far the reading of a log is behind.

    Args:
        source: path of the file.
        size: bytes that are not read yet.
        age: seconds since something was left unread, 0 if all is read.
    """

    source: str
    size: int
    age: float


@dataclass(frozen=True, slots=True)
class Health:
    """What is amiss with the reading of logs.

    Args:
        quarantined: regexes that are not tried any more, since they ran away on a line.
        lags: all logs that are followed, by name.
    """

    quarantined: tuple[Quarantined, ...] = ()
    lags: tuple[Lag, ...] = ()


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the server itself does, beside its jails.

    Args:
        uptime: seconds since it began; setting the clock does not change them.
        restarts: how many watchers were replaced because they hung or died.
        unsaved: facts that the database did not take yet.
        is_saving: whether the database takes what it is given; None if there is none.
    """

    uptime: float = 0.0
    restarts: int = 0
    unsaved: int = 0
    is_saving: bool | None = None


@dataclass(frozen=True, slots=True)
class Patterns:
    """A jail's expressions as the engine reads them: tags are expanded.

    Args:
        failregex: the failure expressions, in order.
        ignoreregex: the ignore expressions, in order.
        prefregex: the expression that cuts out the content, or an empty text.
        datepattern: the pattern and its description in words, ``(None, 'Default Detectors')``, or
            None for a source that knows the times (the journal).
    """

    failregex: tuple[str, ...] = ()
    ignoreregex: tuple[str, ...] = ()
    prefregex: str = ""
    datepattern: tuple[str | None, str] | None = (None, "Default Detectors")


@dataclass(frozen=True, slots=True)
class Account:
    """What a jail knows of a subject: the answer to ``why``.

    Args:
        bans: those that hold, its own and those of networks around it.
        count: its failures within the window, None without any.
        ignored: by what its failures are ignored, an empty text if they count.
        verdicts: what was decided and is no ban, oldest first: when, why, what exactly, and how
            often; the time is that of the last.
        history: its stored bans with their matched lines, oldest first.
    """

    bans: Sequence[Ban] = ()
    count: Count | None = None
    ignored: str = ""
    verdicts: Sequence[tuple[float, str, str, int]] = ()
    history: Sequence[StoredBan] = ()


class PythonActionDesk(Protocol):
    """The live object of an action that a Python file defines (server-and-client.md 4.10)."""

    def properties(self) -> Mapping[str, Any]:
        """Its public attributes that are no methods."""

    def methods(self) -> Sequence[str]:
        """The names of its public methods."""

    async def set(self, name: str, value: Any) -> Any:
        """Set an attribute, and return its value as it is afterwards."""


class JailDesk(Protocol):
    """One jail as commands see it, from ``add`` until it is stopped."""

    @property
    def settings(self) -> JailSettings:
        """What the jail was told, as it is written: regexes are not expanded."""

    @property
    def backend(self) -> str:
        """The backend that works (``polling``, ``pyinotify``, ``systemd``), never ``auto``."""

    @property
    def counts(self) -> Counts:
        """The counters."""

    @property
    def patterns(self) -> Patterns:
        """The expressions as the engine reads them."""

    def bans(self) -> Sequence[Ban]:
        """All bans that hold, in the order of banning."""

    def is_banned(self, subject: str) -> bool:
        """Tell whether just this subject is on the list (a network does not stand for a host)."""

    def account(self, subject: str) -> Account:
        """What the jail knows of a subject."""

    async def change(self, **fields: Any) -> None:
        """Replace fields of ``settings`` and make them hold at once.

        The names are those of ``JailSettings``; a field that is a struct or a list comes whole
        (``filter=replace(settings.filter, maxlines=2)``, ``actions=(…)``). Actions are told apart
        by ``name``: one that is missing lifts its bans and stops, a new one is started, with the
        bans that hold, if the jail runs. ``idle`` stops and resumes the
        reading of logs.

        Raises:
            PatternError: an expression or date pattern can't be used.
            ActionError: an action can't be loaded.
        """

    async def ban(self, subjects: Sequence[str], *, forced: bool = False) -> int:
        """Ban by order (2.5, ``banip``), and return how many were not banned before.

        Args:
            subjects: whom.
            forced: also networks that are too broad.

        Bans in force that have to be repeated after a repair count too (4.8). Returns when the
        actions have run, so that the caller may rely on it.
        """

    async def unban(self, subjects: Sequence[str]) -> tuple[int, Sequence[str]]:
        """Unban by order and forget the history of these subjects in this jail (5.3, ``unbanip``).

        A network or name that is not on the list itself stands for all addresses within.

        Returns:
            How many bans were lifted, and which of the subjects were not banned.
        """

    async def attempt(self, subject: str, lines: Sequence[str]) -> int:
        """Count failures by order (2.4): one for each line, at least one.

        Returns:
            1, or 0 if the subject is to be ignored.
        """

    def python_action(self, name: str) -> PythonActionDesk | None:
        """The object of an action; None if shell commands or a native backend do it."""

    async def call_action(self, name: str, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method of an action (``start``, ``stop``, ``ban``, …) and return its answer.

        Raises:
            AttributeError: it has no such method.
            ActionError: it failed.
        """


class Desk(Protocol):
    """The whole server as commands see it."""

    @property
    def settings(self) -> ServerSettings:
        """What holds for the server.

        ``dbfile`` is the text ``None`` where there is no database; ``syslogsocket`` is the path in
        use once the log went to syslog (5.1).
        """

    @property
    def jails(self) -> Mapping[str, JailDesk]:
        """The jails by name, in the order in which they were created."""

    @property
    def health(self) -> Health:
        """What is amiss with the reading of logs."""

    @property
    def vitals(self) -> Vitals:
        """How the server itself does."""

    @property
    def stopping(self) -> bool:
        """True from the beginning of the shutdown: no command is taken any more (6.4)."""

    async def change(self, **fields: Any) -> None:
        """Replace fields of ``settings`` and make them hold at once.

        Raises:
            ValueError: there is no such log level.
            LogTargetError: the log target can't be used; ``banward.logs.Logs`` raises both.
            StorageError: the database can't be opened.
        """

    def protection(self, subject: str) -> str:
        """Why no log can get this subject banned, in words; an empty text if one can."""

    def flush_logs(self) -> str:
        """Reopen the log file or flush the stream: ``rolled over`` or ``flushed`` (1.9)."""

    async def add_jail(self, name: str, backend: str) -> None:
        """Create a jail that does not run yet, with default settings.

        During a reload a jail that exists already goes on with its settings if it has the same
        backend, and is stopped and created anew otherwise (1.5).

        Raises:
            DuplicateJailError: there is one of this name.
            ValueError: no backend of this kind can work here.
        """

    async def start_jail(self, name: str) -> None:
        """Start a jail, wake it after a reload, or do nothing if it runs."""

    async def stop_jail(self, name: str) -> None:
        """Stop a jail and remove it; its bans are lifted but stay in the database (1.5)."""

    async def leave_out(self, name: str) -> None:
        """Do without a jail whose configuration can't be used.

        Within a reload it goes on as it was before, with its bans; otherwise it is removed.
        """

    async def stop_all(self) -> None:
        """Stop and remove all jails; the server stays."""

    async def unban_all(self) -> int:
        """Lift all bans of all jails, forget their history, and return how many they were."""

    def reload(
        self, jail: str | None, *, restart: bool, unban: bool, if_exists: bool
    ) -> AbstractAsyncContextManager[None]:
        """Go through a reload of one jail, or of all if ``jail`` is None (1.5).

        The commands of the new configuration are run within the context. On entry the affected
        jails go idle, and in their ``settings`` the lists that are sent anew are empty: logpaths,
        journalmatch, ignoreip, actions and the filter's failregex, ignoreregex; what does not
        come again is dropped on exit. If the context ends with an error, the desk decides what
        becomes of jails that were not named; ``Reload finished.`` is logged in any case.

        Raises:
            UnknownJailError: on entry, the jail does not run and ``if_exists`` is false.
        """

    async def shutdown(self, *, keep: bool = False) -> None:
        """Stop everything (1.5, ``stop``).

        Returns when all is done save the control socket, which closes after the answer was sent.

        Args:
            keep: leave bans that the kernel holds in force: the server starts again.
        """
