from __future__ import annotations

import re

import pytest

from banward.decisions.growth import Growth, weight
from banward.settings import GrowthSettings
from cases import bantime_cases

CASES = bantime_cases("increment")


def growth_of(case):
    """The growth that the options of a case, set one after the other, give."""
    return Growth(GrowthSettings(**dict(case["options"])))


@pytest.mark.parametrize("case", [c for c in CASES if "result" in c], ids=str)
def test_ban_times_grow_as_in_the_reference(case):
    """The formula gives the same number of the same type."""
    grown = growth_of(case).grown(case["bantime"], case["ban_count"], lambda _: 0.0)

    assert case["result"] == pytest.approx(grown)
    assert case["type"] == type(grown).__name__


@pytest.mark.parametrize("case", [c for c in CASES if "result_min" in c], ids=str)
def test_a_random_part_comes_last(case):
    """The random part is added behind the maximum."""
    growth = growth_of(case)

    least = growth.grown(case["bantime"], case["ban_count"], lambda _: 0.0)
    most = growth.grown(case["bantime"], case["ban_count"], lambda most: most)

    assert case["result_min"] == least
    assert case["result_max"] == most


@pytest.mark.parametrize(("base", "earlier"), [(600, 0), (-1, 3), (0, 3)])
def test_some_ban_times_do_not_grow(base, earlier):
    """A first ban, an endless one, and one that is over at once keep the base."""
    settings = GrowthSettings(increment=True, factor="7")

    assert base == Growth(settings).bantime(base, earlier, lambda _: 0.0)


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [
        ("formula", "ban.Tiem * 2", "ban.Tiem"),
        ("formula", "__import__('os')", "not known"),
        ("factor", "2 *", "2 *"),
        ("multipliers", "1 2 x", "expected whole numbers"),
        ("maxtime", "soon", "expected seconds"),
        ("rndtime", "5x", "expected seconds"),
    ],
)
def test_a_bad_value_is_told(option, value, word):
    """A value that can't be used is an error that names the option, and what is wrong."""
    growth = Growth(GrowthSettings(**{option: value}))

    with pytest.raises(ValueError, match=rf"^bantime\.{option}: .*{re.escape(word)}"):
        growth.check()


def test_a_ban_time_stays_a_number():
    """What grows without bound is an error, and no ban of infinite length."""
    growth = Growth(GrowthSettings(factor="1e308"))

    with pytest.raises(ValueError, match="no finite number"):
        growth.bantime(600, 20, lambda _: 0.0)

    bounded = Growth(GrowthSettings(factor="1e308", maxtime="1d"))
    assert bounded.bantime(600, 20, lambda _: 0.0) == 86400


def test_the_longest_time_is_known():
    """``bantime.maxtime`` bounds also what is restored; without it nothing does."""
    assert Growth(GrowthSettings(maxtime="1h")).longest() == 3600
    assert Growth(GrowthSettings()).longest() == float("inf")


@pytest.mark.parametrize("case", bantime_cases("retry_weight"), ids=str)
def test_failures_of_offenders_weigh_more(case):
    """One failure weighs as much as in the reference."""
    assert case["weight"] == weight(case["ban_count"], case["maxretry"])
