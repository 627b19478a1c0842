"""The mails of the actions, as the mail programs get them, with or without whois and a healthy mail program."""

from __future__ import annotations

import asyncio
import email
import socket
import threading
from datetime import datetime
from email.utils import parsedate_to_datetime

import pytest

from banward.errors import ActionError
from rules.acting import perform, shell_action
from rules.standins import StandIns

HOST = socket.getfqdn()
IP = "192.0.2.1"
LINES = ("Mar  3 04:05:06 shell sshd[1]: one", "two 'quoted' $(id) `id` \\ \"x\"")
BAN = ["ban", IP, {"lines": LINES}]
TO = 'dest=root, sender=fail2ban@mail.com, mailcmd=\'sendmail -f "<sender>" "<dest>"\''
TOOLS = ["cat", "date", "grep", "iconv", "rm", "sed", "tail", "timeout", "tr", "wc"]


@pytest.fixture(name="post")
def _post(tmp_path):
    """Mail programs and a whois that answers."""
    return StandIns(
        tmp_path,
        sendmail="",
        mail="",
        geoiplookup="echo 'GeoIP Edition: XX, Nowhere'",
        whois="echo 'owner: Evil'",
    )


def mails(calls):
    """The messages that were handed to the mail program."""
    return [email.message_from_string(call.stdin) for call in calls if call.words[0] == "sendmail"]


def test_the_mail_of_the_walk_through(post):
    """Start, ban and stop are told to root, with what whois knows; an unban is not."""
    _, calls = post.perform(f"sendmail-whois[name=SSH, {TO}]", BAN, ["unban", IP], ["stop"])
    started, banned, stopped = mails(calls)
    assert [mail["Subject"] for mail in (started, banned, stopped)] == [
        f"[Fail2Ban] SSH: started on {HOST}",
        f"[Fail2Ban] SSH: banned {IP} from {HOST}",
        f"[Fail2Ban] SSH: stopped on {HOST}",
    ]
    assert banned.keys() == ["Subject", "Date", "From", "To"]
    assert (banned["From"], banned["To"]) == ("Fail2Ban <fail2ban@mail.com>", "root")
    body = banned.get_payload()
    assert f"{IP} has been banned by the jail SSH after 5 failure(s)." in body
    assert "owner: Evil" in body
    assert not started.get_payload().endswith("\n")
    sent = [call.words for call in calls if call.words[0] == "sendmail"]
    assert sent == [["sendmail", "-f", "fail2ban@mail.com", "root"]] * 3


def test_the_date_is_of_rfc_5322_in_local_time(post):
    """A mail has a date with the zone, whatever language the host speaks."""
    _, calls = post.perform(f"sendmail[{TO}]")
    [mail] = mails(calls)
    age = datetime.now().astimezone() - parsedate_to_datetime(mail["Date"])
    assert abs(age.total_seconds()) < 60


BODIES = [
    ("sendmail-whois-matches", "\n".join(LINES)),
    ("sendmail-whois-ipmatches", "5 failure(s) of 192.0.2.1 in all jails:\n" + LINES[0]),
    ("sendmail-whois-ipjailmatches", "5 failure(s) of 192.0.2.1 in the jail web:\n" + LINES[0]),
    ("sendmail-geoip-lines", "Country: XX, Nowhere\n"),
    ("sendmail-geoip-lines", "Name: evil.example\n"),
]


@pytest.mark.parametrize(("action", "expected"), BODIES)
def test_bodies(post, action, expected):
    """Each action quotes what its name says, foreign text unchanged and never run."""
    _, calls = post.perform(f"{action}[name=web, {TO}]", BAN)
    assert expected in mails(calls)[-1].get_payload()


