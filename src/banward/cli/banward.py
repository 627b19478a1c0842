"""``banward``: what is beyond fail2ban's three commands, each word in a file of its own.

Only the file of the word that is asked for is loaded: all of them cost half a second.
"""

from __future__ import annotations

import importlib
import sys
from typing import Final

import typer

from banward import COMPATIBLE_VERSION, __version__

__all__ = ["PARTS", "app_for", "main"]

PARTS: Final = {
    "banward_status": ("status", "why"),
    "banward_metrics": ("metrics",),
    "banward_config": ("check", "config"),
    "banward_orders": ("ban", "unban", "allow"),
    "banward_host": ("detect", "running", "import"),
    "banward_adapt": ("adapt",),
    "banward_rules": ("rules",),
    "banward_demo": ("demo",),
}
"""The files, in the order of the help, and their words."""


def app_for(word: str = "") -> typer.Typer:
    """The program, as far as a word needs it; all of it for any other text."""
    app = typer.Typer(
        help="Bans abusive addresses; reads a fail2ban configuration unchanged.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for name in [name for name, words in PARTS.items() if word in words] or PARTS:
        importlib.import_module(f"banward.cli.{name}").register(app)
    app.command()(version)
    return app


def version() -> None:
    """Print the version, and that of fail2ban which it answers for."""
    print(f"banward {__version__} (as fail2ban {COMPATIBLE_VERSION})")


def main() -> int:
    """The entry point of ``banward``."""
    app_for(*sys.argv[1:2])()
    return 0


if __name__ == "__main__":
    main()
