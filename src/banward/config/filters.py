"""A filter's files, parameters and jail become its effective options; no regex is compiled.

How the values flow is told in spec config-and-filters.md 1.8: parameters, then ``[Init]``, then
the jail's own option, then ``[Definition]`` and ``[DEFAULT]`` of the filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from banward.config.ini import Raw
from banward.config.model import FilterDefinition, Setting
from banward.config.options import (
    FILTER_OPTIONS,
    FIRST_FILTER_OPTIONS,
    REGEX_TAG,
    convert,
)
from banward.config.template import DEFINITION, Template
from banward.records import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from banward.config.files import FileSet
    from banward.config.notes import Notes

__all__ = ["Filter"]

LOGTYPE = "logtype"
"""The parameter by which a filter knows what kind of log it reads."""


class Filter:
    """One filter with its parameters; expands its options, alone or for a jail.

    Args:
        name: as the jail or the user gave it.
        files: its file set.
        params: its parameters.
        backend: of the jail; where nobody chose a ``logtype`` it decides (spec 1.8).
        init_first: let ``[Init]`` values go before ``[Definition]`` in ``%(name)s``, as in a
            jail but not with ``fail2ban-regex`` on the bare filter (spec 1.8).

    Raises:
        ProblemError: a value in ``[Init]`` can't be read.
    """

    def __init__(
        self,
        name: str,
        files: FileSet,
        params: Mapping[str, Raw],
        backend: str,
        *,
        init_first: bool = True,
    ) -> None:
        """Read ``[Init]``; nothing else is expanded yet."""
        self.name = name
        self.files = files
        self.given = params
        self._params = self._with_logtype(backend)
        given = Template(files, params, {}).given if init_first else {}
        self._init = {name: raw for name, raw in given.items() if name not in params}

    def _with_logtype(self, backend: str) -> Mapping[str, Raw]:
        own = self.files.sections.own(DEFINITION)
        if LOGTYPE in self.given or LOGTYPE in own:
            return self.given
        kind = "journal" if backend.startswith("systemd") else "file"
        return {**self.given, LOGTYPE: Raw(kind, Place("", key=LOGTYPE))}

    def with_backend(self, backend: str) -> Filter:
        """The same filter for another backend."""
        return Filter(self.name, self.files, self.given, backend)

    def _template(self, jail: Mapping[str, Raw]) -> Template:
        """The filter's names, with those of the jail that the filter itself has too."""
        sections = self.files.sections
        own = {**sections.defaults, **sections.own(DEFINITION)}
        context = {name: raw for name, raw in {**jail, **self._init}.items() if name in own}
        return Template(self.files, self._params, context, REGEX_TAG)

    def known(self, first: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """What a jail may use as ``%(known/NAME)s``: all options, each expanded when asked for.

        Looking one up raises ProblemError if it can't be read.

        Args:
            first: other values, which go before.
        """
        return _Known(self._template({}), first)

    def define(self, jail: Mapping[str, Raw], notes: Notes) -> FilterDefinition:
        """The effective options, those of the jail included, in order of the stream.

        Args:
            jail: the jail's options that have a meaning, as texts; empty if there is no jail.
            notes: takes the problem of a number that is none.

        Raises:
            ProblemError: a value that can't be read.
        """
        template = self._template(jail)
        own = [self._setting(name, raw, notes) for name, raw in self._own(template, jail)]
        others = [
            Setting(name, convert(jail[name].text, kind), jail[name].place)
            for name, kind in FILTER_OPTIONS.items()
            if name in jail
        ]
        first = _first(others) + _first(own)
        rest = [s for s in own + others if s.name not in FIRST_FILTER_OPTIONS]
        usable = tuple(s for s in first + rest if s.value is not None)
        return FilterDefinition(name=self.name, files=tuple(self.files.files), settings=usable)

    def _own(self, template: Template, jail: Mapping[str, Raw]) -> Iterator[tuple[str, Raw]]:
        """The filter's standard options; those that the jail replaces are left out."""
        for name in FILTER_OPTIONS:
            raw = None if name in template.given or name in jail else template.read(name)
            if raw:
                yield name, template.expand(name, raw)
        for name, raw in template.given.items():
            if name in FILTER_OPTIONS:
                yield name, template.expand(name, raw)

    def _setting(self, name: str, raw: Raw, notes: Notes) -> Setting:
        value = convert(raw.text, FILTER_OPTIONS[name])
        if value is None:
            notes.wrong_number(raw, DEFINITION, name)
        return Setting(name, value, raw.place)


def _first(settings: list[Setting]) -> list[Setting]:
    """Those that are sent before all others, in their order."""
    order = FIRST_FILTER_OPTIONS
    return sorted((s for s in settings if s.name in order), key=lambda s: order.index(s.name))


class _Known(Mapping[str, Raw]):
    """The options of a filter as ``known/NAME``."""

    def __init__(self, template: Template, first: Mapping[str, Raw]) -> None:
        self._template = template
        self._first = first

    def __getitem__(self, key: str) -> Raw:
        if key in self._first:
            return self._first[key]
        where, _, name = key.partition("/")
        raw = self._find(name) if where == "known" else None
        if raw is None:
            raise KeyError(key)
        return self._template.expand(name, raw)

    def _find(self, name: str) -> Raw | None:
        given = {option.lower(): raw for option, raw in self._template.given.items()}
        own = self._template.sections.own(DEFINITION)
        readable = name in own or name in FILTER_OPTIONS
        return given.get(name) or (self._template.read(name) if readable else None)

    def __iter__(self) -> Iterator[str]:
        own = self._template.sections.own(DEFINITION)
        names = {**own, **self._template.given}
        return iter((*self._first, *(f"known/{name}" for name in names)))

    def __len__(self) -> int:
        return sum(1 for _ in self)