@pytest.mark.parametrize(
    ("action", "more", "expected"),
    [
        ("sendmail-whois-lines", TO, ["1 192.0.2.1 x", "4 192.0.2.1 y"]),
        ("sendmail-geoip-lines", TO, ["1 192.0.2.1 x", "4 192.0.2.1 y"]),
        ("mail-whois-lines", "dest=me", ["1 192.0.2.1 x", "4 192.0.2.1 y"]),
        ("mail-whois-lines", "greplimit='tail -n 1'", ["4 192.0.2.1 y"]),
    ],
)
def test_lines_of_the_log(post, tmp_path, action, more, expected):
    """Whole addresses are looked for in all files of the jail, and the last lines are quoted."""
    (tmp_path / "a.log").write_text("1 192.0.2.1 x\n2 192.0.2.10 y\n3 1192.0.2.1 y\n")
    (tmp_path / "b.log").write_text("4 192.0.2.1 y\n")
    logs = f'logpath="{tmp_path}/a.l*\n    {tmp_path}/b.log tail\n    {tmp_path}/none.log"'
    _, calls = post.perform(f"{action}[name=web, {logs}, {more}]", BAN)
    heading = "Lines containing failures of 192.0.2.1 (max 1000):\n"
    quoted = calls[-1].stdin.partition(heading)[2].splitlines()
    assert [line.partition(".log:")[2] for line in quoted] == expected


def test_mail_gets_the_body_only(post):
    """The program mail has subject and recipient as arguments."""
    _, calls = post.perform("mail[name=web, dest=me]", BAN, ["stop"])
    subjects = [f"started  on {HOST}", f"banned {IP} from {HOST}", f"stopped on {HOST}"]
    assert [call.words for call in calls] == [
        ["mail", "-E", "set escape", "-s", f"[Fail2Ban] web: {subject}", "me"]
        for subject in subjects
    ]
    assert calls[1].stdin.startswith(f"Hello, {IP} has been banned")


@pytest.mark.parametrize("action", ["mail-whois", "mail-whois-lines"])
def test_mail_with_whois(post, action):
    """The answer of whois is quoted."""
    _, calls = post.perform(f"{action}[name=web]", BAN)
    assert "owner: Evil\n" in calls[-1].stdin


@pytest.mark.parametrize(
    ("action", "summary"),
    [
        ("mail-buffered", f"[Fail2Ban] web: Summary from {HOST}"),
        ("sendmail-buffered", f"[Fail2Ban] web: summary from {HOST}"),
    ],
)
def test_bans_are_collected(post, tmp_path, action, summary):
    """A mail is sent at the given number of bans, and at the stop for the rest."""
    steps = [["ban", f"192.0.2.{n}"] for n in range(1, 6)]
    to = f", {TO}" if action.startswith("sendmail") else ""
    _, calls = post.perform(
        f"{action}[name=web, lines=2, tmpfile={tmp_path}/t{to}]", *steps, ["stop"]
    )
    told = [(c.stdin.count("failures)"), summary in c.stdin + " ".join(c.words)) for c in calls]
    assert told == [(0, False), (2, True), (2, True), (1, True), (0, False)]
    assert not (tmp_path / "t").exists()


def test_nothing_is_sent_for_restored_bans(post):
    """A restart of the server is no news."""
    _, calls = post.perform(f"sendmail-whois[{TO}]", ["ban", IP, {"restored": True}])
    assert len(mails(calls)) == 1


def test_a_missing_whois_is_noted(tmp_path):
    """The mail is sent without its answer."""
    post = StandIns(tmp_path, sendmail="")
    post.link(*TOOLS)
    found, calls = post.perform(f"sendmail-whois[{TO}]", BAN, alone=True)
    assert (found, "(there is no program whois on this host)" in calls[-1].stdin) == ([[""]], True)


def test_a_hanging_whois_is_noted(tmp_path):
    """It is ended after some seconds, and the mail is sent."""
    post = StandIns(
        tmp_path, sendmail="", whois="sleep 1000", timeout='shift; exec /usr/bin/timeout 0.1 "$@"'
    )
    found, calls = post.perform(f"sendmail-whois[{TO}]", BAN)
    assert (found, "(whois failed)" in calls[-1].stdin) == ([[""]], True)


def test_a_hanging_mail_program_is_ended(tmp_path):
    """A mail program that never comes back is given half a minute, then the action has failed."""
    post = StandIns(tmp_path, timeout='echo "$@" >&2; exit 124')
    found, calls = post.perform("sendmail[dest=root, sender=x]", BAN)
    assert found[0] != [""]
    assert calls[0].words == ["timeout", "30", "/usr/sbin/sendmail", "-f", "x", "root"]


