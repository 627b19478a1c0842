"""The files of one filter or action with the parameters it was given: what its names mean.

Shared by filters and actions; what is done with the values is theirs. The order in which names
are looked up is that of spec config-and-filters.md 1.6 and 1.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banward.config.interpolation import Interpolator
from banward.config.tags import expand_tags

if TYPE_CHECKING:
    import re
    from collections.abc import Container, Mapping

    from banward.config.files import FileSet
    from banward.config.ini import Options, Raw

__all__ = ["DEFINITION", "INIT", "Template"]

DEFINITION = "Definition"
"""The section that holds the filter or action itself."""

INIT = "Init"
"""The section that holds its parameters with default values."""


class Template:
    """Looks up and expands the options of one filter or action.

    Args:
        files: its file set.
        params: the parameters that the jail gives.
        context: further values for references, below the parameters (spec 1.8).
        shield: tags that mean only what they are given, never an option in lower case.

    Raises:
        ProblemError: a value in ``[Init]`` can't be read.

    Attributes:
        params: the parameters.
        given: parameters, then the ``[Init]`` options that no parameter replaces.
    """

    def __init__(
        self,
        files: FileSet,
        params: Mapping[str, Raw],
        context: Mapping[str, Raw],
        shield: re.Pattern[str] | None = None,
    ) -> None:
        """Read ``[Init]``; all else is read when it is asked for."""
        self.files = files
        self.sections = files.sections
        self.params = params
        self._shield = shield
        self._interpolator = Interpolator(files.sections)
        self._first = {**context, **{name.lower(): raw for name, raw in params.items()}}
        self._init: Options = {}
        for name in self.sections.own(INIT):
            raw = self._interpolator.get(INIT, name)
            if raw:
                self._init[name] = raw
        self.given = {**params, **self._unreplaced()}
        self._conditional = {
            name.partition("?")[0]
            for name in (*self.given, *self.sections.own(DEFINITION))
            if "?" in name
        }

    def _unreplaced(self) -> Options:
        """The ``[Init]`` options; a parameter also replaces those for one address family."""
        rest = {name: raw for name, raw in self._init.items() if name not in self.params}
        return {name: self.params.get(name.partition("?")[0], raw) for name, raw in rest.items()}

    def read(self, option: str) -> Raw | None:
        """An option of ``[Definition]`` or ``[DEFAULT]``, its tags not expanded.

        Raises:
            ProblemError: a reference that can't be resolved.
        """
        if DEFINITION not in self.sections:
            return None
        return self._interpolator.get(DEFINITION, option, self._first)

    def expand(self, option: str, raw: Raw, kept: Container[str] = ()) -> Raw:
        """Replace the tags in the value of an option.

        Args:
            option: the option whose value it is.
            raw: the value.
            kept: tags that stay whatever they are given.

        Raises:
            ProblemError: a tag or reference that can't be resolved.
        """

        def look_up(tag: str) -> str | None:
            if tag in kept or tag in self._conditional:
                return None
            found = self._meaning(tag)
            return found.text if found else None

        return expand_tags(option, raw, look_up)

    def _meaning(self, tag: str) -> Raw | None:
        if tag in self.given:
            return self.given[tag]
        section, slash, option = tag.partition("/")
        if slash and section == "known":
            return self._known(option.lower())
        if slash and section in self.sections:
            return self._interpolator.get(section, option.lower())
        if self._shield and self._shield.match(tag):
            return None
        folded = tag.lower()
        return self._first.get(folded) or self.read(folded)

    def _known(self, option: str) -> Raw | None:
        """The value that an option has without the parameter that replaces it."""
        if option in self._init:
            return self._init[option]
        former = self.sections.known.get(DEFINITION, {}).get(option)
        if former:
            return self._interpolator.expand(DEFINITION, option, former, self._first)
        return self.read(option)
