"""``banward demo``: shows a ban from begin to end in a small world of its own."""

from __future__ import annotations

import time

import typer
from rich.console import Console
from rich.markup import escape

from banward.cli.banward_common import fail
from banward.demo import story

__all__ = ["register"]

_CANT = 77


def register(app: typer.Typer) -> None:
    """Add the words of this file."""
    app.command()(demo)


def demo() -> None:
    """Show a real attack on a real sshd, the ban, and its end; exit with 1 if a step fails.

    It all happens in network namespaces that are gone afterwards; nothing of this host is touched.
    """
    if missing := story.missing():
        fail(f"the demo needs {', '.join(missing)} (see the README)", code=_CANT)
    console = Console(highlight=False)
    begin = time.monotonic()

    def tell(step: story.Step) -> None:
        mark = "[green]✔[/green]" if step.passed else "[red]✘[/red]"
        console.print(f"{time.monotonic() - begin:5.1f} s  {mark} [bold]{escape(step.text)}[/bold]")
        for line in step.detail:
            console.print(
                f"            [dim]{escape(line)}[/dim]", overflow="ellipsis", no_wrap=True
            )

    passed = story.play(tell)
    console.print(
        "All went as it should." if passed else "[red]A step did not go as it should.[/red]"
    )
    raise typer.Exit(0 if passed else 1)
