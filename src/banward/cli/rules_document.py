"""The page ``docs/rules.md``, from what the filters' files tell: text in, text out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.printable import harmless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from banward.cli.rules_catalogue import Entry

__all__ = ["document"]

_HEAD: Final = """\
# The filters

Made from the files in `src/banward/rules`; do not edit it, but run

    .venv/bin/banward rules list --markdown > docs/rules.md

How samples are written: [tests/rules/README.md](../tests/rules/README.md). `banward rules test`
runs them, and with `--config` and `--samples` those of your own rules.

A jail is switched on in `/etc/fail2ban/jail.local`:

    [sshd]
    enabled = true

A mode is chosen there too: `mode = aggressive`, or `filter = sshd[mode=aggressive]`.
"""
_LONGEST: Final = 200
"""Characters of a sample line that are shown."""


def document(entries: Sequence[Entry]) -> str:
    """The page: a table of all filters, and a section for each.

    Args:
        entries: the filters, in the order of the page.
    """
    lines = [_HEAD, "| filter | service | finds |", "|---|---|---|"]
    lines += [
        f"| [{entry.name}](#{entry.name}) | {_cell(entry.service)} | {_cell(entry.events)} |"
        for entry in entries
    ]
    for entry in entries:
        lines += ["", *_section(entry)]
    return "\n".join(lines) + "\n"


def _section(entry: Entry) -> Iterator[str]:
    yield f"## {entry.name}"
    yield ""
    yield f"{entry.service}: {entry.events}" if entry.service else entry.events
    yield ""
    for label, value in entry.details.items():
        yield from _detail(label, value)
    if entry.modes and "Modes" not in entry.details:
        yield f"- Modes: {_listed(entry.modes)}"
    yield f"- Jails: {_listed(entry.jails)}"
    yield "- A line that it finds:"
    yield ""
    text = harmless(entry.example)
    yield f"      {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}"


def _detail(label: str, value: str) -> Iterator[str]:
    first, *rest = value.split("\n")
    if not rest:
        yield f"- {label}: {value}"
        return
    yield f"- {label}:"
    yield ""
    yield from (f"      {line}".rstrip() for line in ([first, *rest] if first else rest))
    yield ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "none"


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")
