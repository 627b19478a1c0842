"""Filters on their own, for fail2ban-regex."""

from __future__ import annotations

from pathlib import Path

import pytest

from banward.config import find_filter, read_filter, read_jail_filter
from banward.errors import ConfigError

FILTER = "[Definition]\nfailregex = ^<logtype> <w> %(w)s <HOST>\nw = 1\n"


@pytest.fixture
def etc(write):
    """A configuration with the filters f and x.y, and the jail j."""
    return write(
        {
            "filter.d/f.conf": FILTER,
            "filter.d/f.local": "[Init]\nw = 2\n",
            "filter.d/f.d/a.conf": "[Definition]\nignoreregex = set\n",
            "filter.d/x.y": "[Definition]\nfailregex = xy <HOST>\n",
            "jail.conf": "[j]\nfilter = f[w=3]\nignoreregex = %(mode)s\nmode = no\n",
            "own/my.conf": "[INCLUDES]\nbefore = base.conf\n[Definition]\n",
            "own/base.conf": "[Definition]\nfailregex = base <HOST>\n",
            "own/my.local": "[Definition]\nignoreregex = local\n",
            "own/my.d/z.conf": "[Definition]\nignoreregex = no\n",
        }
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("f", "filter.d/f.conf"),
        ("f.conf", "filter.d/f.conf"),
        ("f.local", "filter.d/f.local"),
        ("filter.d/f.conf", "filter.d/f.conf"),
        ("x.y", "filter.d/x.y"),
        ("nosuch", None),
        ("nosuch.conf", None),
        ("other/f", None),
    ],
)
def test_names(etc, name, expected):
    """A plain name is looked up in filter.d, completed unless it has an extension."""
    assert find_filter(etc, name) == (expected and etc / expected)


def test_paths(etc):
    """A path to a file is taken as it is."""
    path = str(etc / "own" / "my.conf")

    assert find_filter(etc, path) == Path(path)


def test_a_filter_of_a_set(etc):
    """A file in a filter.d is read with its set; [Init] does not go before in ``%(name)s``."""
    found = read_filter(etc, "f")

    assert found.failregex == ("^file 2 1 <HOST>",)
    assert found.ignoreregex == ("set",)


def test_parameters_and_journal(etc):
    """Parameters go first; with the journal as log the logtype is journal."""
    found = read_filter(etc, "f", {"w": "9"}, backend="systemd")

    assert found.failregex == ("^journal 9 9 <HOST>",)


def test_a_file_elsewhere(etc):
    """It is read with its includes and its .local, without a .d directory."""
    found = read_filter(etc, str(etc / "own" / "my.conf"))

    assert (found.failregex, found.ignoreregex) == (("base <HOST>",), ("local",))


def test_a_jail(etc):
    """The jail's parameters and regexes are used though it is switched off."""
    found = read_jail_filter(etc, "j")

    assert (found.failregex, found.ignoreregex) == (("^file 3 3 <HOST>",), ("no",))


def test_options_for_a_jail(etc):
    """They go before the jail's own options and before its filter's parameters."""
    found = read_jail_filter(etc, "j", {"mode": "yes", "w": "4"}, backend="systemd")

    assert (found.failregex, found.ignoreregex) == (("^journal 4 4 <HOST>",), ("yes",))


@pytest.mark.parametrize("name", ["nosuch", "INCLUDES", "DEFAULT"])
def test_no_such_jail(etc, name):
    """Then it is no jail."""
    assert read_jail_filter(etc, name) is None


def test_without_jail_files(write):
    """A missing jail.conf is no problem."""
    assert read_jail_filter(write({"x": ""}), "j") is None


def test_what_can_not_be_read(etc, write):
    """A missing filter, a broken one, a jail with a missing filter: errors with their kind."""
    write({"filter.d/bad.conf": "x = 1\n", "jail.local": "[k]\nfilter = nosuch\n"})

    for call, kind in (
        (lambda: read_filter(etc, "nosuch"), "missing-filter-file"),
        (lambda: read_filter(etc, "bad"), "missing-section-header"),
        (lambda: read_jail_filter(etc, "k"), "missing-filter-file"),
    ):
        with pytest.raises(ConfigError) as error:
            call()
        assert error.value.kind == kind


def test_a_shipped_filter_with_the_users_local(etc, write):
    """A filter of the rules is tried with what the user put over it."""
    rules = write({"filter.d/s.conf": "[Definition]\nfailregex = s <HOST>\n"}, "rules")
    write({"filter.d/s.local": "[Definition]\nignoreregex = mine\n"})

    found = read_filter(etc, "s", fallback=rules)

    assert (found.failregex, found.ignoreregex) == (("s <HOST>",), ("mine",))
