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

from banward.config import read_filter
from banward.matching.filter import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Mistake", "Score", "modes_of", "names_in", "try_samples"]

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


def modes_of(rules: Path, name: str) -> list[str]:
    """The modes of a filter; one of an empty name if it has none."""
    text = (rules / "filter.d" / f"{name}.conf").read_text(encoding="utf-8")
    starts = "|".join(map(re.escape, set(_BY_MODE.findall(text)))) or r"\b\B"
    found = re.findall(rf"^\s*(?:{starts})(\w+)\s*=", text, re.MULTILINE)
    return list(dict.fromkeys(found)) or [""]


def try_samples(rules: Path, name: str, folder: Path) -> Score:
    """Run a filter over its samples, in every mode that it has.

    An attack has to be found in one of the modes (in its own, if the sample names one); a harmless
    line must not be found in the mode that a jail has by itself, and a third party in none.

    Args:
        rules: the configuration's folder.
        name: name of the filter and of the samples.
        folder: where the samples are.

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
    modes = modes_of(rules, name)
    found = {mode: _found(rules, name, mode, lines) for mode in modes}
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


def _found(rules: Path, name: str, mode: str, lines: list[str]) -> dict[int, str]:
    """Whom a filter finds, by the number of the line at which it is certain."""
    options = {"mode": mode} if mode else {}
    found: dict[int, str] = {}
    for logtype in _logtypes(rules, name):
        rule = _filter(rules, name, {**options, **logtype})
        for number, line in enumerate(lines, start=1):
            now = 4_000_000_000.0  # later than any sample, so that no date is in the future
            for match in rule.process(line.rstrip("\r"), now, in_operation=True):
                found.setdefault(number, match.subject or match.name)
    return found


def _logtypes(rules: Path, name: str) -> Iterator[dict[str, str]]:
    """The ways in which a filter reads a log: as a file, from the journal, by syslog."""
    text = (rules / "filter.d" / f"{name}.conf").read_text(encoding="utf-8")
    yield {}
    if "apache-common" in text:
        yield {"logging": "syslog"}
    elif "[from_webapp]" in text:
        yield {"logging": "webapp"}
    elif "common.conf" in text:
        yield {"logtype": "journal"}
        yield {"logtype": "rfc5424"}


def _filter(rules: Path, name: str, options: dict[str, str]) -> Filter:
    definition = read_filter(rules, f"{name}.conf", options)
    return Filter(replace(definition.as_settings(), usedns="raw"), jail=name)
