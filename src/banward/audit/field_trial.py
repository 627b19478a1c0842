"""Whom a ``failjson`` rule makes responsible for the value of a field, by the real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from banward.audit.engine import named_by
from banward.audit.example import build, choices_of, text_of
from banward.matching.captures import Captures
from banward.matching.examiner import Examiner
from banward.matching.identity import identify
from banward.matching.literals import parse_tree
from banward.matching.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.matching.fieldrule import Condition, FieldRule
    from banward.settings import FilterSettings

__all__ = ["FieldTrial"]

_NAMING = frozenset({"fid", "ip4", "ip6", "dns"})


class FieldTrial:
    """One field of a ``failjson`` rule that says who failed.

    Args:
        settings: the filter.
        rule: the rule.
        field: the field.
    """

    option = "failjson"
    prefix: Pattern | None = None
    is_whole = True

    def __init__(self, settings: FilterSettings, rule: FieldRule, field: Condition) -> None:
        assert field.regex is not None  # noqa: S101 - ``of_rule`` gives no others
        self.written = rule.written
        self.fail = Pattern(rule.written, field.regex)
        self._settings = settings
        self._field = field
        self._others = [each for each in rule.conditions if each is not field and each.regex]
        self._captures = Captures(self.fail.groups)

    @classmethod
    def of_rule(cls, settings: FilterSettings, rule: FieldRule) -> Iterator[FieldTrial]:
        """The fields of a rule that say who failed.

        Args:
            settings: the filter.
            rule: the rule.
        """
        if "mlfgained" in rule.groups:
            return  # a login that was granted is no failure
        for field in rule.conditions:
            if field.regex and not _NAMING.isdisjoint(field.regex.groupindex):
                yield cls(settings, rule, field)

    def who(self, text: str) -> str:
        """Whom this field alone names; empty for nobody.

        Args:
            text: the value of the field.
        """
        found = self.fail.regex.fullmatch(text)
        if found is None:
            return ""
        identity = identify(self._captures.join({}, found.groupdict()), self._settings.usedns)
        return str(identity.subject or "") if identity else ""

    def prove(self, text: str) -> str:
        """Whom the whole filter names for a line with this value.

        Args:
            text: the value of the field.
        """
        return named_by(Examiner(self._settings), self.line(text))

    def line(self, text: str) -> str:
        """A line of JSON with this value, and one that fits in each other field.

        Args:
            text: the value of the field.
        """
        record: dict[str, Any] = {}
        _put(record, self._field.path, text)
        for other in self._others:
            _put(record, other.path, _fitting(other))
        return msgspec.json.encode(record).decode()

    def column(self, _number: int) -> int:
        """The place within a rule, in which other signs are escaped, is not known."""
        return 0


def _fitting(field: Condition) -> str:
    """A value that fits; an empty text if none is found."""
    if field.regex is None:
        return ""
    tree = parse_tree(field.regex)
    built = (build(tree, choices) for choices in choices_of(tree)) if tree is not None else ()
    texts = (text_of(parts) for parts in built if parts is not None)
    return next((text for text in texts if field.regex.fullmatch(text)), "")


def _put(record: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    """Set a value inside other values."""
    name, *inner = path
    if not inner:
        record[name] = value
    elif isinstance(below := record.setdefault(name, {}), dict):
        _put(below, tuple(inner), value)
