"""fail2ban-regex as its users meet it: arguments, logs, report, output, exit codes."""

import bz2
import gzip
import io
import lzma
import os
import re
import subprocess
import sys

import pytest
import zstandard

from banward.cli.regex import main
from banward.testing.clock import TestClock

SHOP = """\
[Definition]
datepattern = ^%%Y-%%m-%%d %%H:%%M:%%S
prefregex = ^ shopd: <F-CONTENT>.+</F-CONTENT>$
failregex = ^login failed for <F-USER>\\S+</F-USER> from <ADDR>$
            ^<kind> probe from <ADDR>$
            ^never <HOST>$
ignoreregex = for tester
kind = x
"""
LOG = """\
2023-11-14 22:00:00 shopd: login failed for bob from 192.0.2.1
2023-11-14 22:00:01 shopd: login failed for tester from 192.0.2.1
2023-11-14 22:00:02 shopd: started
2023-11-14 22:00:03 shopd: slow probe from 2001:db8::7
nothing to see
2023-11-14 22:00:05 shopd: login failed for eve from 192.0.2.1
"""
REPORT = """\

Running tests
=============

Use      filter file : shop, basedir: {config}
Use   filter options : {{'kind': 'slow'}}
Use      datepattern : ^%Y-%m-%d %H:%M:%S : ^Year-Month-Day 24hour:Minute:Second
Use         log file : {log}
Use         encoding : UTF-8


Results
=======

Prefregex: 5 total
|  ^ shopd: (?P<content>.+)$
`-

Failregex: 3 total
|-  #) [# of hits] regular expression
|   1) [2] ^login failed for <F-USER>\\S+</F-USER> from <ADDR>$
|   2) [1] ^slow probe from <ADDR>$
`-

Ignoreregex: 1 total
|-  #) [# of hits] regular expression
|   1) [1] for tester
`-

Date template hits:
|- [# of hits] date format
|  [5] ^Year-Month-Day 24hour:Minute:Second
`-

Lines: 6 lines, 1 ignored, 3 matched, 2 missed
[processed in TIME sec]

|- Matched line(s):
|  2023-11-14 22:00:00 shopd: login failed for bob from 192.0.2.1
|  2023-11-14 22:00:03 shopd: slow probe from 2001:db8::7
|  2023-11-14 22:00:05 shopd: login failed for eve from 192.0.2.1
`-
|- Ignored line(s):
|  2023-11-14 22:00:01 shopd: login failed for tester from 192.0.2.1
`-
|- Missed line(s):
|  2023-11-14 22:00:02 shopd: started
|  nothing to see
`-
"""


pytestmark = pytest.mark.usefixtures("utc")


@pytest.fixture
def config(tmp_path):
    """A configuration with one filter."""
    (tmp_path / "filter.d").mkdir()
    (tmp_path / "filter.d" / "shop.conf").write_text(SHOP, encoding="utf-8")
    (tmp_path / "jail.conf").write_text("", encoding="utf-8")
    return tmp_path


@pytest.fixture
def log(tmp_path):
    """A log file."""
    path = tmp_path / "shop.log"
    path.write_text(LOG, encoding="utf-8")
    return path


@pytest.fixture
def run(capsys, config):
    """Runs the command; gives exit code and what it printed."""

    def run(*arguments):
        code = main(["-c", str(config), *map(str, arguments)], clock=TestClock())
        return code, capsys.readouterr().out

    return run


def test_report(run, config, log):
    """The report has the layout of the specification (4.4)."""
    code, out = run("--print-all-matched", "-e", "UTF-8", log, "shop[kind=slow]")
    assert code == 0
    timeless = re.sub(r"in \d+\.\d\d sec", "in TIME sec", out)
    assert timeless == REPORT.format(config=config, log=log)


def test_verbose_report(run, log):
    """With -v the report lists failures, regexes without hits and what the prefregex captured."""
    _, out = run("-v", log, "shop[kind=slow]")
    assert "|      {'content': 'slow probe from 2001:db8::7'}\n" in out
    assert "|   3) [0] ^never <HOST>$\n" in out
    assert "|      192.0.2.1  Tue Nov 14 22:00:05 2023\n" in out


def test_very_verbose_report(run, log):
    """With -vv the options of the filter in force are told."""
    _, out = run("-vv", log, "shop[kind=slow]")
    assert re.search(r"^Real  filter options : \{.*'ignoreregex': 'for tester'", out, re.MULTILINE)


def test_verbose_dates(run, log):
    """With --verbose-date each date format shows its pattern, weight and regex."""
    _, out = run("--VD", log, "shop")
    assert "|      # weight: " in out
    assert "pattern: ^%Y-%m-%d %H:%M:%S\n|      # regex:   ^(" in out


