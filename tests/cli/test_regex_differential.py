"""Our fail2ban-regex finds what Debian's finds: its filters, as data, over real log lines."""

import ast
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from banward.cli.regex import main
from banward.testing.clock import TestClock

ROOT = Path(__file__).parents[2]
PEER = Path(os.environ.get("BANWARD_PEER", "/opt/peer/f2b"))
CONFIG = PEER / "etc" / "fail2ban"
SAMPLES = ROOT.parent / "shared" / "samples"
SERVICES = ROOT.parent / "shared" / "samples-services"
NOW = 1_700_000_000.0
SECONDS = 5  # for one run of either; on this host they take a fraction of one
SOME = 120  # pairs of a filter with the log of another service, in the short run

NO_FILTER = ("common", "ignorecommands")
MODES = {
    "apache-auth": ["aggressive"],
    "dovecot": ["aggressive"],
    "exim": ["more", "aggressive"],
    "freeswitch": ["ddos", "extra", "normal"],
    "nginx-http-auth": ["fallback", "aggressive"],
    "postfix": ["normal", "auth", "rbl", "ddos", "extra", "aggressive", "errors"],
    "sendmail-reject": ["extra", "aggressive"],
    "sshd": ["ddos", "extra", "aggressive"],
    "traefik-auth": ["ddos", "aggressive"],
}

EXCEPTIONS = {
    ("domino-smtp", "domino-smtp"): "the log holds a line on which the filter's second regex "
    "does not come to an end, neither here nor there",
}

pytestmark = [
    pytest.mark.usefixtures("utc"),
    pytest.mark.skipif(not CONFIG.is_dir(), reason=f"Debian's fail2ban is not unpacked at {PEER}"),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample logs at {SAMPLES}"),
]


def filters():
    """The names of Debian's filters."""
    names = [path.stem for path in sorted((CONFIG / "filter.d").glob("*.conf"))]
    return [name for name in names if not name.endswith(NO_FILTER)]


def logs(*folders):
    """All sample logs."""
    return sorted(path for folder in folders for path in folder.glob("*.log"))


def same_name():
    """Each filter, in each mode, with the log of its own service."""
    pairs = []
    for name in filters():
        log = SAMPLES / f"{name}.log"
        if log.is_file():
            pairs.append((name, "", log))
            pairs += [(name, f"[mode={mode}]", log) for mode in MODES.get(name, ())]
    return pairs


def cross():
    """Each filter with each log."""
    return [(name, "", log) for name in filters() for log in logs(SAMPLES, SERVICES)]


def peers(pairs, *form):
    """What the peer prints for each pair: exit code and text."""
    jobs = [["-c", str(CONFIG), *form, str(log), name + mode] for name, mode, log in pairs]
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "tools" / "peer_regex.py"), str(NOW), str(SECONDS)],
        input="".join(f"{json.dumps(job)}\n" for job in jobs),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "BANWARD_PEER": str(PEER), "TZ": "UTC"},
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


class _TooLongError(Exception):
    """A run of ours took longer than it may."""


def _too_long(*_):
    raise _TooLongError


def ours(pair, capsys, *form):
    """What we print for a pair."""
    name, mode, log = pair
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SECONDS)
    try:
        arguments = ["-c", str(CONFIG), *form, str(log), f"{name}.conf{mode}"]
        code = main(arguments, clock=TestClock(NOW))
    except _TooLongError:
        return -signal.SIGALRM, ""
    finally:
        signal.alarm(0)
        text = capsys.readouterr().out
    return code, text


def rows(text):
    """The rows of a run, so that they can be compared; the peer's clock ticks a little."""
    if text.startswith("ERROR"):
        return ["ERROR"]
    return [
        (str(who), NOW if at is not None and abs(at - NOW) < 1e-3 else at, data)
        for who, at, data in (ast.literal_eval(line.rstrip(",")) for line in text.splitlines())
    ]


def differences(pairs, capsys):
    """The pairs whose rows differ, with both; and how many rows there were."""
    found, count = [], 0
    for pair, (code, text) in zip(pairs, peers(pairs, "-o", "row"), strict=True):
        our_code, our_text = ours(pair, capsys, "-o", "row")
        theirs = rows(text)
        count += len(theirs)
        if (our_code, rows(our_text)) != (code, theirs):
            found.append((pair, code, theirs, our_code, rows(our_text)))
    return found, count


def without_exceptions(pairs):
    return [pair for pair in pairs if (pair[0], pair[2].stem) not in EXCEPTIONS]


def test_filters_on_their_own_logs(capsys):
    """Every filter, in every mode, finds in the log of its service what the peer finds."""
    found, count = differences(without_exceptions(same_name()), capsys)
    assert found == []
    assert count > 300


def test_filters_on_other_logs(capsys):
    """Filters find in the logs of other services what the peer finds; some pairs, by chance."""
    pairs = random.Random(20231114).sample(without_exceptions(cross()), SOME)
    found, _ = differences(pairs, capsys)
    assert found == []


@pytest.mark.torture
def test_filters_on_all_logs(capsys):
    """Every filter finds in every log what the peer finds."""
    found, count = differences(without_exceptions(cross()), capsys)
    assert found == []
    assert count > 500


def test_exceptions_are_still_exceptions(capsys):
    """Pairs are left out only as long as they can't be compared."""
    pairs = [pair for pair in same_name() if (pair[0], pair[2].stem) in EXCEPTIONS]
    assert [code for code, _ in peers(pairs, "-o", "row")] == [-signal.SIGALRM] * len(EXCEPTIONS)
    assert [ours(pair, capsys, "-o", "row")[0] for pair in pairs] == [-signal.SIGALRM] * len(pairs)


def figures(text):
    """The lines of a report that count something."""
    return [
        line
        for line in text.splitlines()
        if line.startswith(("Prefregex:", "Failregex:", "Ignoreregex:", "Lines:"))
    ]


def test_figures_of_the_report(capsys):
    """The report counts what the peer counts."""
    pairs = without_exceptions(same_name())
    for pair, (_, text) in zip(pairs, peers(pairs), strict=True):
        assert (pair, figures(ours(pair, capsys)[1])) == (pair, figures(text))
