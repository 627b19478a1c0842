"""All regexes of a filter as one, over a whole block: which lines match, and what they capture.

For lines of ASCII that begin with a date of a frequent format (``quickdate.py``). Other lines are
told as odd: they have to be shown to the filter. Where PCRE2 or the regexes do not allow it
(``transcript.py``) there is no sweep. Knows no date and no session.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from banward.matching.pcre2 import Extractor
from banward.matching.rows import END, ODD, Way
from banward.matching.transcript import Transcript, transcribe, transcribe_prefix

if TYPE_CHECKING:
    from banward.matching.quickdate import Head
    from banward.matching.rows import Row
    from banward.matching.rules import Fail, Rules

__all__ = ["Sweep"]

_TOLD: Final = "\1"
"""What is told of a line stands behind it, and begins with this."""

_SEEN: Final = {"mlfid", "user", "ip4", "ip6", "nofail", "mlfgained", "mlfforget"}
"""Groups that may be told of without a flag; all others decide what a row means."""

# What is told is cut at some of these, the end of a line is none of it, and ``re`` knows letters.
_STRANGE: Final = r"\x80-\xff\r\x00\x01"
_SIGNS: Final = (b"\r", b"\0", b"\1")


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
        most = len(prefix.groups) + max(len(script.groups) for _, script in known)
        digits = len(str(len(known)))
        self._odd = "0" * digits
        self._fails = {
            f"{number:0{digits}}": _Told.of(fail, prefix, script, most)
            for number, (fail, script) in enumerate(known, 1)
        }
        branches = "|".join(
            f"{script.text}(*MARK:{mark})"
            for mark, (_, script) in zip(self._fails, known, strict=True)
        )
        self._head = head
        self._body = f"{prefix.text}(?|{branches})[^\\n]*"
        first = base + 1
        self._flagged = [
            place
            for place in range(most)
            if any(told.names[place] in told.flagged for told in self._fails.values())
        ]
        flags = "".join(f"${{{first + place}:+1:0}}" for place in self._flagged)
        # What is told costs PCRE2 by its length, and conditions are long.
        values = "".join(f"{END}${first + place}" for place in range(most))
        self._told = f"{_TOLD}${{*MARK}}{flags}{values}\n"
        self._nothing = self._odd + "0" * len(self._flagged)  # is told of an odd line first
        self._ways: dict[str, Way] = {self._nothing: Way.of(ODD, ("",) * most)}
        self._moves = False  # whether the last block had dates to be moved
        self._extractors: dict[tuple[bool, bool], Extractor] = {}
        self._extractor(moved=False, wary=False)

    @functools.cached_property
    def _mover(self) -> Extractor:
        """Moves dates to the begin of their lines; what looks like one of them becomes strange."""
        before, moved, fake = self._head.before, self._head.moved, self._head.fake
        date = re.compile(before).groups + 2
        told = f"${{{date}:+${date}$1:{END}}}"
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
            strange = rf"(?=[^\n]*[{_STRANGE}])[^\n]+(*MARK:{self._odd})|" if wary else ""
            odd = rf"(?!{date})[^\n]+(*MARK:{self._odd})"
            # Lines are not told, which is slow letter by letter: what is told comes behind them.
            regex = rf"(*LF)^(?:{strange}{date}{self._body}|{odd})\K\n"
            made = Extractor(regex, self._told, whole=True)
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
            rows = self._rows(data, data, moved=False, wary=is_wary)
            if rows is None:
                return None
            odd = self._ways[self._nothing]
            of_odd = [line for _, line, way, _ in rows if way is odd]
            if not any(line.startswith(sign) for line in of_odd):
                return rows
        moved = self._mover.extract(data)
        if moved is None:
            return None
        self._moves = moved != data
        return self._rows(moved, data, moved=self._moves, wary=is_wary)

    def _rows(self, data: bytes, written: bytes, *, moved: bool, wary: bool) -> list[Row] | None:
        """The rows of a block.

        Args:
            data: the block, perhaps with its dates moved.
            written: the block as it was written; its lines have the same places and lengths.
            moved: whether dates were moved.
            wary: whether lines have to be looked at for what makes them odd.
        """
        if wary:
            data = data.replace(b"\1", b"\0")  # both are strange
        told = self._extractor(moved=moved, wary=wary).text(data)
        if told is None:
            return None
        rows = self._read(told)
        if data == written:
            return rows
        text = written.decode("latin-1")
        return [(at, text[at : at + len(line)], way, caught) for at, line, way, caught in rows]

    def _read(self, told: str) -> list[Row]:
        """The rows of a block, behind each of which stands what is told of it."""
        ways, wide = self._ways, len(self._nothing)
        rows: list[Row] = []
        at = 0
        before, *pieces = told.split(_TOLD)
        for piece in pieces:
            begin = before.rfind("\n") + 1
            found, _, behind = piece.partition("\n")
            which = found[:wide]
            way = ways.get(which) or self._way(which)
            rows.append((at + begin, before[begin:], way, found[wide:]))
            at += len(before) + 1
            before = behind
        return rows

    def _way(self, which: str) -> Way:
        """How to read rows of which this is told first."""
        told = self._fails[which[: len(self._odd)]]
        names = list(told.names)
        for place, flag in zip(self._flagged, which[len(self._odd) :], strict=True):
            if flag == "0":
                names[place] = ""
        way = self._ways[which] = Way.of(
            1 << told.fail.doing[1], tuple(names), told.fail.captures, told.unsure
        )
        return way


class _Told(NamedTuple):
    """What is told of lines that match a failregex.

    Args:
        fail: the failregex.
        names: the name of the group at each place, empty for none.
        flagged: groups of which is told whether they took part.
        unsure: those of which that is seen by what they captured, if it is nothing.
    """

    fail: Fail
    names: tuple[str, ...]
    flagged: frozenset[str]
    unsure: frozenset[str]

    @classmethod
    def of(cls, fail: Fail, prefix: Transcript, script: Transcript, most: int) -> _Told:
        """What is told of a failregex behind a prefregex, at so many places."""
        names = (*prefix.groups, *script.groups)
        flagged = {name for name in names if name not in _SEEN or names.count(name) > 1}
        flagged |= fail.captures.concerned | prefix.hollow | script.hollow
        padding = ("",) * (most - len(names))
        return cls(fail, names + padding, frozenset(flagged), frozenset(names) - flagged)


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
