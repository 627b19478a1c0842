"""What a jail knows of one subject, gathered from its ledger, its window and the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.control.desk import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from banward.records import StoredBan
    from banward.storage.base import Decision, Store
    from banward.warden.shared import Shared
    from banward.warden.view import Known

__all__ = ["account"]

_MOST_BANS: Final = 10


def account(
    jail: Known, shared: Shared, subject: str, notes: Iterable[Decision], ignored: str
) -> Account:
    """What a jail knows of a subject.

    Args:
        jail: the jail.
        shared: the clock and the database.
        subject: canonical text.
        notes: what the jail decided and is not stored yet.
        ignored: by what its failures are ignored, an empty text if they count.
    """
    jail.window.cleanup(shared.clock.now(), jail.settings.findtime, force=True)
    bans = jail.ledger.around(subject)
    decisions = shared.stored(lambda store: store.decisions(subject, jail.name), ())
    unsaved = [note for note in notes if note.subject == subject]
    return Account(
        bans=bans,
        count=jail.window.get(subject),
        ignored=ignored,
        verdicts=[(d.at, str(d.reason), d.detail, d.times) for d in (*decisions, *unsaved)],
        history=list(_history(jail, shared, (subject, *(ban.subject for ban in bans)))),
    )


def _history(jail: Known, shared: Shared, subjects: Iterable[str]) -> Iterator[StoredBan]:
    for subject in dict.fromkeys(subjects):

        def newest(store: Store, subject: str = subject) -> Sequence[StoredBan]:
            return store.history(subject, jail.name, _MOST_BANS)

        yield from shared.stored(newest, ())
