"""The merged raw options of a file set: later files win, and what they replaced stays known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from banward.config.ini import DEFAULT, IniFile, Options, Raw

if TYPE_CHECKING:
    from banward.records import Place

__all__ = ["INCLUDES", "Sections"]

INCLUDES = "INCLUDES"
"""The section that names other files; never a jail."""

_CONDITIONAL = re.compile(r"(\w+)\?(.+)\Z", re.DOTALL)


class Sections:
    """Options by section, as the files of one set define them (spec 1.1, 1.3, 1.5).

    Attributes:
        defaults: the options of ``[DEFAULT]``.
        known: for each section the options that a later file replaced, with their former value.
        heads: where each section begins.
    """

    def __init__(self) -> None:
        """Begin without any option."""
        self.defaults: Options = {}
        self.known: dict[str, Options] = {}
        self.heads: dict[str, Place] = {}
        self._sections: dict[str, Options] = {}

    @property
    def names(self) -> list[str]:
        """Names of the sections without ``[DEFAULT]``, in the order of first mention."""
        return list(self._sections)

    def merge(self, file: IniFile) -> None:
        """Let the options of a file replace those that are here."""
        for name, options in file.sections.items():
            if name == DEFAULT:
                self.defaults.update(options)
                continue
            conditional = _CONDITIONAL.match(name)
            if conditional:
                section, condition = conditional.groups()
                renamed = {f"{key}?{condition}": raw for key, raw in options.items()}
                self._update(section, renamed, file.heads[name])
            else:
                self._update(name, options, file.heads[name])

    def _update(self, name: str, options: Options, head: Place) -> None:
        own = self._sections.setdefault(name, {})
        known = self.known.setdefault(name, {})
        self.heads.setdefault(name, head)
        known.update({key: own[key] for key in options if key in own})
        own.update(options)

    def __contains__(self, name: str) -> bool:
        """Whether there is a section of this name."""
        return name in self._sections

    def own(self, section: str) -> Options:
        """The options that a section has itself; empty if there is no such section."""
        return self._sections.get(section, {})

    def get(self, section: str, option: str) -> Raw | None:
        """The raw value of an option, of the section itself or of ``[DEFAULT]``."""
        return self.own(section).get(option) or self.defaults.get(option)
