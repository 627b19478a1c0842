"""Who is never counted in one jail: addresses, networks, names and lists in files.

Pure: what a name resolves to and what a file holds come in as values. A look-up costs the same
however long the list is. The rules are those of server-and-client.md 2.8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from banward.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FILE_PREFIX", "IgnoreList", "Members", "file_path", "read_entries"]

FILE_PREFIX: Final = "file:"

_BITS: Final = {4: 32, 6: 128}

_COMMENT: Final = re.compile(r"(?:^|\s)[#;].*")
_SEPARATOR: Final = re.compile(r"[\s,]+")


def read_entries(text: str) -> tuple[str, ...]:
    """The entries of a list in a file: words, without comments."""
    lines = (_COMMENT.sub("", line) for line in text.splitlines())
    return tuple(word for line in lines for word in _SEPARATOR.split(line) if word)


def file_path(entry: str) -> str:
    """The path that a ``file:`` entry names: ``file:x``, ``file:/x`` or ``file:///x``."""
    path = entry.removeprefix(FILE_PREFIX)
    return path.removeprefix("//")


class Members:
    """A set of addresses, networks, ids and names that is quick to ask.

    Args:
        texts: anything that ``Subject.parse`` reads.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._single: set[str] = set()
        # Networks by version and prefix length: as many look-ups as there are lengths in use.
        self._networks: dict[tuple[int, int], set[int]] = {}
        self._resolved: dict[str, frozenset[str]] = {}
        self._of_names: frozenset[str] = frozenset()
        for text in texts:
            self._add(Subject.parse(text))

    @property
    def names(self) -> tuple[str, ...]:
        """What may be a host name: all that is neither address nor network."""
        return tuple(self._resolved)

    def set_name(self, name: str, addresses: Iterable[str]) -> None:
        """Say what a name resolves to; one that is not in the set is passed over."""
        if name in self._resolved:
            self._resolved[name] = frozenset(addresses)
            self._of_names = frozenset().union(*self._resolved.values())

    def names_hold(self, subject: Subject) -> bool:
        """Whether a subject is among the addresses of the names."""
        return subject.text in self._of_names

    def __contains__(self, subject: object) -> bool:
        if not isinstance(subject, Subject):
            return False
        if subject.text in self._single:
            return True
        if not self._networks:
            return False
        found = subject.range
        if found is None:
            return False
        of_version, value, prefix = found
        bits = _BITS[of_version]
        return any(
            version == of_version and length <= prefix and value >> (bits - length) in members
            for (version, length), members in self._networks.items()
        )

    def _add(self, subject: Subject) -> None:
        network = subject.network
        if network is None:
            self._resolved[subject.text] = frozenset()
        if network is None or not subject.is_network:
            self._single.add(subject.text)
            return
        key = (network.version, network.prefixlen)
        prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        self._networks.setdefault(key, set()).add(prefix)


class IgnoreList:
    """The ignore list of one jail; asked for addresses and networks first, then names, then files.

    Args:
        entries: as configured: addresses, networks, names, ids, ``file:`` entries.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        given = tuple(entries)
        self._listed = Members(entry for entry in given if not entry.startswith(FILE_PREFIX))
        self._files = {entry: Members() for entry in given if entry.startswith(FILE_PREFIX)}
        self._known: dict[str, frozenset[str]] = {}
        self.is_empty = not given
        """True if nobody is on it, and nobody will be."""

    @property
    def files(self) -> tuple[str, ...]:
        """The ``file:`` entries, as configured."""
        return tuple(self._files)

    @property
    def names(self) -> tuple[str, ...]:
        """What may be a host name: of the list itself and of its files."""
        return tuple(dict.fromkeys(name for members in self._lists() for name in members.names))

    def set_name(self, name: str, addresses: Iterable[str]) -> None:
        """Say what a name resolves to."""
        self._known[name] = frozenset(addresses)
        for members in self._lists():
            members.set_name(name, self._known[name])

    def set_file(self, entry: str, entries: Iterable[str]) -> None:
        """Say what the file of a ``file:`` entry holds."""
        self._files[entry] = members = Members(entries)
        for name in members.names:
            members.set_name(name, self._known.get(name, ()))

    def source(self, subject: Subject) -> str:
        """Why a subject is ignored, in the words of the log; empty if it is not."""
        if subject in self._listed:
            return "ip"
        if self._listed.names_hold(subject):
            return "dns"
        for entry, members in self._files.items():
            if subject in members or members.names_hold(subject):
                return f"file:/{file_path(entry)}"
        return ""

    def _lists(self) -> tuple[Members, ...]:
        return self._listed, *self._files.values()
