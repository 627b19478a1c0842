from __future__ import annotations

import asyncio
import shutil
import subprocess

import pytest

from banward.enforcement.factory import Backends
from banward.enforcement.families import FamiliesAction
from banward.enforcement.nftables import NftablesAction
from banward.enforcement.python import PythonAction
from banward.enforcement.recorder import NullAction, RecorderAction
from banward.enforcement.shell import ShellAction
from banward.errors import ActionError
from banward.settings import ActionSettings
from banward.testing.clock import TestClock
from enforcement.enforcing import NOW, Facts, ban


@pytest.mark.parametrize(
    ("native", "kind"),
    [
        ("nftables", NftablesAction),
        ("iptables", FamiliesAction),
        ("ipset", FamiliesAction),
        ("null", NullAction),
        ("recorder", RecorderAction),
        ("", ShellAction),
    ],
)
def test_the_parameter_native_chooses_the_backend(native, kind):
    """Without it, or with an empty one, the commands are run."""
    settings = ActionSettings("act", {"native": native, "actionban": "true"})
    assert type(Backends().build(settings, Facts())) is kind


@pytest.mark.parametrize("native", ["nftables", "iptables"])
def test_a_jail_that_lets_in_whom_it_finds_is_done_by_commands(native):
    """Its rules stand before the first ban, as the commands make them."""
    settings = ActionSettings("act", {"native": native, "returntype": "DROP"})
    assert type(Backends().build(settings, Facts())) is ShellAction


def test_a_python_file_goes_before_all(tmp_path):
    """An action with a file is done by its class."""
    file = tmp_path / "act.py"
    file.write_text("from fail2ban.server.action import ActionBase\nclass Action(ActionBase): pass")
    settings = ActionSettings("act", {}, str(file))
    assert type(Backends().build(settings, Facts())) is PythonAction


def test_an_unknown_backend_is_refused():
    """The message names action, option, what was found and what is known."""
    with pytest.raises(ActionError) as caught:
        Backends().build(ActionSettings("act", {"native": "pf"}), Facts())
    assert str(caught.value) == (
        "action act of jail web: option native: found 'pf', "
        "expected one of ipset, iptables, nftables, null, recorder, or nothing for shell commands"
    )


@pytest.mark.system
@pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft")
def test_a_sweep_removes_what_gone_jails_left(own_network):
    """Sets and rules of jails that run stay, and so does what others have in the table."""

    def nft(*words):
        return subprocess.run(["nft", *words], capture_output=True, text=True, check=True).stdout

    def action(backends, jail, **params):
        settings = ActionSettings("act", {"native": "nftables", **params})
        return backends.build(settings, Facts(name=jail))

    async def work():
        before = Backends(TestClock(NOW))
        for jail in ("web", "gone"):
            await action(before, jail).ban([ban(), ban("10.0.0.0/8")])
        nft("add", "set", "inet", "f2b-table", "mine", "{ type ipv4_addr; }")
        await before.close()
        backends = Backends(TestClock(NOW))
        web = action(backends, "web")
        await web.start()
        await web.sync([ban()])
        removed = await backends.sweep([web])
        listed = nft("list", "ruleset")
        again = await backends.sweep([web])
        nothing = await backends.sweep([])
        await backends.close()
        return removed, listed, again, nothing

    removed, listed, again, nothing = own_network(lambda: asyncio.run(work()))
    assert removed == ["addr-net-set-gone", "addr-set-gone"]
    assert again == []
    assert "gone" not in listed
    assert "set mine" in listed
    assert "ip saddr @addr-set-web" in listed
    assert nothing == ["addr-net-set-web", "addr-set-web"]
