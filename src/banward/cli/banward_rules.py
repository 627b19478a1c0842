"""``banward rules``: the filters that are here, and how they do on lines whose meaning is known."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from banward.cli.banward_common import AsJson, fail, print_json
from banward.cli.banward_cost import cost
from banward.cli.rules_catalogue import Entry, read_catalogue
from banward.cli.rules_document import document
from banward.cli.rules_samples import Score, names_in, try_samples
from banward.config import shipped_rules
from banward.errors import ConfigError, PatternError
from banward.printable import harmless

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["register", "shipped_samples"]

Config = Annotated[
    str,
    typer.Option(
        "-c", "--config", metavar="DIR", help="Your rules, over the shipped ones; default: those."
    ),
]
Samples = Annotated[
    str,
    typer.Option(
        metavar="DIR", help="NAME.log and NAME.jsonl; default: DIR/samples, or the shipped ones."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the words of this file."""
    group = typer.Typer(help="The filters, and samples that try them.", no_args_is_help=True)
    group.command(name="list")(list_rules)
    group.command(name="test")(try_rules)
    group.command()(cost)
    app.add_typer(group, name="rules")


def shipped_samples(rules: Path) -> Path:
    """Where the samples of the shipped rules are: in the package, else in the source tree."""
    installed = rules / "samples"
    return installed if installed.is_dir() else rules.parents[2] / "tests" / "rules" / "samples"


def list_rules(
    config: Config = "",
    samples: Samples = "",
    *,
    as_json: AsJson = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the page docs/rules.md.")
    ] = False,
) -> None:
    """List the filters: service, modes, jails, how many samples they have."""
    rules, fallback, folder = _places(config, samples)
    try:
        entries = read_catalogue(rules, folder, fallback=fallback)
    except (ConfigError, OSError) as error:
        fail(str(error))
    if as_json:
        print_json([dataclasses.asdict(entry) for entry in entries])
    elif as_markdown:
        print(document(entries), end="")
    else:
        _print_columns(("filter", "service", "modes", "jails", "samples"), map(_columns, entries))


def try_rules(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Filters; default: all.")
    ] = None,
    config: Config = "",
    samples: Samples = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Run filters over samples; exit with 1 on an attack missed or a harmless line found."""
    rules, fallback, folder = _places(config, samples)
    chosen = names or names_in(folder)
    if not chosen:
        fail(f"there are no samples (NAME.jsonl) in {folder}")
    scores = [_score(rules, name, folder, fallback) for name in chosen]
    if as_json:
        print_json([dataclasses.asdict(score) for score in scores])
    else:
        _print_scores(scores)
    raise typer.Exit(1 if any(score.missed or score.wrong for score in scores) else 0)


def _places(config: str, samples: str) -> tuple[Path, Path | None, Path]:
    """The rules, those that lie beneath them, and the samples."""
    shipped = shipped_rules()
    if not config and shipped is None:
        fail("the shipped rules are switched off (BANWARD_RULES is empty): name yours by --config")
    for folder in filter(None, (config, samples)):
        if not Path(folder).is_dir():
            fail(f"there is no folder {folder}")
    rules = Path(config) if config or shipped is None else shipped
    if samples:
        return rules, shipped, Path(samples)
    own = rules / "samples"
    return rules, shipped, own if own.is_dir() or shipped is None else shipped_samples(shipped)


def _score(rules: Path, name: str, folder: Path, fallback: Path | None) -> Score:
    try:
        return try_samples(rules, name, folder, fallback=fallback)
    except FileNotFoundError as error:
        fail(f"{name} has no samples: there is no {error.filename}")
    except (ConfigError, PatternError, OSError, ValueError) as error:
        fail(f"{name}: {error}")


def _columns(entry: Entry) -> tuple[str, ...]:
    counted = f"{entry.attacks}+{entry.harmless}"
    return entry.name, entry.service, ",".join(entry.modes), ",".join(entry.jails), counted


def _print_scores(scores: Sequence[Score]) -> None:
    """A line for each filter, one for all, and the lines that went wrong."""
    _print_columns(
        ("filter", "attack lines", "found", "missed", "false positives"),
        [*map(_counts, scores), _sum(scores)],
    )
    for score in scores:
        for what, mistakes in (("missed", score.missed), ("false positive", score.wrong)):
            for mistake in mistakes:
                expected, found = mistake.expected or "nobody", mistake.found or "nobody"
                print(f"\n{what}: {score.name}.log:{mistake.line_no}: {expected}, found {found}")
                print(f"    {harmless(mistake.line)}")


def _counts(score: Score) -> tuple[Any, ...]:
    missed = len(score.missed)
    return score.name, score.attacks, score.attacks - missed, missed, len(score.wrong)


def _sum(scores: Sequence[Score]) -> tuple[Any, ...]:
    totals = (sum(column) for column in list(zip(*map(_counts, scores), strict=True))[1:])
    return f"all ({len(scores)})", *totals


def _print_columns(head: tuple[str, ...], rows: Any) -> None:
    """Print a table; numbers to the right."""
    table = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (
            cell.rjust(width) if cell.isdigit() else cell.ljust(width)
            for cell, width in zip(row, widths, strict=True)
        )
        print("  ".join(cells).rstrip())