def test_an_id_cannot_add_headers(post):
    """A line break in what is banned does not reach the head of the mail."""
    _, calls = post.perform(f"sendmail[{TO}]", ["ban", "x\nBcc: evil@example.org\n\nhello"])
    mail = mails(calls)[-1]
    assert (mail["Bcc"], mail["Subject"]) == (
        None,
        f"[Fail2Ban] web: banned xBcc: evil@example.orghello from {HOST}",
    )


@pytest.mark.parametrize("action", ["complain", "xarf-login-attack[service=ssh, mailcmd=sendmail]"])
def test_complaints_go_to_the_contact_that_the_dns_knows(tmp_path, action):
    """Only mail addresses are taken from the answer, which the owner of the network wrote."""
    answer = r"""echo '"abuse@isp.example, -oQ/tmp x@y.example; $(id) noc@isp.example"'"""
    post = StandIns(tmp_path, dig=answer, mail="", sendmail="")
    _, calls = post.perform(action, BAN)
    assert calls[0].words[-1] == "1.2.0.192.abuse-contacts.abusix.org"
    assert calls[1].words[-3:] == ["abuse@isp.example", "x@y.example", "noc@isp.example"]


@pytest.mark.parametrize("action", ["complain", "xarf-login-attack"])
def test_without_a_contact_nothing_is_sent(tmp_path, action):
    """An address whose network has no abuse contact is no error."""
    found, calls = StandIns(tmp_path, dig="", mail="", sendmail="").perform(action, BAN)
    assert (found, [call.words[0] for call in calls]) == ([[""]], ["dig"])


def test_a_complaint_quotes_the_log(tmp_path):
    """The text is the message of the parameters, with line ends, and the lines."""
    log = tmp_path / "x.log"
    log.write_text("192.0.2.1 did it\n")
    post = StandIns(tmp_path, dig="echo a@b.example", mail="")
    _, calls = post.perform(f"complain[logpath={log}]", BAN)
    assert calls[1].words[:5] == ["mail", "-E", "set escape", "-s", "Abuse from 192.0.2.1"]
    assert "abuse from the address 192.0.2.1 of your network" in calls[1].stdin
    assert calls[1].stdin.endswith("192.0.2.1 did it\n")


def test_an_xarf_report_has_three_parts(tmp_path):
    """Words, a report for programs, and the lines."""
    post = StandIns(tmp_path, dig="echo a@b.example", sendmail="")
    _, calls = post.perform(
        'xarf-login-attack[service=ssh, sender=me@example.org, port="22", mailcmd=sendmail]', BAN
    )
    assert calls[1].words == ["sendmail", "-f", "me@example.org", "a@b.example"]
    mail = email.message_from_string(calls[1].stdin)
    text, report, lines = mail.get_payload()
    assert (mail["From"], mail["Subject"]) == ("me@example.org", "abuse report about 192.0.2.1")
    assert "failed logins from 192.0.2.1 against our service ssh" in text.get_payload()
    told = dict(row.split(": ", 1) for row in report.get_payload().splitlines() if ": " in row)
    assert (
        told["Report-Type"],
        told["Version"],
        told["Source"],
        told["Occurrences"],
        told["Port"],
    ) == (
        "login-attack",
        "0.2",
        IP,
        "5",
        "22",
    )
    assert lines.get_payload().splitlines()[:2] == list(LINES)
    assert [part.get_filename() for part in (report, lines)] == ["report.txt", "logfile.log"]


def test_dshield_collects_lines(tmp_path):
    """A report of tab-separated fields is mailed when there are enough of them."""
    post = StandIns(tmp_path, mail="")
    action = f"dshield[userid=7, port=22, myip=198.51.100.7, lines=2, tmpfile={tmp_path}/t]"
    _, calls = post.perform(action, BAN, ["ban", "192.0.2.2"], ["ban", "192.0.2.3"], ["stop"])
    assert [call.words[4].split()[:4] for call in calls] == [
        ["FORMAT", "DSHIELD", "USERID", "7"]
    ] * 2
    rows = [line.split("\t") for call in calls for line in call.stdin.splitlines()]
    assert [row[1:] for row in rows] == [
        ["7", "5", f"192.0.2.{n}", "???", "198.51.100.7", "22", "tcp", ""] for n in (1, 2, 3)
    ]


