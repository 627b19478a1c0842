"""All regexes of a filter as one, over a whole block: which lines match, and what they capture.

For lines of ASCII that begin with a date of a frequent format (``quickdate.py``). Other lines are
told as odd: they have to be shown to the filter. Where PCRE2 or the regexes do not allow it
(``transcript.py``) there is no sweep. Knows no date and no session.
"""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from banward.matching.pcre2 import Extractor
from banward.matching.transcript import Transcript, transcribe, transcribe_prefix

if TYPE_CHECKING:
    from collections.abc import Callable

    from banward.matching.captures import Data
    from banward.matching.quickdate import Head
    from banward.matching.rules import Fail, Rules

__all__ = ["ODD", "Row", "Sweep"]

ODD: Final = -1
"""The mask of an odd line, which has to be shown to the filter."""

Row = tuple[int, str, int, dict[str, Any]]
"""Index of the first byte of a line in its block; the line (of an odd one each byte a character);
bit of the failregex that matches, or ``ODD``; what was captured by the groups that took part."""

_ODD: Final = "odd"
_END: Final = "\0"
# What is told is cut at some of these, the end of a line is none of it, and ``re`` knows letters.
_STRANGE: Final = r"\x80-\xff\r\x00"
_NEAR: Final = 2000  # characters
_SIGNS: Final = (b"\r", b"\0")


class _Way(NamedTuple):
    """A failregex, with some of its groups.

    Args:
        mask: its bit.
        names: the names of the groups that took part.
        fill: fills in what follows from them, if something does.
    """

    mask: int
    names: tuple[str, ...]
    fill: Callable[[Data], None] | None


