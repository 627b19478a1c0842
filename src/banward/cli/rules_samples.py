"""Tries a filter on sample lines of which it is known what they mean.

``NAME.log`` holds the lines, ``NAME.jsonl`` one object for each of them:
``{"line_no": 1, "match": true, "host": "192.0.2.1"}``; further keys are ``time`` (ISO, local),
``mode`` (the mode of the filter in which the line counts, while in the usual one it does not),
``maybe`` (either is right) and ``never`` (a third party that no mode may find, since the client
wrote its address).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from banward.config import find_filter, read_filter
from banward.errors import ConfigError
from banward.matching.filter import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Mistake", "Score", "make_filter", "modes_of", "names_in", "text_of", "try_samples"]

_BY_MODE: Final = re.compile(r"<([\w-]+-)<mode>>")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line that was not found, or was and should not have been.

    Args:
        line_no: which line, from 1.
        line: the line.
        expected: whom it names, or an empty text.
        found: whom the filter found, or an empty text.
    """

    line_no: int
    line: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Score:
    """How a filter did.

    Args:
        name: name of the filter.
        attacks: how many lines are attacks.
        harmless: how many are not.
        missed: attacks that it did not find, or of another host.
        wrong: harmless lines that it found.
    """

    name: str
    attacks: int
    harmless: int
    missed: tuple[Mistake, ...]
    wrong: tuple[Mistake, ...]


def names_in(folder: Path) -> list[str]:
    """The names of the samples in a folder."""
    return sorted(path.stem for path in folder.glob("*.jsonl"))


def text_of(rules: Path, name: str, fallback: Path | None = None) -> str:
    """A filter's file as it is written.

    Raises:
        ConfigError: there is no such filter.
        OSError: it can't be read.
    """
    path = find_filter(rules, name, fallback=fallback)
    if path is None:
        raise ConfigError(f"there is no filter {name!r} in {rules / 'filter.d'}")
    return path.read_text(encoding="utf-8")


def modes_of(rules: Path, name: str, fallback: Path | None = None) -> list[str]:
    """The modes of a filter; one of an empty name if it has none."""
    text = text_of(rules, name, fallback)
    starts = "|".join(map(re.escape, set(_BY_MODE.findall(text)))) or r"\b\B"
    found = re.findall(rf"^\s*(?:{starts})(\w+)\s*=", text, re.MULTILINE)
    return list(dict.fromkeys(found)) or [""]


def make_filter(
    rules: Path, name: str, options: Mapping[str, str], *, fallback: Path | None = None
) -> Filter:
    """A filter that finds whom the lines name, without a look-up of names.

    Args:
        rules: the configuration's folder.
        name: name of the filter.
        options: its parameters, such as ``mode``.
        fallback: the shipped rules, for what the configuration does not have itself.

    Raises:
        ConfigError: the filter can't be read.
        PatternError: one of its patterns can't be used.
    """
    definition = read_filter(rules, f"{name}.conf", options, fallback=fallback)
    return Filter(replace(definition.as_settings(), usedns="raw"), jail=name)


def try_samples(rules: Path, name: str, folder: Path, *, fallback: Path | None = None) -> Score:
    """Run a filter over its samples, in every mode that it has.

    An attack has to be found in one of the modes (in its own, if the sample names one); a harmless
    line must not be found in the mode that a jail has by itself, and a third party in none.

    Args:
        rules: the configuration's folder.
        name: name of the filter and of the samples.
        folder: where the samples are.
        fallback: the shipped rules, for what the configuration does not have itself.

    Raises:
        ConfigError: the filter can't be read.
        PatternError: one of its patterns can't be used.
        OSError: the samples can't be read.
    """
    text = (folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    labels = [
        json.loads(line)
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    filter_name = _filter_of(rules, name, fallback)
    modes = modes_of(rules, filter_name, fallback)
    found = {mode: _found(_Variants(rules, filter_name, mode, fallback), lines) for mode in modes}
    usual = "normal" if "normal" in modes else modes[0]
    missed, wrong = [], []
    for label in labels:
        if label["match"]:
            missed += _missed(label, lines, found)
        wrong += _wrong(label, lines, found, usual)
    attacks = sum(bool(label["match"]) for label in labels)
    return Score(name, attacks, len(labels) - attacks, tuple(missed), tuple(wrong))


def _missed(
    label: dict[str, Any], lines: list[str], found: dict[str, dict[int, str]]
) -> list[Mistake]:
    number, expected = label["line_no"], label.get("host", "")
    chosen = [label["mode"]] if label.get("mode") else list(found)
    answers = [found[mode][number] for mode in chosen if number in found.get(mode, {})]
    if any(_is_same(answer, expected) for answer in answers):
        return []
    return [Mistake(number, lines[number - 1], expected, answers[0] if answers else "")]


def _wrong(
    label: dict[str, Any], lines: list[str], found: dict[str, dict[int, str]], usual: str
) -> list[Mistake]:
    number = label["line_no"]
    in_usual = {found[usual].get(number, "")} - {""}
    is_attack_there = label["match"] and label.get("mode", usual) == usual
    wrong = set() if is_attack_there or label.get("maybe") else in_usual
    if label.get("never"):
        wrong |= {by[number] for by in found.values() if by.get(number) == label["never"]}
    return [Mistake(number, lines[number - 1], "", who) for who in sorted(wrong)]


def _is_same(found: str, expected: str) -> bool:
    return not expected or found.lower() == expected.lower().removeprefix("::ffff:")


def _found(variants: _Variants, lines: list[str]) -> dict[int, str]:
    """Whom a filter finds, by the number of the line at which it is certain."""
    found: dict[int, str] = {}
    for rule in variants:
        for number, line in enumerate(lines, start=1):
            now = 4_000_000_000.0  # later than any sample, so that no date is in the future
            for match in rule.process(line.rstrip("\r"), now, in_operation=True):
                found.setdefault(number, match.subject or match.name)
    return found


def _filter_of(rules: Path, name: str, fallback: Path | None) -> str:
    """The filter of some samples: ``NAME-journal`` are lines of ``NAME`` from the journal."""
    is_filter = find_filter(rules, name, fallback=fallback) is not None
    return name if is_filter else name.removesuffix("-journal")


@dataclass(frozen=True, slots=True)
class _Variants:
    """A filter in one mode, in each way in which it reads a log."""

    rules: Path
    name: str
    mode: str
    fallback: Path | None

    def __iter__(self) -> Iterator[Filter]:
        own = {"mode": self.mode} if self.mode else {}
        for options in self._logtypes():
            yield make_filter(self.rules, self.name, {**own, **options}, fallback=self.fallback)

    def _logtypes(self) -> Iterator[dict[str, str]]:
        """The ways in which it reads a log: as a file, from the journal, by syslog."""
        text = text_of(self.rules, self.name, self.fallback)
        yield {}
        if "apache-common" in text:
            yield {"logging": "syslog"}
        elif "[from_webapp]" in text:
            yield {"logging": "webapp"}
        elif "common.conf" in text:
            yield {"logtype": "journal"}
            yield {"logtype": "rfc5424"}
