"""What every way to enforce bans promises to the warden, and what it may ask about its jail.

It says nothing about how it is done: kernel sets, shell commands, a Python file, nothing at all.

Who writes which line of the log (server-and-client.md 1.10):

* an enforcer: what belongs to its own work (``fail2ban.utils``: the commands that failed,
  ``fail2ban.CommandAction``: checks and repairs, ``fail2ban.CLASS``: a Python action);
* the warden: the lines of ``fail2ban.actions`` (``Ban``, ``Unban``, ``Reban``, ``Flush …``,
  ``Failed to execute ban …: REASON``), from the outcomes and errors that it gets back.

Rules for all methods of an enforcer:

* The warden calls them one after the other, never two at a time for one enforcer; those of
  different jails run side by side. Everything runs in one event loop; what would block it is done
  in a thread or a process.
* Outcomes come in the order of the bans that were given, one for each. Foreign text (addresses
  that are none, captured names) never raises: it ends in an ``Outcome`` with an error.
* A cancelled call ends what it started.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from banward.records import Ban, Outcome, Unban
    from banward.settings import ActionSettings

__all__ = ["Enforcer", "JailFacts", "PastBan", "Synced"]


@dataclass(frozen=True, slots=True)
class PastBan:
    """A ban of the history, for the tags ``<ipmatches>``, ``<ipfailures>`` and their like.

    Args:
        lines: the matched lines that were stored with it.
        failures: how many failures it had.
    """

    lines: tuple[str, ...]
    failures: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What was done to make the kernel hold just the bans of the ledger.

    Args:
        added: subjects that were missing.
        removed: subjects that nobody knew of, or that were over.
        retimed: subjects whose end differed.
        rebuilt: true if a table, chain, set or rule was missing.
        errors: subject to the reason why it could not be added, removed or retimed, among them
            those that are no address, which a kernel can't hold.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retimed: tuple[str, ...] = ()
    rebuilt: bool = False
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def is_change(self) -> bool:
        """True if kernel and ledger differed, and something was done about it."""
        return bool(self.added or self.removed or self.retimed or self.rebuilt)


class JailFacts(Protocol):
    """What an action may know of its jail; all but ``reverse_name`` is called in the event loop."""

    @property
    def name(self) -> str:
        """Name of the jail."""

    @property
    def banned(self) -> int:
        """How many subjects are banned, the present one included."""

    @property
    def banned_total(self) -> int:
        """Bans since the jail was created, the present one included."""

    @property
    def found(self) -> int:
        """Subjects that have failures within the window."""

    @property
    def found_total(self) -> int:
        """Failures since the jail was created."""

    @property
    def bantime(self) -> float:
        """The jail's ban time in seconds, or ``ENDLESS``."""

    def history(self, subject: str, *, all_jails: bool) -> Sequence[PastBan]:
        """The stored bans of a subject in this jail or in all, oldest first.

        Empty if there are none, or no database.
        """

    def reverse_name(self, address: str) -> str | None:
        """The DNS name of an address, None if it has none; called in a thread, may wait."""


class Enforcer(Protocol):
    """One action of one jail."""

    @property
    def name(self) -> str:
        """The action's name, unique in the jail."""

    @property
    def keeps(self) -> bool:
        """True if its bans can stay in force without us: ``stop(keep=True)`` leaves them there."""

    @property
    def is_retried(self) -> bool:
        """True if a ban that it failed to do counts as none until a further attempt did it.

        False for what only tells of bans, such as mails.
        """

    @property
    def needs_look(self) -> bool:
        """True if it made something of which the kernel tells nobody when a foreign hand takes it.

        Then ``check``, or ``sync`` where the action ``keeps``, is called from time to time.
        """

    async def start(self) -> None:
        """Get ready at the start of the jail; what starts on demand waits for the first ban.

        Raises:
            ActionError: it did not start; bans may try again.
        """

    async def ban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Put bans in force, also restored ones (unless the action has ``norestored``)."""

    async def reban(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Put bans in force once more that got lost (``outdated``)."""

    async def prolong(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Tell of bans whose time was incremented for a known offender (``actionprolong``)."""

    async def retime(self, bans: Sequence[Ban]) -> list[Outcome]:
        """Set the end of bans that changed otherwise (further failures, a new ``bantime``).

        Only what keeps the end in the kernel acts; ``prolong`` includes it.
        """

    async def unban(self, unbans: Sequence[Unban]) -> list[Outcome]:
        """Lift bans; what is not in force any more counts as lifted."""

    async def flush(self) -> bool:
        """Lift all bans of this action at once.

        Returns:
            True if it is done; False if it can't, and each ban has to be lifted by ``unban``.

        Raises:
            ActionError: it could, but it failed.
        """

    async def check(self) -> bool:
        """Look whether what was started is still there, and repair it; lift what hung.

        Returns:
            True if all is in order, maybe after a repair (then see ``outdated``).
        """

    def outdated(self, subject: str) -> bool:
        """Tell whether the ban of a subject got lost by a repair or reload, and needs ``reban``."""

    async def stop(self, *, keep: bool = False) -> None:
        """End at the stop of the jail; bans were lifted before by ``flush`` or ``unban``.

        Args:
            keep: leave bans and all that they need in force, if ``keeps``.

        Raises:
            ActionError: it did not stop cleanly.
        """

    async def reload(self, settings: ActionSettings) -> None:
        """Take new parameters; bans stay in force, or are ``outdated`` afterwards.

        Raises:
            ActionError: the parameters can't be used, or the action's reload failed.
        """

    async def present(self) -> frozenset[str] | None:
        """The subjects that are really in force, read back; None where that can't be told.

        Raises:
            ActionError: it can't be read.
        """

    async def ends(self) -> Mapping[str, float | None]:
        """Who is in force, by this process or one before it, to the end; None where not known.

        For a ledger that was lost; empty where it can't be told.

        Raises:
            ActionError: it can't be read.
        """

    async def sync(self, bans: Sequence[Ban]) -> Synced | None:
        """Make just these bans be in force, without a moment in which one of them is not.

        For the start (taking over what an earlier process left) and after foreign changes.

        Returns:
            What differed; None where the real state can't be told (then nothing was done).

        Raises:
            ActionError: the real state can't be read.
        """

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call a method by name with keyword arguments, and return its answer (5.3).

        Raises:
            AttributeError: it has no such method.
            ActionError: it failed.
        """