def test_apprise(tmp_path):
    """Title and text of a notice; a ban is a warning."""
    post = StandIns(tmp_path, apprise="")
    _, calls = post.perform("apprise[config=/x.conf, args='--tag me']", BAN)
    start = ["apprise", "-c", "/x.conf", "--tag", "me"]
    assert [call.words for call in calls] == [
        [*start, "--title", f"[Fail2Ban] web: started on {HOST}"],
        [
            *start,
            "--notification-type",
            "warning",
            "--title",
            f"[Fail2Ban] web: banned {IP} from {HOST}",
        ],
    ]
    assert calls[1].stdin == f"{IP} has been banned by the jail web after 5 failure(s)."


class Server(threading.Thread):
    """A mail server on loopback that takes one message."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.commands, self.message = [], ""
        self.start()

    def run(self):
        talk, _ = self.listener.accept()
        with talk, self.listener, talk.makefile("rwb") as stream:
            self._say(stream, "220 hello")
            for line in iter(stream.readline, b""):
                command = line.decode().strip()
                self.commands.append(command)
                answers = {"data": "354 go on", "quit": "221 bye"}
                self._say(stream, answers.get(command.lower(), "250 fine"))
                if command == "data":
                    rows = iter(lambda: stream.readline().decode().rstrip("\r\n"), ".")
                    self.message = "\n".join(rows)
                    self._say(stream, "250 fine")

    @staticmethod
    def _say(stream, text):
        stream.write(f"{text}\r\n".encode())
        stream.flush()


@pytest.fixture(name="server")
def _server():
    """A mail server."""
    return Server()


def taken(server):
    """The message that the server took, once the connection is over."""
    server.join(timeout=20)
    return email.message_from_string(server.message)


def test_smtp_sends_a_mail_for_a_ban(server):
    """The Python action speaks SMTP, to all recipients, and quotes the lines."""
    action = f"smtp.py[host=127.0.0.1:{server.port}, sender=a@b.example, dest='x@y.example, z@y.example', matches=matches]"
    assert asyncio.run(perform(action, [BAN])) == [[""]]
    mail = taken(server)
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        f"[Fail2Ban] web: banned {IP} from {HOST}",
        "Fail2Ban <a@b.example>",
        "x@y.example, z@y.example",
    )
    assert "\n".join(LINES) in mail.get_payload()
    assert [c.lower() for c in server.commands if c.startswith("rcpt")] == [
        "rcpt to:<x@y.example>",
        "rcpt to:<z@y.example>",
    ]


@pytest.mark.parametrize("step", ["start", "stop"])
def test_smtp_tells_of_start_and_stop(server, step):
    """A mail for each."""
    asyncio.run(perform(f"smtp.py[host=127.0.0.1:{server.port}]", [[step]]))
    assert (
        taken(server)["Subject"] == f"[Fail2Ban] web: {step + 'p' * (step == 'stop')}ed on {HOST}"
    )


def test_smtp_headers_cannot_be_added_to(server):
    """A line break in what is banned stays out of the head of the mail."""
    evil = ["ban", "x\r\nBcc: evil@example.org"]
    asyncio.run(perform(f"smtp.py[host=127.0.0.1:{server.port}]", [evil]))
    mail = taken(server)
    assert (mail["Bcc"], mail["Subject"]) == (
        None,
        f"[Fail2Ban] web: banned xBcc: evil@example.org from {HOST}",
    )


def test_smtp_says_nothing_of_restored_bans():
    """A restart of the server is no news: nobody is even connected to."""
    steps = [["ban", IP, {"restored": True}]]
    assert asyncio.run(perform("smtp.py[host=127.0.0.1:1]", steps)) == [[""]]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", ("localhost", 25)),
        ("mail.example:587", ("mail.example", 587)),
        ("[::1]:26", ("::1", 26)),
        ("[::1]", ("::1", 25)),
        ("::1", ("::1", 25)),
    ],
)
def test_smtp_hosts(host, expected):
    """A host may have a port, and need not."""
    instance = shell_action(f'smtp.py[host="{host}"]').desk.instance
    assert (instance.host, instance.port) == expected


@pytest.mark.parametrize(("option", "value"), [("host", "mail.example:smtp"), ("matches", "all")])
def test_smtp_refuses_what_it_does_not_know(option, value):
    """A wrong parameter is told by name and value."""
    with pytest.raises(ActionError, match=f"{option}: found '{value}'"):
        shell_action(f'smtp.py[{option}="{value}"]')
