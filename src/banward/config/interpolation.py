"""``%(name)s``: the first expansion, between the options of a file set; knows no option's use.

The rules are those of spec config-and-filters.md 1.5. A name is looked up in this order: values
that go before (parameters), the section itself, ``[DEFAULT]``, then the forms with a slash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banward.config.ini import DEFAULT, Options, Raw
from banward.config.model import MAX_LENGTH, Problem, ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from banward.config.sections import Sections

__all__ = ["MAX_DEPTH", "Interpolator"]

MAX_DEPTH = 10
"""How deep references may be nested, as in Python's ``configparser``."""

_REFERENCE = re.compile(r"%\(([^)]+)\)s")
_NO_OPTIONS: Options = {}


class Interpolator:
    """Reads options of a file set with all references expanded.

    Args:
        sections: the raw options.
        always: values that are defined everywhere, below ``[DEFAULT]``.
    """

    def __init__(self, sections: Sections, always: Mapping[str, Raw] = _NO_OPTIONS) -> None:
        """Keep the options; nothing is expanded before it is asked for."""
        self.sections = sections
        self._always = always

    def get(self, section: str, option: str, first: Mapping[str, Raw] = _NO_OPTIONS) -> Raw | None:
        """The value of an option, of the section or of ``[DEFAULT]``; None if nobody set it.

        Args:
            section: the section that is read.
            option: name of the option, in lower case.
            first: values that references find before all others.

        Raises:
            ProblemError: a reference that can't be resolved.
        """
        raw = self.sections.get(section, option)
        return self.expand(section, option, raw, first) if raw else None

    def expand(
        self, section: str, option: str, raw: Raw, first: Mapping[str, Raw] = _NO_OPTIONS
    ) -> Raw:
        """A raw value of an option with its references expanded; else as ``get``."""
        if "%" not in raw.text:
            return raw
        return raw._replace(text=_Expansion(self, section, option, raw, first).run())

    def find(self, section: str, name: str, first: Mapping[str, Raw]) -> Raw | None:
        """What ``%(name)s`` means inside a section, not yet expanded itself."""
        folded = name.lower()
        preferred = first.get(folded)
        if preferred:
            return preferred
        if folded == "__name__" and section in self.sections:
            return Raw(section, self.sections.heads[section])
        found = self.sections.get(section, folded) or self._always.get(folded)
        return found or self._elsewhere(section, name)

    def _elsewhere(self, section: str, name: str) -> Raw | None:
        """The value of ``known/option``, ``default/option`` or ``section/option``."""
        where, slash, option = name.partition("/")
        option = option.lower()
        if not slash:
            return None
        defaults = self.sections.defaults
        if where.lower() == "known":
            return self.sections.known.get(section, {}).get(option) or defaults.get(option)
        if where.lower() == DEFAULT.lower():
            return defaults.get(option)
        # Upstream folds the section's name to lower case and so never finds one with capitals
        # (spec 7, quirk 8); a name as written is tried first here.
        for candidate in (where, where.lower()):
            if candidate in self.sections:
                return self.sections.get(candidate, option)
        return None


class _Expansion:
    """The expansion of one option."""

    def __init__(
        self,
        interpolator: Interpolator,
        section: str,
        option: str,
        raw: Raw,
        first: Mapping[str, Raw],
    ) -> None:
        self._interpolator = interpolator
        self._section = section
        self._option = option
        self._raw = raw
        self._first = first
        self._length = 0

    def run(self) -> str:
        return "".join(self._parts(self._raw, 1))

    def _parts(self, raw: Raw, depth: int) -> list[str]:
        self._length += len(raw.text)
        if depth > MAX_DEPTH or self._length > MAX_LENGTH:
            raise self._too_deep()
        parts: list[str] = []
        rest = raw.text
        while rest:
            plain, percent, rest = rest.partition("%")
            parts.append(plain)
            if percent and rest.startswith("%"):
                parts.append("%")
                rest = rest[1:]
            elif percent:
                reference = _REFERENCE.match("%" + rest)
                if reference is None:
                    raise self._bad_syntax(raw, "%" + rest)
                rest = rest[reference.end() - 1 :]
                parts.extend(self._referred(raw, reference[1], depth))
        return parts

    def _referred(self, raw: Raw, name: str, depth: int) -> list[str]:
        found = self._interpolator.find(self._section, name, self._first)
        if found is None:
            raise self._missing(raw, name)
        return self._parts(found, depth + 1) if "%" in found.text else [found.text]

    def _missing(self, raw: Raw, name: str) -> ProblemError:
        return ProblemError(
            Problem(
                kind="interpolation-missing-option",
                message=f"%({name})s names an option that is set nowhere",
                place=raw.place,
                value=raw.text,
                hint=f"set {name!r} in [{self._section}] or in [DEFAULT]"
                if "/" not in name
                else "",
                fatal=True,
                words=f"Bad value substitution: option {self._option!r} in section "
                f"{self._section!r} contains an interpolation key {name.lower()!r} which is "
                f"not a valid option name. Raw value: {self._raw.text!r}",
            )
        )

    def _bad_syntax(self, raw: Raw, rest: str) -> ProblemError:
        if rest.startswith("%("):
            words = f"bad interpolation variable reference {rest!r}"
        else:
            words = f"'%' must be followed by '%' or '(', found: {rest!r}"
        return ProblemError(
            Problem(
                kind="interpolation-syntax",
                message="a percent sign that begins no reference",
                place=raw.place,
                value=raw.text,
                expected="%(name)s, or %% for the sign itself",
                fatal=True,
                words=words,
            )
        )

    def _too_deep(self) -> ProblemError:
        return ProblemError(
            Problem(
                kind="interpolation-depth",
                message=f"references are nested deeper than {MAX_DEPTH}: "
                "it refers to itself, directly or through others",
                place=self._raw.place,
                value=self._raw.text,
                expected="references that come to an end",
                hint="follow each %(name)s in it from option to option, and write one of them out",
                fatal=True,
                words=f"Recursion limit exceeded in value substitution: option {self._option!r} "
                f"in section {self._section!r} contains an interpolation key which cannot be "
                f"substituted in {MAX_DEPTH} steps. Raw value: {self._raw.text!r}",
            )
        )
