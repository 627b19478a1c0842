"""The engine for a log is the one that takes least time for it."""

import itertools

import pytest

from banward.matching import engines, pcre2
from banward.matching.automaton import library
from banward.matching.block_filter import BlockFilter
from banward.matching.engines import LINE_BY_LINE, SWEEP, choose
from banward.settings import FilterSettings

SAMPLE = b"Nov 14 22:13:20 srv one\n" * 10


def sweeping(**regexes):
    return {
        jail: BlockFilter(FilterSettings(failregex=(regex,), datepattern="{^LN-BEG}"), jail=jail)
        for jail, regex in regexes.items()
    }


def filters(**regexes):
    """Filters that can't sweep."""
    made = sweeping(**regexes)
    for rule in made.values():
        rule.sweep = None
    return made


def clock(*seconds):
    """A clock on which the measured engines take so many seconds, one after the other."""
    ticks = itertools.chain.from_iterable((0.0, took) for took in seconds)
    return lambda: next(ticks)


def test_without_hyperscan(monkeypatch):
    """Without the package jails go by literals, and line by line where there are none."""
    monkeypatch.setattr(engines, "library", lambda: None)
    chosen = choose(filters(a="^failure of <HOST>$", b=r"^\w+ <HOST>$"), SAMPLE)
    assert (chosen.name("a"), chosen.name("b")) == ("literals", LINE_BY_LINE)
    assert chosen.candidates(SAMPLE) == {"a": []}


@pytest.mark.skipif(library() is None, reason="the package hyperscan is not installed")
@pytest.mark.parametrize(
    ("literals", "hyperscan", "name"), [(1.0, 2.0, "literals"), (2.0, 1.0, "hyperscan")]
)
def test_the_quicker_one(literals, hyperscan, name):
    """What takes less time for a sample of the log is used."""
    chosen = choose(filters(a="^failure of <HOST>$"), SAMPLE, clock=clock(literals, hyperscan))
    assert chosen.name("a") == name
    assert chosen.candidates(SAMPLE + b"failure of x\n") == {"a": [(len(SAMPLE), 1)]}


@pytest.mark.skipif(library() is None, reason="the package hyperscan is not installed")
def test_lines_that_have_to_be_confirmed_count():
    """An engine that is quick but leaves no line out is not the quicker one."""
    weak = filters(a=r"^(?:srv)? ?one of <HOST> (?:failed|lost)$")
    chosen = choose(weak, SAMPLE.replace(b"one", b"one of "), clock=clock(1e-9, 2e-9))
    assert chosen.name("a") == "hyperscan"


@pytest.mark.skipif(library() is None, reason="the package hyperscan is not installed")
def test_side_by_side():
    """A jail that Hyperscan can't take goes by literals beside it."""
    made = filters(a="^failure of <HOST>$")
    settings = FilterSettings(failregex=("^failure of <HOST>$",))  # dates anywhere
    made["b"] = BlockFilter(settings, jail="b")
    chosen = choose(made, SAMPLE, clock=clock(2.0, 1.0))
    assert (chosen.name("a"), chosen.name("b")) == ("hyperscan", "literals")
    assert set(chosen.candidates(SAMPLE)) == {"a", "b"}


@pytest.mark.skipif(pcre2.library() is None, reason="there is no library of PCRE2")
def test_logs_that_begin_with_dates_are_swept():
    """A jail whose regexes can be transcribed sweeps a log whose lines begin with dates."""
    chosen = choose(sweeping(a="^ srv failure of <HOST>$", b=r"^ srv failure of <HOST>\Z"), SAMPLE)
    assert chosen.name("a") == SWEEP
    assert chosen.name("b") != SWEEP


@pytest.mark.skipif(pcre2.library() is None, reason="there is no library of PCRE2")
def test_a_log_of_odd_lines_is_not_swept():
    """Where many lines have no such date, all of them would have to be shown to the filter."""
    odd = SAMPLE + b"one without a date\n" * 2
    assert choose(sweeping(a="^ srv failure of <HOST>$"), odd).name("a") != SWEEP
