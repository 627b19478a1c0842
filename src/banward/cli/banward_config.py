"""``banward check`` and ``banward config show``: what the configuration says, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from banward.cli import checking
from banward.cli.banward_common import AsJson, ConfigDir, fail, print_json
from banward.cli.filter_audit import check_filter
from banward.config import Problem, Setting, read_configuration, shipped_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from banward.config.model import JailDefinition

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the words of this file."""
    app.command()(check)
    group = typer.Typer(help="The effective configuration.", no_args_is_help=True)
    group.command()(show)
    app.add_typer(group, name="config")


def check(
    filters: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILTER...", help="Only these filters: names or files."),
    ] = None,
    config: ConfigDir = "/etc/fail2ban",
    *,
    as_json: AsJson = False,
) -> None:
    """List every problem of the configuration; exit with 1 if one keeps a jail from running."""
    if filters:
        _tell([p for name in filters for p in check_filter(config, name)], as_json=as_json)
    checked = checking.check(config, audit=True)
    sound = [jail.name for jail in checked.configuration.jails if not jail.skipped]
    _tell(checked.problems, as_json=as_json, sound=sound)


def _tell(
    problems: Sequence[Problem], *, as_json: bool, sound: Sequence[str] | None = None
) -> NoReturn:
    """Print problems, and which jails can run; end with 1 if one problem is an error."""
    broken = [problem for problem in problems if problem.level == "error"]
    if as_json:
        print_json([_plain(problem) for problem in problems])
    else:
        for problem in problems:
            print(f"{problem.level.upper()}: {problem}")
        if sound is not None:
            print(f"{len(sound)} jail(s) can run: {', '.join(sound) or 'none'}")
        print(f"{len(broken)} error(s), {len(problems) - len(broken)} warning(s)")
    raise typer.Exit(1 if broken else 0)


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "level": problem.level,
        "kind": problem.kind,
        "message": problem.message,
        "jail": problem.jail,
        "file": problem.place.file if problem.place else "",
        "line": problem.place.line if problem.place else 0,
        "section": problem.place.section if problem.place else "",
        "key": problem.place.key if problem.place else "",
        "value": problem.value,
        "expected": problem.expected,
        "hint": problem.hint,
    }


def show(
    jail: Annotated[str, typer.Argument(help="A jail; all of them if left out.")] = "",
    config: ConfigDir = "/etc/fail2ban",
    *,
    as_json: AsJson = False,
) -> None:
    """Show each effective option of a jail, and the file and line where it was written."""
    configuration = read_configuration(config, fallback=shipped_rules(), dump=True)
    chosen = [found for found in configuration.jails if jail in {"", found.name}]
    if not chosen:
        names = ", ".join(found.name for found in configuration.jails) or "none"
        fail(f"no jail {jail!r} is switched on below {config} (there are: {names})")
    if as_json:
        everything = configuration.as_plain()["jails"]
        print_json([entry for entry in everything if jail in {"", entry["name"]}])
        return
    for found in chosen:
        print("\n".join(_lines(found)), end="\n\n")


def _lines(jail: JailDefinition) -> Iterator[str]:
    """A jail as it is shown."""
    yield f"[{jail.name}]"
    backend = Setting("backend", jail.backend)
    yield from map(_line, (backend, *jail.settings, *jail.extra))
    if jail.filter:
        yield f"  filter {jail.filter.name}"
        yield from (_line(setting, indent=4) for setting in jail.filter.settings)
    for action in jail.actions:
        by = f" (done by Banward: {action.native})" if action.native else ""
        yield f"  action {action.name}{by}"
        yield from (_line(setting, indent=4) for setting in action.shown)


def _line(setting: Setting, indent: int = 2) -> str:
    text = "" if setting.value is None else str(setting.value)
    shown = text.replace("\n", "\n" + " " * (indent + 4))
    where = str(setting.place.file) + f":{setting.place.line}" if setting.place else "default"
    return f"{' ' * indent}{setting.name} = {shown}    # {where}"
