"""Which files are read, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banward.config import read_configuration, shipped_rules, stream
from banward.config.files import Library


def names(files, directory):
    """The files that were read, relative to a directory."""
    return [str(Path(path).relative_to(directory)) for path in files.files]


def option(files, name="x"):
    """The value of an option of the section s."""
    return files.sections.get("s", name).text


def test_the_order_of_a_set(write):
    """First .conf, then .d/*.conf by name, .local, .d/*.local; the last value wins."""
    order = ["b.conf", "b.d/1.conf", "b.d/2.conf", "b.local", "b.d/0.local"]
    text = "[s]\nx = {}\n"
    directory = write({name: text.format(name) for name in reversed(order)})
    write({"b.d/.hidden.conf": "[s]\nx = no\n", "b.d/note.txt": "[s]\nx = no\n"})

    files = Library(directory).read_set("b")

    assert order == names(files, directory)
    assert option(files) == "b.d/0.local"


def test_includes_are_read_around_their_file(write):
    """``before``, the file, ``after``; each include is followed by the .local beside it."""
    directory = write(
        {
            "b.conf": "[INCLUDES]\nbefore = p.conf\n  sub/q.conf\nafter = r.local\n[s]\n",
            "p.conf": "[INCLUDES]\nbefore = p0.conf\n",
            "p0.conf": "",
            "p.local": "",
            "sub/q.conf": "[INCLUDES]\nafter = q2.conf\n",
            "sub/q2.conf": "",
            "r.local": "",
        }
    )

    files = Library(directory).read_set("b")

    expected = ["p0.conf", "p.conf", "p.local", "sub/q.conf", "sub/q2.conf", "b.conf", "r.local"]
    assert expected == names(files, directory)


def test_includes_may_name_options_of_their_file(write):
    """``%(name)s`` in a list of includes sees the same file."""
    directory = write(
        {"b.conf": "[DEFAULT]\nd = p\n[INCLUDES]\nbefore = %(d)s.conf\n  no.conf\n", "p.conf": ""}
    )

    assert names(Library(directory).read_set("b"), directory) == ["p.conf", "b.conf"]


def test_an_include_that_names_itself_ends(write):
    """A file is not included by its own descendants, but may be read twice."""
    directory = write(
        {
            "b.conf": "[INCLUDES]\nbefore = p.conf\n  q.conf\n",
            "p.conf": "[INCLUDES]\nbefore = b.conf\n  q.conf\n",
            "q.conf": "[INCLUDES]\nafter = p.conf\n",
        }
    )

    files = Library(directory).read_set("b")

    assert names(files, directory) == ["q.conf", "p.conf", "q.conf", "p.conf", "b.conf"]


def test_a_byte_order_mark_is_no_text(write):
    """Files that some editors of Windows write are read as any other."""
    directory = write({"b.conf": b"\xef\xbb\xbf[s]\r\nx = 1\r\n"})

    files = Library(directory).read_set("b")

    assert option(files) == "1"
    assert files.problems == []


def test_a_file_that_is_not_utf8(write):
    """It is told of with its line; what can be read of it is read all the same."""
    directory = write({"b.conf": b"[s]\n# \xe4\nx = 1\n"})
    library = Library(directory)

    for files in (library.read_set("b"), library.read_set("b")):
        (problem,) = files.unreadable
        assert (problem.kind, problem.place.line) == ("unreadable-file", 2)
        assert option(files) == "1"


@pytest.mark.parametrize("name", ["jail.d", "filter.d/x.conf"])
def test_what_is_no_file(write, name):
    """A directory of a file's name is told of as a file that can't be read."""
    directory = write({f"{name}/x": ""})

    files = Library(directory).read_set("filter.d/x")

    assert len(files.unreadable) == (1 if name.endswith(".conf") else 0)


# The shipped rules under the user's directory ----------------------------------------------------


@pytest.fixture
def rules(write):
    """A small directory of shipped rules."""
    return write(
        {
            "fail2ban.conf": "[DEFAULT]\nlogtarget = shipped\n[Definition]\n",
            "jail.conf": "[INCLUDES]\nbefore = paths.conf\n[DEFAULT]\nfilter = %(__name__)s\n"
            "action = a\n[sshd]\nlogpath = %(log)s\n",
            "paths.conf": "[DEFAULT]\nlog = /dev/null\n",
            "filter.d/common.conf": "[DEFAULT]\nprefix = shipped\n",
            "filter.d/sshd.conf": "[INCLUDES]\nbefore = common.conf\n"
            "[Definition]\nfailregex = ^%(prefix)s <HOST>\n",
            "action.d/a.conf": "[Definition]\nactionban = shipped\n",
        },
        "rules",
    )


def commands(directory, rules, first, name):
    """The values of one command of the stream, e.g. set sshd addfailregex."""
    configuration = read_configuration(directory, fallback=rules)
    return [c[3:] for c in stream(configuration) if c[0] == first and name in c[2:3]]


def test_a_jail_local_is_enough(write, rules):
    """Without a jail.conf of the user's, the shipped one is read before his jail.local."""
    directory = write({"jail.local": "[sshd]\nenabled = true\n"})

    assert commands(directory, rules, "set", "addfailregex") == [["^shipped <HOST>"]]
    assert commands(directory, rules, "set", "addlogpath") == [["/dev/null", "head"]]
    configuration = read_configuration(directory, fallback=rules)
    assert configuration.server.get("logtarget") == "shipped"


def test_the_users_jail_conf_takes_the_place_of_ours(write, rules):
    """With a jail.conf of the user's, ours is not read; filters and actions are still found."""
    directory = write({"jail.conf": "[sshd]\nenabled = true\nfilter = sshd\naction = a\n"})

    assert commands(directory, rules, "set", "addfailregex") == [["^shipped <HOST>"]]
    assert commands(directory, rules, "set", "addlogpath") == []


def test_a_local_of_the_user_goes_over_a_shipped_file(write, rules):
    """A .local of a filter, of an include and of the paths changes what is shipped."""
    directory = write(
        {
            "jail.local": "[sshd]\nenabled = true\n",
            "paths.local": "[DEFAULT]\nlog = /dev/zero\n",
            "filter.d/common.local": "[DEFAULT]\nprefix = mine\n",
            "action.d/a.local": "[Definition]\nactionunban = mine\n",
        }
    )

    assert commands(directory, rules, "set", "addfailregex") == [["^mine <HOST>"]]
    assert commands(directory, rules, "set", "addlogpath") == [["/dev/zero", "head"]]
    ((name, pairs),) = commands(directory, rules, "multi-set", "action")
    assert name == "a"
    assert pairs[:2] == [["actionban", "shipped"], ["actionunban", "mine"]]


def test_a_filter_of_the_user_finds_shipped_includes(write, rules):
    """``before = common.conf`` is taken from the rules where the user has no such file."""
    own = "[INCLUDES]\nbefore = common.conf\n[Definition]\nfailregex = ^own %(prefix)s <HOST>\n"
    directory = write(
        {"jail.local": "[own]\nenabled = true\naction = a\n", "filter.d/own.conf": own}
    )

    assert commands(directory, rules, "set", "addfailregex") == [["^own shipped <HOST>"]]


def test_an_include_of_the_users_own_goes_first(write, rules):
    """A shipped filter takes an include from the user's directory if it is there."""
    directory = write(
        {
            "jail.local": "[sshd]\nenabled = true\n",
            "filter.d/common.conf": "[DEFAULT]\nprefix = mine\n",
        }
    )

    assert commands(directory, rules, "set", "addfailregex") == [["^mine <HOST>"]]


def test_the_fallback_can_be_switched_off(monkeypatch):
    """An empty BANWARD_RULES means the user's directory alone; a path is another directory."""
    monkeypatch.setenv("BANWARD_RULES", "")
    assert shipped_rules() is None
    monkeypatch.setenv("BANWARD_RULES", "/x")
    assert shipped_rules() == Path("/x")
    monkeypatch.delenv("BANWARD_RULES")
    assert (shipped_rules() / "jail.conf").is_file()


@given(
    st.dictionaries(
        st.sampled_from(["jail.conf", "jail.local", "fail2ban.local", "filter.d/f.conf", "x.conf"]),
        st.lists(
            st.one_of(
                st.sampled_from(
                    [
                        "[INCLUDES]",
                        "[DEFAULT]",
                        "[Definition]",
                        "[Init]",
                        "[Init?family=inet6]",
                        "[j]",
                        "enabled = true",
                        "before = x.conf",
                        "after = jail.conf",
                        "filter = f[x=%(x)s]",
                        "action = f",
                        "x = <x> %(known/x)s",
                        "failregex = <x/y> <known/failregex>",
                        "logpath = *",
                        "journalmatch = 'a",
                        "loglevel = <x>",
                        "  continued = %",
                    ]
                ),
                st.text(max_size=10),
            ),
            max_size=12,
        ).map("\n".join),
        max_size=5,
    )
)
def test_no_configuration_makes_it_fail(tmp_path_factory, files):
    """Whatever the files hold, there is a configuration, a stream, and problems with places."""
    directory = tmp_path_factory.mktemp("etc")
    for name, text in files.items():
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text(text, "utf-8", errors="replace")

    configuration = read_configuration(directory)

    assert stream(configuration, report=True)
    assert all(str(problem) for problem in configuration.problems)
    assert all(problem.place for problem in configuration.problems)


def test_an_include_loop_is_told_and_read_once(write):
    """With the line that leads back; fail2ban says nothing of it (spec 1.2)."""
    directory = write(
        {
            "b.conf": "[INCLUDES]\nbefore = p.conf\n[s]\nx = 1\n",
            "p.conf": "[INCLUDES]\nbefore = b.conf\n",
        }
    )

    files = Library(directory).read_set("b")

    assert names(files, directory) == ["p.conf", "b.conf"]
    (problem,) = files.problems
    assert (problem.kind, problem.level) == ("include-loop", "warning")
    assert str(problem.place) == f"{directory}/p.conf:2: [INCLUDES] before"
    assert "b.conf -> p.conf -> b.conf" in problem.message
