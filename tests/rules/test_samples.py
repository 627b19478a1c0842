"""Every filter finds the attacks of its samples, with the right host, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from banward.cli.rules_samples import names_in, try_samples

RULES = Path(__file__).parent.parent.parent / "src" / "banward" / "rules"
OWN = Path(__file__).parent / "samples"
SHARED = Path(__file__).parent.parent.parent.parent / "shared"


def known(folder):
    """The samples of a folder for which there is a filter."""
    return [n for n in names_in(folder) if (RULES / "filter.d" / f"{n}.conf").exists()]


def told(score):
    """The mistakes of a filter, a line each."""
    rows = [f"missed {m.line_no} ({m.expected}, found {m.found!r}): {m.line}" for m in score.missed]
    return rows + [f"wrong {m.line_no} ({m.found}): {m.line}" for m in score.wrong]


@pytest.mark.parametrize("name", known(OWN))
def test_own_samples(name):
    """The lines that we wrote in the service's format mean what they should."""
    assert told(try_samples(RULES, name, OWN)) == []


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
@pytest.mark.parametrize("name", known(SHARED / "samples"))
def test_samples_of_real_logs(name):
    """Real lines of the services mean what they should."""
    assert told(try_samples(RULES, name, SHARED / "samples")) == []


@pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")
@pytest.mark.parametrize("name", known(SHARED / "samples-services"))
def test_samples_of_further_services(name):
    """Real lines of further services mean what they should."""
    assert told(try_samples(RULES, name, SHARED / "samples-services")) == []