def test_debugger_links(run):
    """With -D each printed line comes with each regex and a link."""
    _, out = run("-D", "--print-all-matched", "a 192.0.2.1", "a <IP4>")
    assert "|  a 192.0.2.1 | a <IP4> |  https://www.debuggex.com/?re=a+" in out
    assert "&str=a+192.0.2.1&flavor=python\n" in out


def test_line_that_many_regexes_match(run, tmp_path):
    """From the third regex on that matches a line, the report says so."""
    (tmp_path / "filter.d" / "many.conf").write_text(
        "[Definition]\nfailregex = ^a <ADDR>\n  a <ADDR>\n  <ADDR>\n", encoding="utf-8"
    )
    _, out = run("-v", "a 192.0.2.1", "many")
    assert out.count(" (multiple regex matched)") == 1


@pytest.mark.parametrize(
    ("count", "options", "printed"),
    [
        (19, [], True),
        (20, [], False),
        (25, ["--print-all-missed"], True),
        (3, ["--print-no-missed"], None),
        (3, ["-L", "3"], False),
        (3, ["-L", "4"], True),
    ],
)
def test_too_many_lines(run, tmp_path, count, options, printed):
    """From twenty lines on (or those of -L) a list is left out, unless it is asked for."""
    many = tmp_path / "many"
    many.write_text("x\n" * count, encoding="utf-8")
    _, out = run(*options, many, "bad <ADDR>")
    told = f"Missed line(s): too many to print.  Use --print-all-missed to print all {count} lines"
    assert ("|- Missed line(s):\n" in out, told in out) == {
        True: (True, False),
        False: (False, True),
        None: (False, False),
    }[printed]


def test_lines_that_a_later_match_uses_up_are_matched(run, tmp_path):
    """With a window, earlier lines move from missed to matched, also in a long log."""
    log = tmp_path / "window"
    log.write_text("x\n" * 30 + "head\nbad 192.0.2.1\n", encoding="utf-8")
    _, out = run("-L", "2", "--print-all-matched", log, "^head\\n^bad <ADDR>")
    assert "Lines: 32 lines, 0 ignored, 2 matched, 30 missed" in out
    assert "|- Matched line(s):\n|  head\n|  bad 192.0.2.1\n`-\n" in out


PACKED = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("kind", PACKED)
def test_packed_logs(run, tmp_path, kind):
    """A log that rotation packed is read as it is."""
    packed = tmp_path / f"shop.log.{kind}"
    packed.write_bytes(PACKED[kind](LOG.encode()))
    code, out = run("-o", "id", packed, "shop")
    assert (code, out) == (0, "192.0.2.1\n192.0.2.1\n")


@pytest.mark.parametrize("kind", PACKED)
def test_broken_packed_log(run, tmp_path, kind):
    """A packed file that is broken is an error that names it."""
    packed = tmp_path / f"shop.log.{kind}"
    packed.write_bytes(b"this is not packed\n")
    code, out = run("-o", "id", packed, "shop")
    assert code == 255
    assert out.startswith(f"ERROR: {packed}: can't be read: ")


def test_zstd_without_its_module(run, tmp_path, monkeypatch):
    """Without the module for it the error says what to install."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    packed = tmp_path / "shop.log.zst"
    packed.write_bytes(PACKED["zst"](LOG.encode()))
    code, out = run(packed, "shop")
    assert code == 255
    assert "zstandard is not installed (install python3-zstandard, or unpack" in out


def test_standard_input(run, monkeypatch):
    """The log - is standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOG.encode())))
    assert run("-o", "id", "-", "shop") == (0, "192.0.2.1\n192.0.2.1\n")


def test_journal_without_its_library(run, monkeypatch):
    """Where the journal can't be read the error says so."""
    monkeypatch.setattr("banward.sources.journal_library.library_error", lambda: "no such file")
    code, out = run("systemd-journal[journalflags=1]", "shop")
    assert code == 255
    assert "systemd library not found. Exiting..." in out


def test_journal(run, monkeypatch):
    """Entries of the journal have their own time, and what is shown of them begins with it."""
    asked = []

    def read_journal(matches, **options):
        asked.append((matches, options))
        yield 1_699_999_200.5, "host shopd[1]: bad 192.0.2.1"

    monkeypatch.setattr("banward.sources.journal.read_journal", read_journal)
    monkeypatch.setattr("banward.sources.journal_library.library_error", lambda: "")
    log = "systemd-journal[journalflags=1]"
    _, out = run("-m", "_COMM=shopd", "-o", "<time> <msg>", log, "bad <ADDR>$")
    assert asked == [(("_COMM=shopd",), {"journalflags": "1"})]
    assert out == "1699999200.5 2023-11-14T22:00:00.500000 host shopd[1]: bad 192.0.2.1\n"
    _, out = run("-m", "_COMM=shopd", log, "bad <ADDR>$")
    assert f"Use  systemd journal : {log}\nUse    journal match : _COMM=shopd\n" in out


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("a 192.0.2.1", "Use      single line : a 192.0.2.1\n"),
        ("a 192.0.2.1" + 99 * "x", f"Use      single line : a 192.0.2.1{39 * 'x'}...\n"),
        ("a\nb\nc\nd\ne", "Use       multi line : 5 line(s)\n|  1: a\n|  2: b\n"),
        ("1\n2\n3\n4\n5\n6", "|  5: 5\n| ...\n`-\n"),
    ],
)
def test_text_as_log(run, text, uses):
    """What is no file is taken as lines of a log, and shown."""
    _, out = run(text, "a <ADDR>")
    assert uses in out


