"""One ``failjson`` rule: which values of a line make a failure, and what they capture.

A rule is a JSON object of field to pattern (docs/failjson.md). Knows no line and no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from banward.errors import PatternError
from banward.matching.fields import ABSENT, lookup, text_of
from banward.matching.pattern import IDENTIFYING, compile_pattern

if TYPE_CHECKING:
    import re
    from collections.abc import Collection

    from banward.matching.fields import Record

__all__ = ["DATE", "Condition", "FieldRule"]

DATE = "<DATE>"
"""The pattern of the field that holds the date."""


class Condition(NamedTuple):
    """What one field has to be.

    Args:
        path: names from the outside to the inside.
        regex: what its text has to match as a whole; None if it has to be absent or null.
        optional: whether it may be absent.
    """

    path: tuple[str, ...]
    regex: re.Pattern[str] | None
    optional: bool

    def groups(self, record: Record) -> dict[str, str | None] | None:
        """What the field captures; None if the condition is not met."""
        value = lookup(record, self.path)
        if value is ABSENT or value is None:
            if self.regex is None:
                return {}
            return dict.fromkeys(self.regex.groupindex) if self.optional else None
        if self.regex is None:
            return None
        for entry in value if isinstance(value, list) else [value]:
            found = self.regex.fullmatch(text_of(entry))
            if found:
                return found.groupdict()
        return None


class FieldRule:
    """A rule for lines that hold named values.

    Args:
        written: the rule as it stands in the configuration.
        names: whether ``<HOST>`` takes host names too.

    Attributes:
        written: the rule as it stands in the configuration.
        conditions: what each field has to be, in order.
        date: path of the field that holds the date, or None.
        groups: names of all groups.

    Raises:
        PatternError: it is no JSON object, a pattern does not compile, a group is in two of
            them, or none of them can say who failed.
    """

    def __init__(self, written: str, *, names: bool) -> None:
        self.written = written
        self.date: tuple[str, ...] | None = None
        self.conditions: list[Condition] = []
        groups: set[str] = set()
        for field, value in _read(written).items():
            if value == DATE:
                self.date = tuple(field.split("."))
                continue
            condition = _condition(field, value, written, names=names)
            self._add_groups(condition, groups)
            self.conditions.append(condition)
        self.groups: Collection[str] = frozenset(groups)
        if IDENTIFYING.isdisjoint(groups):
            raise PatternError(
                f"No failure-id group in failjson '{written}': expected one of <HOST>, <ADDR>, "
                "<IP4>, <IP6>, <DNS>, <SUBNET>, <F-ID> or <F-MLFID> as the pattern of a field"
            )

    def match(self, record: Record) -> dict[str, str | None] | None:
        """What the fields of a line capture; None if a condition is not met."""
        captured: dict[str, str | None] = {}
        for condition in self.conditions:
            groups = condition.groups(record)
            if groups is None:
                return None
            captured.update(groups)
        return captured

    def _add_groups(self, condition: Condition, groups: set[str]) -> None:
        new = set(condition.regex.groupindex) if condition.regex else set()
        if groups & new:
            raise PatternError(
                f"redefinition of group name '{min(groups & new)}' in failjson '{self.written}': "
                "expected every tag at most once in a rule"
            )
        groups |= new


def _read(written: str) -> dict[str, Any]:
    try:
        rule = msgspec.json.decode(written)
    except msgspec.DecodeError as error:
        raise PatternError(
            f"failjson '{written}' is no JSON: {error}; expected an object of field to pattern on "
            r"one line, such as {"
            ""
            r'"ip": "<ADDR>"'
            r"""}, with \\ for each backslash"""
        ) from error
    if not isinstance(rule, dict) or not rule:
        raise PatternError(f"failjson '{written}': expected a JSON object of field to pattern")
    return rule


def _condition(field: str, value: Any, written: str, *, names: bool) -> Condition:
    optional = field.endswith("?")
    path = tuple(field.removesuffix("?").split("."))
    if value is None:
        return Condition(path, None, optional=True)
    if isinstance(value, dict | list):
        raise PatternError(
            f"failjson '{written}': the pattern of '{field}' has to be text, a number, true, false "
            "or null"
        )
    text = value if isinstance(value, str) else _literal(value)
    try:
        pattern = compile_pattern(text or "(?:)", names=names)
    except PatternError as error:
        raise PatternError(f"failjson '{written}', field '{field}': {error}") from error
    return Condition(path, pattern.regex, optional)


def _literal(value: Any) -> str:
    return text_of(value).replace(".", r"\.").replace("+", r"\+")
