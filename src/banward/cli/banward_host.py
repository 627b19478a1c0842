"""``banward detect``, ``running`` and ``import``: what this host has, runs, and had before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from banward import services
from banward.cli.banward_common import AsJson, ConfigDir, SocketPath, fail, print_json, socket_of
from banward.cli.client_link import Link, LinkError
from banward.config import read_server, shipped_rules
from banward.errors import ConfigError, StorageError
from banward.storage.base import Facts
from banward.storage.opening import open_store
from banward.storage.upstream import read_upstream

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["register"]

_HEAD = """\
# Made by `banward detect` when Banward was installed: the services of this host that it knows.
# You may edit or delete it; it is not written again. See them all: jail.conf in
#   {rules}
"""
_SSH_LOG = Path("/var/log/auth.log")


def register(app: typer.Typer) -> None:
    """Add the words of this file."""
    app.command()(detect)
    app.command()(running)
    app.command(name="import")(import_bans)


def detect(
    write: Annotated[str, typer.Option(help="Write the jails into this file, once.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Find the services of this host that a shipped jail can protect."""
    rules = shipped_rules()
    if rules is None:
        fail("the shipped rules are switched off (BANWARD_RULES is empty)")
    findings = services.detect(services.read_table(rules / "services.toml"), rules)
    if as_json:
        print_json([{"jail": f.jail, "enabled": f.enabled, "why": f.why} for f in findings])
        return
    for finding in findings:
        print(f"{'yes' if finding.enabled else 'no ':3}  {finding.jail}: {finding.why}")
    if write:
        _write(Path(write), _with_ssh(findings), rules)


def _with_ssh(findings: Sequence[services.Finding]) -> list[services.Finding]:
    """The jails to switch on; ssh in any case, whose log then has to be there to be followed."""
    chosen = [finding for finding in findings if finding.enabled]
    if not any(finding.jail == "sshd" for finding in chosen):
        options = (("backend", "auto"), ("logpath", str(_SSH_LOG)))
        why = f"no log of an sshd was found; {_SSH_LOG} is followed"
        chosen.insert(0, services.Finding("sshd", enabled=True, options=options, why=why))
        if not _SSH_LOG.exists():
            _SSH_LOG.touch(mode=0o640)
    return chosen


def _write(path: Path, chosen: Sequence[services.Finding], rules: Path) -> None:
    if path.exists():
        print(f"{path} is there already and stays as it is")
        return
    sections = [_HEAD.format(rules=rules)]
    for finding in chosen:
        options = "".join(f"{name} = {value}\n" for name, value in finding.options)
        sections.append(f"# {finding.why}\n[{finding.jail}]\nenabled = true\n{options}")
    path.write_text("\n".join(sections), encoding="utf-8")
    print(f"{path} switches on: {', '.join(finding.jail for finding in chosen)}")


def running(config: ConfigDir = "/etc/fail2ban", socket: SocketPath = "") -> None:
    """Say who answers at the socket: ``banward``, ``fail2ban`` or ``nothing``."""
    try:
        with Link(socket_of(config, socket), timeout=5) as link:
            code, _ = link.ask(["get", "banward"])
    except LinkError:
        print("nothing")
    else:
        print("fail2ban" if code else "banward")


def import_bans(
    database: Annotated[str, typer.Argument(help="fail2ban's database.")],
    config: ConfigDir = "/etc/fail2ban",
) -> None:
    """Take over bans, history and positions of a fail2ban; the server must not run."""
    try:
        server = read_server(config, fallback=shipped_rules())
        found = read_upstream(Path(database))
        opened = open_store(
            str(server.get("dbfile")), most_lines=int(server.get("dbmaxmatches") or 10)
        )
    except (ConfigError, StorageError) as error:
        fail(str(error))
    opened.store.import_bans(found.newest, found.history)
    for progress in found.positions:
        opened.store.commit(Facts(progress=progress))
    opened.store.close()
    print(
        f"{len(found.newest)} ban(s) and {len(found.history)} in the history are in {opened.path}"
    )
