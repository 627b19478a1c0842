"""``banward rules cost`` tells what each jail costs on its log."""

import json

import pytest
from typer.testing import CliRunner

from banward.cli.banward import app_for

LINES = (
    "Nov 14 22:13:20 srv sshd[7]: Failed password for root from 192.0.2.1 port 4 ssh2\n"
    "Nov 14 22:13:21 srv sshd[8]: Server listening on 0.0.0.0 port 22.\n"
    "Nov 14 22:13:22 srv cron[9]: job done\n"
) * 100


@pytest.fixture
def config(tmp_path):
    """Two jails on a log; one of them has no literal."""
    (tmp_path / "auth.log").write_text(LINES)
    (tmp_path / "filter.d").mkdir()
    (tmp_path / "filter.d" / "weak.conf").write_text(
        "[Definition]\nfailregex = ^\\S+ \\w+\\[\\d+\\]: .* <HOST> \\w+ \\d+\\.?$\n"
        "datepattern = {^LN-BEG}\nmaxlines = 2\n"
    )
    (tmp_path / "jail.local").write_text(
        "".join(
            f"[{name}]\nenabled = true\nfilter = {name}\nbackend = polling\n"
            f"logpath = {tmp_path}/auth.log\n"
            for name in ("sshd", "weak")
        )
    )
    return tmp_path


def run(*words):
    return CliRunner().invoke(app_for(), ["rules", "cost", *map(str, words)])


def test_each_jail(config):
    """Engine, lines, candidates and failures of each jail are told."""
    result = run("-c", config, "--json")
    assert result.exit_code == 0, result.output
    costs = {cost["jail"]: cost for cost in json.loads(result.output)}
    sshd, weak = costs["sshd"], costs["weak"]
    assert sshd["engine"] in {"literals", "hyperscan", "pcre2"}
    assert (sshd["lines"], sshd["candidates"], sshd["matches"]) == (300, 100, 100)
    assert (weak["engine"], weak["candidates"]) == ("line by line", 300)
    assert sshd["log"] == str(config / "auth.log")
    assert all(cost["microseconds"] > 0 for cost in costs.values())


def test_as_a_table(config):
    """Without options there is a line for each jail below a head."""
    lines = run("sshd", "-c", config).output.splitlines()
    assert lines[0].startswith("jail  engine")
    assert len(lines) == 2
    assert "33.3%" in lines[1]


def test_another_log(config, tmp_path):
    """Another log may be named, also for jails that have none of their own."""
    (tmp_path / "other.log").write_text(LINES[: LINES.index("Nov", 10)])
    costs = json.loads(run("sshd", "-c", config, "--log", tmp_path / "other.log", "--json").output)
    assert [(cost["lines"], cost["candidates"]) for cost in costs] == [(1, 1)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nobody"], "no jail 'nobody' can run"),
        (["sshd", "--log", "/nowhere/x.log"], "/nowhere/x.log: No such file or directory"),
    ],
)
def test_what_is_not_there(config, words, message):
    """A jail or log that is not there is named."""
    result = run(*words, "-c", config)
    assert result.exit_code == 1
    assert message in result.output
