"""One regex of a filter, compiled from text with tags; an error shows where and what to write."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from banward.errors import PatternError
from banward.matching.tags import Expansion, expand

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["IDENTIFYING", "Pattern", "compile_failregex", "compile_pattern"]

IDENTIFYING = frozenset({"fid", "ip4", "ip6", "dns", "mlfid"})
"""Groups that can say who failed, at once or with the help of other lines of the session."""

# What ``re`` says (its first words), what it expected, and the likeliest repair.
_REPAIRS = (
    (
        "redefinition of group name",
        "every group, and so every tag, at most once",
        "keep one of the two, or write <IP4>, <IP6> and <DNS> once each in alternatives",
    ),
    (
        "missing ), unterminated subpattern",
        "a closing bracket for the one that opens here",
        r"close it with ), or the tag with its </F-...>; a literal bracket is \(",
    ),
    (
        "unbalanced parenthesis",
        "an opening bracket before this closing one",
        r"remove it, or write \) for a literal bracket",
    ),
    (
        "unterminated character set",
        "a closing ] for the set that opens here",
        r"close it with ], or write \[ for a literal bracket",
    ),
    ("nothing to repeat", "something to repeat before it", r"write \* \+ \? for the literal"),
    ("multiple repeat", "one repetition at a time", r"write \* \+ \? for the literal"),
    (
        "global flags not at the start",
        "flags for the whole regex at its very start",
        "write them there, or (?i:...) around the part they are for",
    ),
    (
        "bad character in group name",
        "a group name of letters, digits and _",
        "write _ instead of the other character",
    ),
    ("bad escape", "an escape that Python's re knows", r"write \\ for a literal backslash"),
    ("unknown group name", "the name of a group further left", "check the spelling"),
    ("invalid group reference", "the number of a group further left", "count the brackets"),
    ("bad character range", "a range from the smaller to the greater", r"write \- for a literal"),
    ("look-behind requires", "a look-behind of fixed width", "use no * + ? in it"),
    ("unknown extension", "(?:...), (?P<name>...), (?=...) or (?!...)", r"a literal is \(\?"),
)
_UNKNOWN_REPAIR = ("a regex that Python's re knows", "see the syntax of Python's re")

_LOWER_CASE_TAG = re.compile(r"<(ip4|ip6|dns|addr|host|cidr|subnet|f-[a-z0-9_]+)/?>", re.IGNORECASE)


class Pattern(NamedTuple):
    """A regex as written and as compiled.

    Args:
        written: the text in the configuration.
        regex: the compiled form, tags replaced.
    """

    written: str
    regex: re.Pattern[str]

    @property
    def groups(self) -> Collection[str]:
        """The names of its groups."""
        return self.regex.groupindex.keys()


def compile_pattern(written: str, *, names: bool = True, multiline: bool = False) -> Pattern:
    """Compile a prefregex or ignoreregex, or a failregex whose id is checked elsewhere.

    Args:
        written: regex with tags (config-and-filters.md 2.3).
        names: whether ``<HOST>`` takes host names too.
        multiline: whether ``^`` and ``$`` work at each line of a window.

    Raises:
        PatternError: it is empty or does not compile.
    """
    if not written.strip():
        raise PatternError("Cannot add empty regex: expected a regex, found nothing but blanks")
    expansion = expand(written, names=names)
    try:
        with warnings.catch_warnings():
            # Python warns of "[[" in a set; users' regexes may hold it and mean it.
            warnings.simplefilter("ignore", FutureWarning)
            regex = re.compile(expansion.text, re.MULTILINE if multiline else 0)
    except re.error as error:
        raise PatternError(_explain(written, expansion, error)) from error
    except (OverflowError, RecursionError) as error:
        raise PatternError(f"Unable to compile regular expression '{written}': {error}") from error
    return Pattern(written, regex)


def compile_failregex(
    written: str, *, names: bool, multiline: bool, given: Collection[str] = ()
) -> Pattern:
    """Compile a failregex and make sure that it can say who failed.

    Args:
        written: regex with tags.
        names: whether ``<HOST>`` takes host names too.
        multiline: whether the filter has a window of several lines.
        given: groups that the filter's prefregex has.

    Raises:
        PatternError: it is empty, does not compile, or has no group that identifies.
    """
    pattern = compile_pattern(written, names=names, multiline=multiline)
    if IDENTIFYING.isdisjoint(pattern.groups) and IDENTIFYING.isdisjoint(given):
        raise PatternError(_without_id(written))
    return pattern


def _explain(written: str, expansion: Expansion, error: re.error) -> str:
    """The message for a regex that does not compile: what, where, expected, likely repair."""
    at = expansion.origin(error.pos or 0)
    expected, repair = next(
        (rest for start, *rest in _REPAIRS if error.msg.startswith(start)), _UNKNOWN_REPAIR
    )
    if error.msg.startswith("unbalanced") and not expansion.is_copied(error.pos or 0):
        repair = "the tag here is sound: look left of it for a [ that is not closed"
    # A written regex may hold line ends; in the picture they would move the mark.
    shown = written.replace("\n", " ").replace("\t", " ")
    return (
        f"Unable to compile regular expression '{written}': {error.msg} at column {at + 1}\n"
        f"  {shown}\n"
        f"  {' ' * at}^\n"
        f"  expected {expected}; {repair}"
    )


def _without_id(written: str) -> str:
    message = (
        f"No failure-id group in '{written}': expected one of <HOST>, <ADDR>, <IP4>, <IP6>, <DNS>, "
        "<SUBNET>, <F-ID> or <F-MLFID>, here or in the prefregex"
    )
    if "(?P<host>" in written:
        return f"{message}; write <HOST> or <ADDR> instead of the group 'host'"
    wrong = _LOWER_CASE_TAG.search(written)
    if wrong and wrong[0] != wrong[0].upper():
        return f"{message}; tags are upper case: write {wrong[0].upper()} instead of {wrong[0]}"
    return f"{message}; put <HOST> where the address stands"
