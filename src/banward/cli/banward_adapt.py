"""``banward adapt``: the shipped rules learn where this host logs, and which firewall works."""

from __future__ import annotations

import asyncio
import platform
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from banward.adapting import adapt, paths_of
from banward.cli.banward_common import fail
from banward.config import shipped_rules
from banward.enforcement.nft import Nft
from banward.enforcement.nft_layout import Layout
from banward.errors import ActionError

if TYPE_CHECKING:
    import typer

__all__ = ["register"]

_PATIENCE: Final = 10.0


def register(app: typer.Typer) -> None:
    """Add the word of this file."""
    app.command(name="adapt")(fit)


def fit() -> None:
    """Fit the shipped rules to this host: paths and firewall. The installer runs it."""
    rules = shipped_rules()
    if rules is None:
        fail("the shipped rules are switched off (BANWARD_RULES is empty)")
    paths = paths_of(_os_release(), platform.system())
    with_iptables = platform.system() == "Linux" and not _nftables_works() and _iptables_works()
    try:
        adapt(rules, paths, with_iptables=with_iptables)
    except OSError as error:
        fail(f"the shipped rules can't be changed: {error}")
    told = "; nftables does not work here, so bans are done through iptables"
    print(f"logs are looked for as paths-{paths}.conf says{told if with_iptables else ''}")


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _nftables_works() -> bool:
    """Whether the kernel would take what a ban needs; nothing is changed."""
    params = {"type": "allports", "blocktype": "drop"}
    layout = Layout.read(params, jail="trial", action="nftables", claim=str)

    async def check() -> None:
        nft = Nft()
        try:
            await nft.check(layout.in_table("banward-trial").build())
        finally:
            await nft.close()

    try:
        asyncio.run(check())
    except ActionError:
        return False
    return True


def _iptables_works() -> bool:
    program = shutil.which("iptables")
    if program is None:
        return False
    command = [program, "-w", "-n", "-L", "INPUT"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
