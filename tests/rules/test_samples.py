"""Every filter finds the attacks of its samples, with the right host, and nothing else.

Samples are found by their names: ours, and those of ``../shared`` where it is there. README.md beside this file
says how they are written.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from banward.cli.rules_samples import names_in, try_samples
from banward.config import read_filter

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
OWN = Path(__file__).parent / "samples"
SHARED = Path(__file__).parent.parent.parent.parent / "shared"
FILTERS = {path.stem for path in (RULES / "filter.d").glob("*.conf")}

DISPUTED = {
    # The label takes the last address, as if the user's name held the first. nginx splits name and password at the
    # first colon (RFC 7617), so no name holds one: the rest came in a request or referrer, whose sender is the first.
    ("samples", "nginx-http-auth"): {3},
}

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")


def text_of(name):
    """A filter as it is written."""
    return (RULES / "filter.d" / f"{name}.conf").read_text(encoding="utf-8")


def known(folder):
    """The samples of a folder for which there is a filter."""
    return [name for name in names_in(folder) if name in FILTERS]


def told(name, folder):
    """The mistakes of a filter, a line each, save those where a label is disputed."""
    score = try_samples(RULES, name, folder)
    disputed = DISPUTED.get((folder.name, name), set())
    rows = [
        f"{what} {m.line_no} (expected {m.expected or 'nothing'}, found {m.found or 'nothing'}): {m.line}"
        for what, mistakes in (("missed", score.missed), ("wrong", score.wrong))
        for m in mistakes
        if m.line_no not in disputed
    ]
    summary = (
        f"{score.attacks - len(score.missed)} of {score.attacks} attacks, {len(score.wrong)} wrong"
    )
    return rows and [f"{name}: {summary}", *rows]


@pytest.mark.parametrize("name", known(OWN))
def test_own_samples(name):
    """The lines that we wrote in the service's format mean what they should."""
    assert told(name, OWN) == []


@needs_shared
@pytest.mark.parametrize("name", known(SHARED / "samples"))
def test_samples_of_real_logs(name):
    """Real lines of the services mean what they should."""
    assert told(name, SHARED / "samples") == []


@needs_shared
@pytest.mark.parametrize("name", known(SHARED / "samples-services"))
def test_samples_of_further_services(name):
    """Real lines of further services mean what they should."""
    assert told(name, SHARED / "samples-services") == []


def test_every_filter_has_samples():
    """There is no filter without samples of our own; parts that filters share say that they are no filters."""
    parts = {name for name in FILTERS if "Not to be used alone." in text_of(name)}
    assert FILTERS - parts - set(names_in(OWN)) == set()


@pytest.mark.parametrize("name", names_in(OWN))
def test_own_samples_are_whole(name):
    """Each line has its label, there is a filter, and there are attacks and harmless lines."""
    lines = (OWN / f"{name}.log").read_text(encoding="utf-8").splitlines()
    labels = [
        json.loads(row) for row in (OWN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert name in FILTERS
    assert [label["line_no"] for label in labels] == list(range(1, len(lines) + 1))
    assert {label["match"] for label in labels} == {True, False}
    assert all(label.get("host") for label in labels if label["match"])


FROM_THE_JOURNAL = [
    (
        "authelia",
        'time="2024-03-12T10:11:12Z" level=error msg="Unsuccessful 1FA authentication attempt by user \'anna\'" remote_ip=192.0.2.1',
    ),
    (
        "caddy",
        '{"level":"info","ts":1710238272.5,"request":{"remote_ip":"192.0.2.1","client_ip":"192.0.2.1"},"status":401}',
    ),
    ("endlessh", "2024-03-12T10:11:12.123Z ACCEPT host=192.0.2.1 port=4711 fd=4 n=1/4096"),
    (
        "forgejo",
        "2024/03/12 10:11:12 ...ers/web/auth/auth.go:200:SignInPost() [I] Failed authentication attempt for anna from 192.0.2.1:4711: user does not exist [uid: 0, name: anna, keyid: 0]",
    ),
    (
        "gitea",
        "2024/03/12 10:11:12 routers/web/auth/auth.go:200:SignInPost() [W] Failed authentication attempt for anna from 192.0.2.1:0: user's password is invalid [uid: 1, name: anna]",
    ),
    (
        "haproxy",
        '192.0.2.1:4711 [12/Mar/2024:10:11:12.123] web~ app/s1 0/0/1/2/3 401 17 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
    ),
    (
        "jellyfin",
        "[10:11:12] [INF] [79] Jellyfin.Server.Implementations.Users.UserManager: Authentication request for anna has been denied (IP: 192.0.2.1).",
    ),
    (
        "mastodon",
        "[7d0f6a5e-1c2b-4c3d-8e4f-5a6b7c8d9e0f] Rate limit hit (throttle): 192.0.2.1 POST /auth/sign_in",
    ),
    ("radicale", "[812/Thread-5] [WARNING] Failed login attempt from 192.0.2.1: 'anna'"),
    ("wordpress", "Authentication failure for anna from 192.0.2.1"),
]


@pytest.mark.parametrize(("name", "message"), FROM_THE_JOURNAL)
def test_services_whose_jails_may_turn_to_the_journal(name, message, tmp_path):
    """What they write is found behind the host and program that the journal tells, too."""
    definition = read_filter(RULES, f"{name}.conf", {}, backend="systemd")
    assert definition.journalmatch
    program = {"mastodon": "bundle", "wordpress": "wordpress(www.example)"}.get(name, name)
    (tmp_path / f"{name}.log").write_text(f"host {program}[12]: {message}\n", encoding="utf-8")
    label = {"line_no": 1, "match": True, "host": "192.0.2.1"}
    (tmp_path / f"{name}.jsonl").write_text(json.dumps(label), encoding="utf-8")
    assert told(name, tmp_path) == []
