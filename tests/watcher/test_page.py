from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.watcher.page import BUSY, JAIL, KIND, NUMBER, Doing, Page


@pytest.fixture
def sides():
    """The page as the watcher writes it and as the warden reads it."""
    with Page() as writer, Page(os.dup(writer.fd)) as reader:
        yield writer, reader


def test_the_warden_sees_what_is_done(sides):
    """What one side writes the other side reads."""
    writer, reader = sides
    writer.name_jails(["sshd", "nginx"])
    writer.begin("/var/log/auth.log", 100, 250)
    writer.words[JAIL], writer.words[KIND], writer.words[NUMBER] = 2, 1, 7
    writer.note_line("a line \udcff" + "x" * 1000)
    line = "a line \\udcff" + "x" * 492
    assert reader.read() == Doing("/var/log/auth.log", 100, 250, "nginx", "failregex", 7, line)
    writer.end()
    assert (reader.busy, reader.read()) == (False, None)


def test_a_new_block_begins_without_jail(sides):
    """Between blocks the page forgets who was at work."""
    writer, reader = sides
    writer.name_jails(["sshd"])
    writer.words[JAIL] = 1
    writer.begin("a", 0, 1)
    assert reader.read() == Doing("a", 0, 1, "", "", 0)


@given(st.binary(min_size=1, max_size=300), st.integers(0, 9000))
def test_nonsense_on_the_page_harms_nobody(data, at):
    """Whatever a watcher that was taken over writes, the warden reads a value or None."""
    with Page() as page:
        page.begin("a", 0, 1)
        page._memory[at : at + len(data)] = data
        page.words[BUSY] = 1
        assert page.read() is None or isinstance(page.read(), Doing)


def test_long_texts_are_cut(sides):
    """Texts longer than their place do not run over."""
    writer, reader = sides
    writer.name_jails(["x" * 100_000])
    writer.begin("y" * 100_000, 5, 6)
    doing = reader.read()
    assert (doing.start, doing.end) == (5, 6)
    assert len(doing.source) < 10_000
