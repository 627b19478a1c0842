"""``banward``: what is beyond fail2ban's three commands, each word in a file of its own."""

from __future__ import annotations

import typer

from banward import COMPATIBLE_VERSION, __version__
from banward.cli import (
    banward_adapt,
    banward_config,
    banward_demo,
    banward_host,
    banward_metrics,
    banward_orders,
    banward_rules,
    banward_status,
)

__all__ = ["main"]

app = typer.Typer(
    help="Bans abusive addresses; reads a fail2ban configuration unchanged.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    banward_status,
    banward_metrics,
    banward_config,
    banward_orders,
    banward_host,
    banward_adapt,
    banward_rules,
    banward_demo,
):
    part.register(app)


@app.command()
def version() -> None:
    """Print the version, and that of fail2ban which it answers for."""
    print(f"banward {__version__} (as fail2ban {COMPATIBLE_VERSION})")


def main() -> int:
    """The entry point of ``banward``."""
    app()
    return 0


if __name__ == "__main__":
    main()
