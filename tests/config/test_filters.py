"""Filters: parameters, [Init], the jail's options, tags, known values."""

from __future__ import annotations

import pytest

FILTER = "[Definition]\nfailregex = {}\n"


@pytest.fixture
def regexes(read_jail):
    """The failregex of the jail j with a filter g of the given text."""

    def read_regexes(text, reference="g", section=""):
        files = {"filter.d/g.conf": text}
        jail = read_jail(f"{section}\n", files | {"jail.local": f"[j]\nfilter = {reference}\n"})
        assert jail.skipped == ""
        return jail.filter.failregex

    return read_regexes


@pytest.mark.parametrize(
    ("text", "reference", "expected"),
    [
        ("[Definition]\nfailregex = ^<w> %(w)s\nw = 1\n", "g", "^1 1"),
        ("[Definition]\nfailregex = ^<w> %(w)s\nw = 1\n", "g[w=2]", "^2 2"),
        ("[Definition]\nfailregex = ^<w>\n[Init]\nw = 1\n", "g", "^1"),
        ("[Definition]\nfailregex = ^<w> %(w)s\nw = 1\n[Init]\nw = 2\n", "g", "^2 2"),
        ("[Definition]\nfailregex = ^<known/w> <w>\n[Init]\nw = 1\n", "g[w=2]", "^1 2"),
        ("[Definition]\nfailregex = ^d\n", 'g[failregex="<known/failregex> p"]', "^d p"),
        ("[Definition]\nfailregex = <re-<m>>\nre-a = A\nre-b = B\nm = a\n", "g[m=b]", "B"),
        ("[Definition]\nfailregex = <k/x>\n[k]\nx = <v>%(v)s\n[DEFAULT]\nv = 1\n", "g", "11"),
        ("[DEFAULT]\nv = D\n[Definition]\nfailregex = <k/v><nosuch/v>\n[k]\n", "g", "D<nosuch/v>"),
        ("[Definition]\nfailregex = <none> <HOST>\n", "g", "<none> <HOST>"),
        ("[Definition]\nfailregex = ^<e>x\ne =\n", "g", "^x"),
        ("[Definition]\nfailregex = <w>\nw = d\n", "g[W=p]", "p"),
        ("[Definition]\nfailregex = <k>\n[Init]\nk = 1\n[Init?family=inet6]\nk = 2\n", "g", "<k>"),
        ("[Definition]\nfailregex = %(maxretry)s\nmaxretry = 3\n", "g", "8"),
    ],
)
def test_names_of_a_filter(regexes, text, reference, expected):
    """Each name stands for what the reference was seen to put in its place."""
    assert regexes(text, reference, "maxretry = 8") == (expected,)


def test_a_regex_tag_is_not_swallowed_by_an_option(regexes):
    """An option addr does not take the place of <ADDR>; a parameter ADDR does (quirk 10)."""
    text = "[Definition]\nfailregex = <ADDR> %(addr)s <addr>\naddr = x\n"

    assert regexes(text) == ("<ADDR> x x",)
    assert regexes("[Definition]\nfailregex = <ADDR>\n", "g[ADDR=y]") == ("y",)


@pytest.mark.parametrize(
    ("backend", "definition", "reference", "expected"),
    [
        ("auto", "", "g", "file"),
        ("systemd[journalflags=1]", "", "g", "journal"),
        ("systemd", "logtype = short", "g", "short"),
        ("systemd", "logtype = short", "g[logtype=file]", "file"),
    ],
)
def test_logtype(regexes, backend, definition, reference, expected):
    """A filter knows what kind of log it reads, unless the kind was chosen."""
    text = f"[DEFAULT]\nlogtype = no\n[Definition]\nfailregex = <logtype>\n{definition}\n"

    assert regexes(text, reference, f"backend = {backend}") == (expected,)


def test_a_jail_uses_what_its_filter_knows(regexes):
    """``known/NAME`` in a jail is the filter's option, expanded, parameters included."""
    text = "[Definition]\nfailregex = ^<w>\n"
    section = "failregex = %(known/failregex)s$\n  ^%(known/w)s %(known/logtype)s"

    assert regexes(text, "g[w=1]", section) == ("^1$", "^1 file")


def test_the_jail_replaces_the_definition_and_adds_to_init(read_jail):
    """[Definition] gives way to the jail; with [Init] both are sent, in fail2ban's order."""
    definition = read_jail(
        "maxlines = 3\nignoreregex = ji\n[x]\n",
        {
            "filter.d/f.conf": "[Definition]\nfailregex = r\nignoreregex = no\nmaxlines = 1\n"
            "[Init]\nmaxlines = 2\njournalmatch = A=1\n"
        },
    ).filter

    sent = [(setting.name, setting.value) for setting in definition.settings]
    assert sent == [
        ("maxlines", 3),
        ("maxlines", 2),
        ("failregex", "r"),
        ("journalmatch", "A=1"),
        ("ignoreregex", "ji"),
    ]
    assert (definition.maxlines, definition.ignoreregex) == (2, ("ji",))


def test_each_option_knows_its_place(read_jail, tmp_path):
    """The place of an option is that of the file that it was taken from."""
    files = {"filter.d/f.local": "[Definition]\nignoreregex = i\n"}
    definition = read_jail("\nfailregex = j\n", files).filter

    places = {setting.name: setting.place for setting in definition.settings}
    assert (places["failregex"].file, places["failregex"].line) == (f"{tmp_path}/etc/jail.conf", 6)
    assert places["ignoreregex"].file == f"{tmp_path}/etc/filter.d/f.local"


def test_what_it_gives(read_jail):
    """Lists have one entry a line, numbers are numbers, what nobody set is empty."""
    text = "[Definition]\nfailregex = a\n\n  b\nprefregex = p\ndatepattern = d\n e\nusedns = no\n"
    full = read_jail("", {"filter.d/f.conf": text + "maxlines = 3\nfailjson = x\n"}).filter
    empty = read_jail("", {"filter.d/f.conf": "[Definition]\n"}).filter

    assert (full.failregex, full.prefregex, full.maxlines) == (("a", "b"), "p", 3)
    assert (full.datepattern, full.usedns, full.failjson) == ("d\ne", "no", ("x",))
    assert (empty.failregex, empty.prefregex, empty.maxlines) == ((), "", None)
    assert (empty.datepattern, empty.usedns, empty.failjson) == ("", "", ())


def test_a_number_that_is_none(read):
    """It is told of and left out; the jail runs."""
    text = "[Definition]\nfailregex = a\nmaxlines = abc\n"
    configuration = read(
        {"jail.conf": "[j]\nenabled = true\nfilter = f\n", "filter.d/f.conf": text}
    )

    (problem,) = configuration.problems
    assert (problem.kind, problem.level, problem.value) == ("wrong-type", "warning", "abc")
    assert configuration.jail("j").filter.maxlines is None
    assert configuration.jail("j").skipped == ""


def test_a_parameter_needs_not_what_it_replaces(regexes):
    """A value that can't be read does no harm if a parameter takes its place."""
    assert regexes("[Definition]\nfailregex = %(nothere)s\n", "g[failregex=x]") == ("x",)
