"""What the filters are for, as their files tell it: service, events, log, modes, jails, samples.

The comment at the head of a filter begins with ``Service: events.`` and goes on with ``Log: …``,
``Versions: …``, ``Modes: …`` and the like. Files are read, nothing is tried.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from banward.cli.rules_samples import modes_of, text_of
from banward.config.files import Library
from banward.config.reference import split_reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["PART", "Entry", "read_catalogue", "read_head"]

PART: Final = "Not to be used alone."
"""What files in ``filter.d`` say that are parts of filters."""

_LABEL: Final = re.compile(
    r"(?:^|(?<=\. )|(?<=\.\) ))(Log|Versions|Events?|Modes|Plugins|Parameters?(?: \w+)?):\s"
)
_SUMMARY: Final = re.compile(r"(?:([^:]+(?:::\w+)?[^:]*): )?(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a filter.

    Args:
        name: its name.
        service: the service that it is for; empty if it is for any.
        events: what it finds.
        details: by label (``Log``, ``Versions``, ``Modes`` …) what the file says of it.
        notes: the rest of the comment.
        modes: names of its modes.
        jails: the jails that use it.
        attacks: how many lines of its samples are attacks.
        harmless: how many are not.
        example: a line that it finds, or an empty text.
    """

    name: str
    service: str
    events: str
    details: Mapping[str, str]
    notes: str
    modes: tuple[str, ...]
    jails: tuple[str, ...]
    attacks: int
    harmless: int
    example: str


def read_catalogue(rules: Path, samples: Path, *, fallback: Path | None = None) -> list[Entry]:
    """Read what the filters of a configuration are for, by name.

    Args:
        rules: the configuration's folder.
        samples: where the samples are.
        fallback: the shipped rules, for what the configuration does not have itself.

    Raises:
        ConfigError: a filter can't be found.
        OSError: a file can't be read.
    """
    library = Library(rules, fallback)
    jails = _jails_by_filter(library)
    texts = {name: text_of(rules, name, fallback) for name in library.list_names("filter.d")}
    entries = []
    for name, text in texts.items():
        if PART in text:
            continue
        service, events, details, notes = read_head(text)
        attacks, harmless, example = _count(samples, name)
        modes = tuple(filter(None, modes_of(rules, name, fallback)))
        used = tuple(jails.get(name, ()))
        entries.append(
            Entry(name, service, events, details, notes, modes, used, attacks, harmless, example)
        )
    return entries


def read_head(text: str) -> tuple[str, str, dict[str, str], str]:
    """Service, events, details by label, and the rest of the comment at a filter's head."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].rstrip())
    first, *rest = _paragraphs(lines)
    found = _SUMMARY.match(first)
    service, events = found.groups() if found else ("", first)
    details: dict[str, str] = {}
    notes = []
    for paragraph in rest:
        before, *labelled = _LABEL.split(paragraph)
        notes += [before.strip()] if before.strip() else []
        for label, value in zip(labelled[::2], labelled[1::2], strict=True):
            details[label] = value.strip("\n") if "\n" in value else value.strip()
    return service or "", events, details, "\n\n".join(notes)


def _paragraphs(lines: list[str]) -> list[str]:
    """The text of a comment: a label begins a paragraph, lines that stand further in stay lines."""
    found = [""]
    for line in lines:
        text = line.strip()
        if not text or _LABEL.match(f"{text} "):
            found.append(text)
        elif line.startswith("  "):
            found[-1] = f"{found[-1]}\n{line}".lstrip("\n")
        else:
            found[-1] = f"{found[-1]} {text}".strip()
    return [paragraph for paragraph in found if paragraph] or [""]


def _jails_by_filter(library: Library) -> dict[str, list[str]]:
    sections = library.read_set("jail").sections
    found: dict[str, list[str]] = {}
    for jail in sections.names:
        raw = sections.own(jail).get("filter") if jail != "INCLUDES" else None
        name = split_reference(raw.text)[0] if raw else jail
        found.setdefault(name, []).append(jail)
    return found


def _count(samples: Path, name: str) -> tuple[int, int, str]:
    """How many samples of a filter are attacks, how many not, and the first attack."""
    try:
        rows = (samples / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        lines = (samples / f"{name}.log").read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return 0, 0, ""
    labels = [json.loads(row) for row in rows if row.strip()]
    attacks = [label for label in labels if label["match"]]
    example = lines[attacks[0]["line_no"] - 1] if attacks else ""
    return len(attacks), len(labels) - len(attacks), example
