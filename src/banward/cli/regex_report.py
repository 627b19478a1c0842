"""The report of ``fail2ban-regex``: figures and lists as text, in the layout of 4.4."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from banward.cli.regex_output import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from banward.cli.regex_arguments import Arguments
    from banward.cli.regex_tally import FewLines, Found, Tally
    from banward.matching.dates.templates import Template
    from banward.matching.examiner import Examiner
    from banward.matching.pattern import Pattern

__all__ = ["head", "report", "use"]

PRINT_LIMIT = 20
"""So many lines of one kind are too many to print."""

_LABEL = 17  # width of the labels of the first block


def head() -> str:
    """What stands above everything."""
    return "\nRunning tests\n=============\n"


def use(label: str, value: str) -> str:
    """One line of the first block."""
    return f"Use{label:>{_LABEL}} : {value}"


def report(tally: Tally, rule: Examiner, arguments: Arguments, seconds: float) -> Iterator[str]:
    """All that stands below the first block, line by line.

    Args:
        tally: the figures.
        rule: the filter that was tried.
        arguments: the command line.
        seconds: how long it took.
    """
    yield "\n\nResults\n=======\n"
    if rule.prefregex is not None:
        yield from _prefix(tally, rule.prefregex)
    yield from _failures(tally, rule, arguments.verbose)
    yield from _ignores(tally, rule, arguments.verbose)
    yield from _dates(rule.detector.templates(), arguments)
    yield (
        f"Lines: {tally.lines} lines, {tally.ignored.count} ignored, "
        f"{tally.matched.count} matched, {tally.missed.count} missed"
    )
    yield f"[processed in {seconds:.2f} sec]\n"
    yield from _lists(tally, rule, arguments)


def _prefix(tally: Tally, prefregex: Pattern) -> Iterator[str]:
    yield f"Prefregex: {tally.prefix_total} total"
    yield f"|  {prefregex.regex.pattern}"
    yield from (f"|      {show(data)}" for data in tally.prefix_data)
    if tally.prefix_data and len(tally.prefix_data) < tally.prefix_total:
        yield "|      ..."
    yield "`-\n"


def _failures(tally: Tally, rule: Examiner, verbose: int) -> Iterator[str]:
    yield f"Failregex: {tally.hits.total()} total"
    yield from _block(
        "#) [# of hits] regular expression",
        (
            entry
            for number, written in enumerate(rule.rules.written)
            if verbose or tally.hits[number]
            for entry in (
                f"{number + 1:>4}) [{tally.hits[number]}] {written}",
                *map(_found, tally.found.get(number, ())),
            )
        ),
    )


def _found(found: Found) -> str:
    when = time.strftime("%a %b %d %H:%M:%S %Y", time.localtime(found.at))
    many = " (multiple regex matched)" if found.many else ""
    return f"      {found.subject}  {when}{many}"


def _ignores(tally: Tally, rule: Examiner, verbose: int) -> Iterator[str]:
    yield f"Ignoreregex: {tally.ignores.total()} total"
    yield from _block(
        "#) [# of hits] regular expression",
        (
            f"{number + 1:>4}) [{tally.ignores[number]}] {pattern.written}"
            for number, pattern in enumerate(rule.rules.ignoreregex)
            if verbose or tally.ignores[number]
        ),
    )


def _block(heading: str, entries: Iterable[str]) -> Iterator[str]:
    """A block that is left out, save for its total, if it has no entry."""
    first = True
    for entry in entries:
        if first:
            yield f"|-  {heading}"
            first = False
        yield f"|{entry}"
    yield "" if first else "`-\n"


def _dates(templates: Sequence[Template], arguments: Arguments) -> Iterator[str]:
    yield "Date template hits:"
    shown = [template for template in templates if template.hits or arguments.verbose]
    if shown:
        yield "|- [# of hits] date format"
        for template in shown:
            yield f"|  [{template.hits}] {template.name}"
            if arguments.verbose_date:
                yield f"|      # weight: {template.weight:.3f}, pattern: {template.pattern}"
                yield f"|      # regex:   {template.regex}"
        yield "`-"
    yield ""


def _lists(tally: Tally, rule: Examiner, arguments: Arguments) -> Iterator[str]:
    limit = arguments.maxlines or PRINT_LIMIT
    if arguments.print_all_matched:
        yield from _list("Matched", tally.matched, None, arguments, rule.rules.failregex)
    if not arguments.print_no_ignored:
        most = None if arguments.print_all_ignored else limit
        yield from _list("Ignored", tally.ignored, most, arguments, rule.rules.ignoreregex)
    if not arguments.print_no_missed:
        most = None if arguments.print_all_missed else limit
        yield from _list("Missed", tally.missed, most, arguments, rule.rules.failregex)


def _list(
    kind: str,
    lines: FewLines,
    limit: int | None,
    arguments: Arguments,
    patterns: tuple[Pattern, ...],
) -> Iterator[str]:
    if not lines.count:
        return
    if limit is not None and lines.count >= limit:
        yield (
            f"{kind} line(s): too many to print.  Use --print-all-{kind.lower()} "
            f"to print all {lines.count} lines"
        )
        return
    yield f"|- {kind} line(s):"
    for line in lines.kept:
        if arguments.debuggex:
            yield from (f"|  {line} | {p.written} |  {_link(p, line)}" for p in patterns)
        else:
            yield f"|  {line}"
    yield "`-"


def _link(pattern: Pattern, line: str) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415 - only for this option

    query = {"re": pattern.regex.pattern, "str": line, "flavor": "python"}
    return f"https://www.debuggex.com/?{urlencode(query)}"