class Sweep:
    """The regexes of a filter, joined.

    Args:
        rules: the regexes.
        head: how lines look whose date is seen at a glance.

    Raises:
        ValueError: it can't be had.
    """

    def __init__(self, rules: Rules, head: Head) -> None:
        base = re.compile(head.date).groups
        prefix, known = _transcribed(rules, base)
        given = prefix.groups
        self._fails = {
            str(fail.doing[1]): (fail, (*given, *script.groups)) for fail, script in known
        }
        self._ways: dict[str, _Way] = {}
        branches = "|".join(f"{script.text}(*MARK:{fail.doing[1]})" for fail, script in known)
        self._head = head
        self._body = f"{prefix.text}(?|{branches})[^\\n]*"
        most = len(given) + max(len(script.groups) for _, script in known)
        groups = range(base + 1, base + most + 1)
        which = "".join(f"${{{n}:+1:0}}" for n in groups)
        values = "".join(f"${{{n}:+{_END}${{{n}}}}}" for n in groups)
        self._told = f"${{*MARK}} {which}{_END}$0{values}\n"
        self._moves = False  # whether the last block had dates to be moved
        self._extractors: dict[tuple[bool, bool], Extractor] = {}
        self._extractor(moved=False, wary=False)

    @functools.cached_property
    def _mover(self) -> Extractor:
        """Moves dates to the begin of their lines; what looks like one of them becomes strange."""
        before, moved, fake = self._head.before, self._head.moved, self._head.fake
        date = re.compile(before).groups + 2
        told = f"${{{date}:+${date}$1:{_END}}}"
        return Extractor(f"(*LF)^(?:({before})({moved})|(?={fake}).)", told, whole=True)

    def _extractor(self, *, moved: bool, wary: bool) -> Extractor:
        """Finds the rows of a block; made when it is asked for first.

        Args:
            moved: whether dates were moved.
            wary: whether lines have to be looked at first for what makes them odd.
        """
        made = self._extractors.get((moved, wary))
        if made is None:
            date = self._head.front if moved else self._head.date
            strange = rf"(?=[^\n]*[{_STRANGE}])[^\n]+(*MARK:{_ODD})|" if wary else ""
            odd = rf"(?!{date})[^\n]+(*MARK:{_ODD})"
            made = Extractor(f"(*LF)^(?:{strange}{date}{self._body}|{odd})", self._told)
            self._extractors[moved, wary] = made
        return made

    def rows(self, data: bytes) -> list[Row] | None:
        """The lines that match and the odd ones, in their order.

        Args:
            data: whole lines in an encoding that extends ASCII.

        Returns:
            The lines; None if a regex took too long on one, or PCRE2 fails.
        """
        try:
            return self._lines(data)
        except ValueError:  # of a further Extractor
            return None

    def _lines(self, data: bytes) -> list[Row] | None:
        is_wary = not data.isascii() or any(sign in data for sign in _SIGNS)
        sign = self._head.sign
        if sign and not self._moves:
            rows = self._rows(data, moved=False, wary=is_wary)
            if not rows or not any(row[2] == ODD and row[1].startswith(sign) for row in rows):
                return rows
        moved = self._mover.extract(data)
        self._moves = moved != data
        rows = None if moved is None else self._rows(moved, moved=True, wary=is_wary)
        if rows is None or not self._moves:
            return rows
        text = data.decode("latin-1")
        # A line that was moved has its old place and length.
        return [(at, text[at : at + len(line)], mask, found) for at, line, mask, found in rows]

    def _rows(self, data: bytes, *, moved: bool, wary: bool) -> list[Row] | None:
        told = self._extractor(moved=moved, wary=wary).extract(data)
        return None if told is None else self._read(told.decode("latin-1"), data.decode("latin-1"))

    def _read(self, told: str, text: str) -> list[Row]:
        """The rows that were told of a block, both with a character for each byte."""
        ways = self._ways
        rows: list[Row] = []
        at = 0
        for row in told.split("\n")[:-1]:
            way, line, *values = row.split(_END)
            mask, names, fill = ways.get(way) or self._way(way)
            if mask == ODD:
                line, values = row.partition(_END)[2], []
            behind = at + len(line)
            if not (text.startswith(line, at) and text[behind] == "\n"):
                # A line of the same text before it would have been told too.
                at = _place(f"\n{line}\n", text, max(0, at - 1)) + 1
                behind = at + len(line)
            data: Data = dict(zip(names, values, strict=True))
            if fill:
                fill(data)
            rows.append((at, line, mask, data))
            at = behind + 1
        return rows

    def _way(self, told: str) -> _Way:
        """What the first part of a row says."""
        mark, _, which = told.partition(" ")
        if mark == _ODD:
            way = _Way(ODD, (), None)
        else:
            fail, names = self._fails[mark]
            chosen = tuple(itertools.compress(names, map(int, which)))
            fill = fail.captures.fill if fail.captures.has_more else None
            way = _Way(1 << fail.doing[1], chosen, fill)
        self._ways[told] = way
        return way


def _place(line: str, text: str, start: int) -> int:
    """Where a line stands in a text; mostly it is near, and a search that is bounded is quicker."""
    at = text.find(line, start, start + _NEAR)
    return at if at >= 0 else text.index(line, start)


def _transcribed(rules: Rules, base: int) -> tuple[Transcript, list[tuple[Fail, Transcript]]]:
    """The prefregex, which may be empty, and the failregexes for PCRE2.

    Raises:
        ValueError: one of them can't be had.
    """
    prefix: Transcript | None = Transcript("", ())
    has_content = False
    if rules.prefregex:
        prefix = transcribe_prefix(rules.prefregex.regex, base=base)
        has_content = "content" in rules.prefregex.groups
    if prefix is None:
        raise ValueError("the prefregex can't be transcribed")
    base += len(prefix.groups)
    known = []
    for fail in rules.fails:
        script = transcribe(fail.regex, base=base, behind_date=not has_content)
        if script is None:
            raise ValueError(f"the failregex {fail.doing[1]} can't be transcribed")
        known.append((fail, script))
    if not known:
        raise ValueError("there is no failregex")
    return prefix, known
