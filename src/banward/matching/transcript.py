r"""A regex of a filter as one for PCRE2 that finds the same in the lines of a whole block.

``re`` searches a text that is a line without its date, with a newline at its end. Here that text
stands in a block: behind its date, before the next line. Both are the same to what is made here:

    nothing takes a newline    so a match ends within its line. Where a part may take the one at
                               the end, and something has to follow, it never does. Where it may be
                               left out, what follows matches before the newline as well as behind
    the begin                  ^ holds where nothing was taken yet. What looks at the character
                               before it must have taken one, or find a digit as little as none
    characters                 are written out one by one, as ``re`` takes them of ASCII; lines with
                               others are not for this way

What can't be proven to be the same is not made. The order in which both try is the same, so the
match and what its groups capture are too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from banward.matching.charsets import UnknownNodeError, characters_of, written
from banward.matching.literals import parse_tree
from banward.matching.nodes import (
    ENDLESS,
    groups_in,
    is_anchored,
    is_calm,
    is_group,
    stays_calm,
    takes_the_rest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from banward.matching.nodes import Part

__all__ = ["Transcript", "transcribe", "transcribe_prefix"]

_SKIP: Final = r"[^\n]*?"
_END_OF_DATE: Final = frozenset("0123456789Z")
_LONGEST: Final = 50_000  # characters; PCRE2 counts distances in 16 bits


class Transcript(NamedTuple):
    """A regex for PCRE2.

    Args:
        text: the regex.
        groups: names of its groups, in the order of their numbers.
        hollow: the groups that may capture an empty text.
    """

    text: str
    groups: tuple[str, ...]
    hollow: frozenset[str] = frozenset()


class _Context(NamedTuple):
    """What is known of the place of a part.

    Args:
        flags: flags of ``re`` that hold there.
        before: the least and the most characters that were taken before.
        after: how many characters have to be taken behind it.
        is_calm: whether what follows asks nothing but whether the line ends.
        is_last: whether nothing follows, within the look-around that it is in.
        is_optional: whether it begins something that may be left out.
        is_captured: whether it is in a group, within the look-around that it is in.
        is_looking: whether it is in a look-around.
    """

    flags: int
    before: tuple[int, int] = (0, 0)
    after: int = 0
    is_calm: bool = True
    is_last: bool = True
    is_optional: bool = False
    is_captured: bool = False
    is_looking: bool = False


def transcribe(regex: re.Pattern[str], *, base: int, behind_date: bool) -> Transcript | None:
    """A failregex, to be tried where its text begins.

    Args:
        regex: the regex.
        base: how many groups there are before it.
        behind_date: whether its text begins behind a date, else within a line.

    Returns:
        The regex; None if it can't be made.
    """
    tree = parse_tree(regex)
    if tree is None or not tree.getwidth()[0]:
        return None
    try:
        writer = _Writer(regex, tree, base=base, behind_date=behind_date)
        return writer.result(writer.search(tree))
    except UnknownNodeError:
        return None


def transcribe_prefix(regex: re.Pattern[str], *, base: int) -> Transcript | None:
    """A prefregex, which leaves off where the text for the failregexes begins.

    That text has to reach to the end of its line, as a failregex takes it so.

    Args:
        regex: the regex.
        base: how many groups there are before it.

    Returns:
        The regex, in which ``content`` is no group; None if it can't be made.
    """
    tree = parse_tree(regex)
    if tree is None:
        return None
    content = regex.groupindex.get("content")
    try:
        writer = _Writer(regex, tree, base=base, behind_date=True, without=content)
        if content is None:
            return writer.result(f"(?={writer.search(tree)})")
        return writer.result(writer.up_to(tree, content))
    except UnknownNodeError:
        return None


class _Writer:
    """Writes one regex.

    Args:
        regex: the regex.
        tree: its parse tree.
        base: how many groups there are before it.
        behind_date: whether a date stands before its text.
        without: number of a group that is not captured.
    """

    def __init__(
        self,
        regex: re.Pattern[str],
        tree: Any,
        *,
        base: int,
        behind_date: bool,
        without: int | None = None,
    ) -> None:
        if regex.flags & (re.MULTILINE | re.LOCALE):
            raise UnknownNodeError("flags")
        self._kind, self._state = type(tree), tree.state
        self._flags = regex.flags
        self._behind_date = behind_date
        kept = {name: n for name, n in regex.groupindex.items() if n != without}
        self._groups = tuple(sorted(kept, key=kept.__getitem__))
        self._names = {number: name for name, number in kept.items()}
        self._numbers = {kept[name]: n for n, name in enumerate(self._groups, base + 1)}
        self._hollow: set[str] = set()

    def result(self, text: str) -> Transcript:
        """What was written."""
        if len(text) > _LONGEST:
            raise UnknownNodeError("too long")
        return Transcript(text, self._groups, frozenset(self._hollow))

    def search(self, items: Iterable[Part]) -> str:
        """A regex as it is searched in its text."""
        items = list(items)
        if is_anchored(items):
            return self._sequence(items, _Context(self._flags))
        return _SKIP + self._sequence(items, _Context(self._flags, before=(0, ENDLESS)))

    def up_to(self, items: Iterable[Part], content: int) -> str:
        """A prefregex up to its group ``content``, which is only looked at."""
        items = list(items)
        places = [n for n, (code, value) in enumerate(items) if is_group(code, value, content)]
        if not places or not is_anchored(items):
            raise UnknownNodeError("content is not within reach")
        (at,) = places
        inside = list(items[at][1][3])
        behind = [(str(code), str(value)) for code, value in items[at + 1 :]]
        if behind != [("AT", "AT_END")] and (behind or not takes_the_rest(inside, self._flags)):
            raise UnknownNodeError("content ends before its line")
        if not self._width(inside)[0]:
            raise UnknownNodeError("content may be empty")
        context = _Context(self._flags)
        before = self._sequence(items[:at], context._replace(after=1, is_last=False))
        width = self._width(items[:at])
        looked = self._sequence(items[at:], context._replace(before=width, is_captured=True))
        return f"(?>{before}(?={looked}))"

    # Parts.

    def _sequence(self, items: Sequence[Part], context: _Context) -> str:
        items = list(items)
        widths = [self._width([item]) for item in items]
        least, most = context.before
        rest = context.after + sum(low for low, _ in widths)
        texts = []
        for at, (code, value) in enumerate(items):
            low, high = widths[at]
            rest -= low
            behind = items[at + 1 :]
            place = context._replace(
                before=(least, most),
                after=rest,
                is_calm=context.is_calm and (bool(rest) or is_calm(behind)),
                is_last=context.is_last and not behind,
                is_optional=context.is_optional and most == context.before[1],
            )
            texts.append(self._part(str(code), value, place))
            least, most = min(least + low, ENDLESS), min(most + high, ENDLESS)
        return "".join(texts)

    def _part(self, code: str, value: Any, context: _Context) -> str:
        characters = characters_of(code, value, context.flags)
        if characters is not None:
            return self._character(characters, context)
        writer = self._writers.get(code)
        if writer is None:
            raise UnknownNodeError(code)
        return writer(self, value, context)

    @staticmethod
    def _character(characters: frozenset[str], context: _Context) -> str:
        if "\n" not in characters or context.after:
            return written(characters - {"\n"})
        if context.is_captured:
            raise UnknownNodeError("a group may take the newline")
        if context.is_last:
            # Nothing follows, so it need not be taken.
            return written(characters) if context.is_looking else f"(?={written(characters)})"
        if context.is_optional and context.is_calm:
            return written(characters - {"\n"})
        raise UnknownNodeError("may take the newline")

    def _at(self, value: Any, context: _Context) -> str:
        least, most = context.before
        match str(value):
            case "AT_END":
                return "$"
            case "AT_BEGINNING" | "AT_BEGINNING_STRING" if not most:
                return ""
            case "AT_BEGINNING" | "AT_BEGINNING_STRING" if least:
                return "(*FAIL)"
            case "AT_BOUNDARY" if least:
                return r"\b"
            case "AT_NON_BOUNDARY" if least:
                return r"\B"
        raise UnknownNodeError(str(value))

    def _branch(self, value: tuple[Any, list[Any]], context: _Context) -> str:
        branches = [list(items) for items in value[1]]
        texts = []
        for branch, other in zip(branches, [*branches[1:], None], strict=True):
            may_end = other is not None and not self._width(other)[1] and is_calm(other)
            texts.append(
                self._sequence(branch, context._replace(is_optional=may_end or context.is_optional))
            )
        return f"(?:{'|'.join(texts)})"

    def _group(self, value: tuple[Any, int, int, Any], context: _Context) -> str:
        group, add, remove, items = value
        number = self._numbers.get(group)
        if number is not None and not self._width(items)[0]:
            self._hollow.add(self._names[group])
        inside = self._sequence(
            items,
            context._replace(
                flags=(context.flags | add) & ~remove,
                is_captured=context.is_captured or number is not None,
            ),
        )
        return f"({inside})" if number else f"(?:{inside})"

    def _atomic(self, value: Any, context: _Context) -> str:
        return f"(?>{self._sequence(value, context)})"

    def _repeat(self, value: tuple[Any, Any, Any], context: _Context, sign: str) -> str:
        least, most, items = value
        least, most = int(least), int(most)
        is_many = most > 1
        if is_many and any(number in self._numbers for number in groups_in(items)):
            raise UnknownNodeError("a group that is filled again and again")
        inside = self._sequence(
            items,
            context._replace(
                before=(context.before[0], ENDLESS if is_many else context.before[1]),
                is_calm=context.is_calm and (not is_many or stays_calm(items)),
                is_last=context.is_last and not is_many,
                is_optional=not least or (context.is_optional and least == 1),
            ),
        )
        if len(items) > 1 or characters_of(str(items[0][0]), items[0][1], context.flags) is None:
            inside = f"(?:{inside})"
        end = "" if most >= ENDLESS else most
        return f"{inside}{{{least},{end}}}{sign}"

    def _most_first(self, value: tuple[Any, Any, Any], context: _Context) -> str:
        return self._repeat(value, context, "")

    def _least_first(self, value: tuple[Any, Any, Any], context: _Context) -> str:
        return self._repeat(value, context, "?")

    def _possessive(self, value: tuple[Any, Any, Any], context: _Context) -> str:
        return self._repeat(value, context, "+")

    def _is(self, value: tuple[int, Any], context: _Context) -> str:
        return self._look(value, context, "=")

    def _is_not(self, value: tuple[int, Any], context: _Context) -> str:
        return self._look(value, context, "!")

    def _look(self, value: tuple[int, Any], context: _Context, sign: str) -> str:
        direction, items = value
        inside = _Context(context.flags, context.before, is_looking=True)
        if direction > 0:
            return f"(?{sign}{self._sequence(items, inside)})"
        width, most = self._width(items)
        if width != most or (context.before[0] < width and not self._sees_no_date(items, context)):
            raise UnknownNodeError("looks behind the begin")
        # Nothing that was taken is a newline, so what is looked at is none.
        text = self._sequence(items, inside._replace(before=(0, ENDLESS), after=1))
        return f"(?<{sign}{text})"

    def _sees_no_date(self, items: Sequence[Part], context: _Context) -> bool:
        """Whether a look behind finds the end of a date to be as little as nothing."""
        if not self._behind_date or len(items) != 1:
            return False
        ((code, value),) = items
        characters = characters_of(str(code), value, context.flags)
        return characters is not None and characters.isdisjoint(_END_OF_DATE)

    def _back(self, value: int, context: _Context) -> str:
        if context.flags & re.IGNORECASE or value not in self._numbers:
            raise UnknownNodeError("a group in any case, or without a name")
        return rf"\g{{{self._numbers[value]}}}"

    def _condition(self, value: tuple[int, Any, Any], context: _Context) -> str:
        group, *branches = value
        if group not in self._numbers:
            raise UnknownNodeError("a group without a name")
        texts = [self._sequence(list(items or ()), context) for items in branches]
        return f"(?({self._numbers[group]}){'|'.join(texts)})"

    def _width(self, items: Sequence[Part]) -> tuple[int, int]:
        """The least and the most characters that parts take."""
        least, most = self._kind(self._state, list(items)).getwidth()
        return min(int(least), ENDLESS), min(int(most), ENDLESS)

    _writers: ClassVar[dict[str, Callable[[_Writer, Any, _Context], str]]] = {
        "AT": _at,
        "BRANCH": _branch,
        "SUBPATTERN": _group,
        "ATOMIC_GROUP": _atomic,
        "MAX_REPEAT": _most_first,
        "MIN_REPEAT": _least_first,
        "POSSESSIVE_REPEAT": _possessive,
        "ASSERT": _is,
        "ASSERT_NOT": _is_not,
        "GROUPREF": _back,
        "GROUPREF_EXISTS": _condition,
    }
