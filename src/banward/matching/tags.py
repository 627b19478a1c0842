"""Tags such as ``<HOST>`` and ``<F-USER>...</F-USER>`` to regex text; knows no line and no filter.

The table is that of the specification, config-and-filters.md 2.3. An expansion remembers which
character of the text as written each part came from, so that an error can point at it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import Final, NamedTuple

__all__ = ["TAGS", "Expansion", "expand", "group_name"]

_IP4 = r"(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})"
_IP6 = r"(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))"
_DNS = r"(?P<dns>[\w\-.^_]*\w)"
_CIDR = r"(?P<cidr>\d+)"
_EITHER = rf"(?:{_IP4}|{_IP6})"
_ADDR = rf"\[?{_EITHER}\]?"
_SUBNET = rf"\[?{_EITHER}(?:/{_CIDR})?\]?"

_PLAIN = {
    "IP4": _IP4,
    "IP6": _IP6,
    "DNS": _DNS,
    "ADDR": _ADDR,
    "HOST": rf"(?:{_ADDR}|{_DNS})",
    "CIDR": _CIDR,
    "SUBNET": _SUBNET,
}
_HOST_WITHOUT_NAMES = rf"(?:{_ADDR})"

_SELF_CLOSED = {
    "F-IP4": _IP4,
    "F-IP6": _IP6,
    "F-DNS": _DNS,
    "F-ADDR": _ADDR,
    "F-CIDR": _CIDR,
    "F-SUBNET": _SUBNET,
    "F-ID": r"(?P<fid>\S+)",
    "F-PORT": r"(?P<fport>\w+)",
}

TAGS: Final = (*_PLAIN, "SKIPLINES", *_SELF_CLOSED)
"""The tags that have a meaning by themselves; ``F-`` and any other name makes a group."""

_RENAMED = {"id": "fid", "port": "fport"}

_TAG = re.compile(
    r"<(?:(?P<plain>IP4|IP6|DNS|ADDR|HOST|CIDR|SUBNET)"
    r"|(?P<skip>SKIPLINES)"
    r"|(?P<close>/)?(?P<name>F-[A-Z0-9_\-]+)(?P<alone>/)?)>"
)

# A flag group right behind an opening bracket, as in ((?i)abc): Python knows only (?i:abc).
_LOCAL_FLAGS = re.compile(r"\\.|\((?:\?:)?\(\?([aiLmsux]+)\)", re.DOTALL)


class Expansion(NamedTuple):
    """Regex text, and where each part of it stood in the text as written.

    Args:
        text: the regex text for ``re``.
        starts: positions in ``text`` at which a copied or replaced part begins, ascending.
        origins: for each of ``starts``: position in the written text, and whether it was copied.
    """

    text: str
    starts: tuple[int, ...]
    origins: tuple[tuple[int, bool], ...]

    def origin(self, position: int) -> int:
        """The position in the written text that a position of ``text`` comes from."""
        part = self._part(position)
        written, copied = self.origins[part]
        return written + position - self.starts[part] if copied else written

    def is_copied(self, position: int) -> bool:
        """Whether the text at a position stands in the written text as it is."""
        part = self._part(position)
        return self.origins[part][1] or self.starts[part] == position

    def _part(self, position: int) -> int:
        return max(bisect_right(self.starts, position) - 1, 0)


def group_name(tag: str) -> str:
    """The group that ``<F-TAG>`` opens, given ``TAG``: lower case, ``id`` and ``port`` renamed."""
    name = tag.lower()
    return _RENAMED.get(name, name)


def expand(written: str, *, names: bool = True) -> Expansion:
    """Replace all tags of a regex; unknown ones stay as they are.

    Args:
        written: the regex as it stands in the configuration.
        names: whether ``<HOST>`` takes host names too (``usedns`` other than ``no``).

    Returns:
        The text for ``re`` with its origins.
    """
    parts: list[tuple[str, int, bool]] = []
    done = 0
    tags = _Tags(names=names)
    for found in _tokens(written):
        text = tags.replace(found)
        if text is None:
            continue
        parts.append((written[done : found.start()], done, True))
        parts.append((text, found.start(), False))
        done = found.end()
    parts.append((written[done:], done, True))
    return _join(parts)


def _tokens(written: str) -> list[re.Match[str]]:
    """Tags and flag groups of a regex, in order, none within another."""
    flags = [found for found in _LOCAL_FLAGS.finditer(written) if found[1]]
    return sorted([*_TAG.finditer(written), *flags], key=lambda found: found.start())


def _join(parts: list[tuple[str, int, bool]]) -> Expansion:
    starts, origins, length = [], [], 0
    for text, written, copied in parts:
        if text:
            starts.append(length)
            origins.append((written, copied))
            length += len(text)
    text = "".join(part[0] for part in parts)
    return Expansion(text, tuple(starts or [0]), tuple(origins or [(0, True)]))


class _Tags:
    """Replaces the tags of one regex: what is open, and how many ``<SKIPLINES>`` there were."""

    def __init__(self, *, names: bool) -> None:
        self._names = names
        self._open: Counter[str] = Counter()
        self._skips = 0

    def replace(self, found: re.Match[str]) -> str | None:
        """The regex text for one token, or None if it stays as it is."""
        if found.re is _LOCAL_FLAGS:
            return f"(?{found[1]}:"
        if found["plain"]:
            return self._plain(found["plain"])
        if found["skip"]:
            self._skips += 1
            return rf"\n(?P<skiplines{self._skips - 1}>(?:.*\n)*?)"
        return self._named(found)

    def _plain(self, tag: str) -> str:
        return _HOST_WITHOUT_NAMES if tag == "HOST" and not self._names else _PLAIN[tag]

    def _named(self, found: re.Match[str]) -> str | None:
        name = found["name"]
        if found["alone"]:
            return None if found["close"] else _SELF_CLOSED.get(name)
        if not found["close"]:
            self._open[name] += 1
            return f"(?P<{group_name(name[2:])}>"
        if not self._open[name]:
            return None
        self._open[name] -= 1
        return ")"