def test_last_line_without_newline(run, tmp_path):
    """The last line of a file counts only with its newline, as in the daemon."""
    log = tmp_path / "log"
    log.write_bytes(b"a 192.0.2.1\r\na 192.0.2.2")
    assert run("-o", "id", log, "a <ADDR>$") == (0, "192.0.2.1\n")


def test_encodings(run, tmp_path):
    """A log is read in the encoding that is named; foreign bytes become U+FFFD."""
    log = tmp_path / "log"
    log.write_bytes("für 192.0.2.1\n".encode("utf-16"))
    assert run("-e", "utf-16", "-o", "id", log, "^f.r <ADDR>$")[1] == "192.0.2.1\n"
    log.write_bytes(b"f\xfcr 192.0.2.1\n")
    assert run("-e", "utf-8", "-o", "id", log, "^f\ufffdr <ADDR>$")[1] == "192.0.2.1\n"


def test_template_of_several_lines(run):
    """A template that asks for the line is printed once for each."""
    _, out = run("-L", "2", "-o", "<ip>: <msg>", "head\nbad 192.0.2.1", "^head\\n^bad <ADDR>$")
    assert out == "192.0.2.1: head\n192.0.2.1: bad 192.0.2.1\n"


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("<fid>|<family>|<ip-rev>", "2001:db8::1|inet6|" + "1.0.0.0." * 1),
        ("<time>", "1700000000.0"),
        ("a<br>b<sp>c", "a\nb c"),
        ("<failures><restored><bancount>", "000"),
        ("<F-DNS>|<F-NONE>|<none>", "||<none>"),
        ("<matches>", "a 2001:db8::1"),
        ("matches", "['a 2001:db8::1']"),
        ("<fq-hostname>", ""),
        ("<sh-hostname>", ""),
    ],
)
def test_template_tags(run, form, printed):
    """A template knows the tags of a ticket; unknown ones stay, groups without value vanish."""
    _, out = run("-o", form, "a 2001:db8::1", "a <HOST>$")
    assert out.startswith(printed)
    assert "<fq" not in out


def test_template_of_an_id_that_is_no_address(run):
    """An id has no family and no reverse name."""
    _, out = run("-o", "<ip> <family> [<ip-rev>] <ip-host>", "a b.invalid", "^a <F-ID/>$")
    assert out == "b.invalid None [] None\n"


def test_names_are_looked_up(run, monkeypatch):
    """Every address of a host name is a failure of its own, with the same captures."""
    monkeypatch.setattr(
        "socket.getaddrinfo",
        lambda *_args, **_more: [
            (0, 0, 0, "", (address, 0)) for address in ("192.0.2.7", "192.0.2.8", "192.0.2.7")
        ],
    )
    _, out = run("-l", "warning", "-o", "id", "a host.example\nb host.example", "<DNS>$")
    assert out.splitlines()[-4:] == ["192.0.2.7", "192.0.2.8", "192.0.2.7", "192.0.2.8"]
    assert out.count("WARNING Determined IP using DNS Lookup: host.example = ") == 1


def test_unknown_usedns_is_told(run):
    """A wrong value is taken as no, and told to who wants to see errors."""
    _, out = run("-l", "error", "--usedns", "perhaps", "-o", "id", "a 192.0.2.1", "a <HOST>")
    assert "ERROR   Incorrect value 'perhaps' specified for usedns. Using safe 'no'\n" in out
    assert out.endswith("192.0.2.1\n")


def test_filter_of_a_path(run, log, config):
    """A filter file is found by its path, too."""
    path = config / "filter.d" / "shop.conf"
    assert run("-o", "id", log, path) == (0, "192.0.2.1\n192.0.2.1\n")
    assert f"Use      filter file : {path}, basedir: {config}\n" in run(log, path)[1]


def test_jail_by_its_name(run, log, config):
    """A jail's name stands for its filter with the jail's own options."""
    (config / "jail.conf").write_text("[j]\nfilter = shop[kind=slow]\n", encoding="utf-8")
    code, out = run(log, "j")
    assert code == 0
    assert f"Use             jail : j, basedir: {config}\n" in out
    assert "Failregex: 3 total" in out


def test_name_of_nothing_is_a_regex(run):
    """What names neither jail nor filter is a failregex."""
    code, out = run("x", "nosuch")
    assert code == 255
    assert "ERROR: No failure-id group in 'nosuch'" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 255, "ERROR: provide both <LOG> and <REGEX>."),
        (["a"], 255, "ERROR: provide both <LOG> and <REGEX>."),
        (["a", "b", "c", "d"], 255, "ERROR: provide both <LOG> and <REGEX>."),
        (
            ["--print-no-missed", "--print-all-missed", "a", "<HOST>"],
            255,
            "ERROR: --print-no-missed and --print-all-missed are mutually exclusive.",
        ),
        (["-l", "loud", "a", "<HOST>"], 255, "ERROR: Invalid log level 'loud', expected one of"),
    ],
)
def test_wrong_usage(capsys, arguments, code, words):
    """Wrong usage is told on stderr."""
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("usage: fail2ban-regex") or "level" in words
    assert words in printed.err


@pytest.mark.parametrize("arguments", [["--foo", "a", "b"], ["-L", "x", "a", "b"]])
def test_unknown_options(capsys, arguments):
    """An option that does not exist, or a value of the wrong type, ends with 2."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "fail2ban-regex: error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "printed"),
    [("-V", "1.1.2.1\n"), ("--version", "fail2ban-regex 1.1.2.dev1\n"), ("-h", "usage: ")],
)
def test_version_and_help(capsys, option, printed):
    """Version and help are printed with exit code 0."""
    with pytest.raises(SystemExit) as end:
        main([option])
    assert not end.value.code
    assert capsys.readouterr().out.startswith(printed)


def test_options_may_stand_anywhere(run, log):
    """Options may stand before, between and behind the arguments."""
    assert run(log, "-o", "id", "shop", "--no-check-all") == (0, "192.0.2.1\n192.0.2.1\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-e", "nosuch", "{log}", "shop"], "unknown encoding: nosuch"),
        (["-d", "%Q", "{log}", "shop"], "Failed to set datepattern"),
        (["--TZ", "Europe/Paris", "{log}", "shop"], "Unknown or unsupported time zone"),
        (["{log}", "shop", "("], "Unable to compile regular expression '('"),
        (["{log}", "shop[kind=(]"], "Unable to compile regular expression"),
    ],
)
def test_what_can_not_be_used(run, log, arguments, words):
    """What can't be used ends with 255 and the reason on stdout."""
    code, out = run(*(argument.format(log=log) for argument in arguments))
    assert code == 255
    assert re.search(rf"^ERROR: .*{re.escape(words)}", out, re.MULTILINE)


def test_closed_pipe(log, config):
    """A reader that has seen enough ends the program in silence."""
    big = log.with_name("big.log")
    big.write_text(LOG * 20000, encoding="utf-8")
    command = [sys.executable, "-m", "banward.cli.regex", "-c", str(config), "-o", "row"]
    with subprocess.Popen(
        [*command, str(big), "shop"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ),
    ) as program:
        program.stdout.readline()
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 0


def test_interrupt_names_the_regex(run, monkeypatch):
    """Who breaks off a run learns which regex was searched in which line."""

    def search(self, dated, view):
        self.doing = ("failregex", 1)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("banward.matching.filter.Filter._search", search)
    code, out = run("bad line", "a <ADDR>")
    assert code == 130
    assert "interrupted in line 1 while failregex 2 was searched in: bad line" in out


def test_rules_on_named_values(run, tmp_path):
    """A filter with failjson works on JSON and key=value logs, and is listed by its rules."""
    (tmp_path / "filter.d" / "web.conf").write_text(
        "[Definition]\n"
        'failjson = {"request.remote_ip": "<ADDR>", "status": "40[13]", "ts": "<DATE>"}\n'
        '           {"ip": "<HOST>(?::\\\\d+)?", "user?": "<F-USER>.*</F-USER>", "ok": false}\n',
        encoding="utf-8",
    )
    log = tmp_path / "web.log"
    log.write_text(
        '{"ts": 1699999200.25, "request": {"remote_ip": "192.0.2.1"}, "status": 403}\n'
        'ts=2023-11-14T22:00:01Z user="bob" ip=192.0.2.2:55 ok=false\n'
        "something else\n",
        encoding="utf-8",
    )
    _, out = run("-o", "<time> <ip> <F-USER>", log, "web")
    assert out == "1699999200.25 192.0.2.1 \n1699999201.0 192.0.2.2 bob\n"
    _, out = run(log, "web")
    assert '|   1) [1] {"request.remote_ip": "<ADDR>"' in out
    assert "Lines: 3 lines, 0 ignored, 2 matched, 1 missed" in out
