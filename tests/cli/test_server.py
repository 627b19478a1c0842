"""The server is started, seen and stopped as a user does it: by real processes."""

import grp
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from banward.cli.client_link import Link, answers
from cli.servers import START_SECONDS, RealServer, environment, serving, wait_for_end

FILES = {
    "etc/fail2ban.conf": "[DEFAULT]\nlogtarget = {DIR}/f2b.log\ndbfile = {DIR}/f2b.sqlite3\n"
    "socket = {DIR}/f2b.sock\npidfile = {DIR}/f2b.pid\n[Definition]\n",
    "etc/jail.conf": "[j1]\nenabled = true\nbackend = polling\nfilter = f\nlogpath = {DIR}/a.log\n",
    "etc/filter.d/f.conf": "[Definition]\nfailregex = ^ fail <HOST>$\n",
    "a.log": "",
}


@pytest.fixture
def server() -> Iterator[RealServer]:
    """A configuration; whatever was started with it is stopped at the end."""
    with serving(FILES) as made:
        yield made


def run(server: RealServer, *words: str, program: str = "client") -> tuple[int, str, list[str]]:
    """Exit code, standard output, and the messages on standard error, warnings left out."""
    done = subprocess.run(
        [sys.executable, "-m", f"banward.cli.{program}", *server.base, *words],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
        timeout=60,
    )
    errors = [line.partition("]: ")[2] or line for line in done.stderr.splitlines()]
    return done.returncode, done.stdout, [e for e in errors if not e.startswith("WARNING")]


@pytest.mark.parametrize(
    ("program", "words"), [("client", ["start"]), ("server", ["start"]), ("server", [])]
)
def test_a_server_runs_in_the_background(
    server: RealServer, program: str, words: list[str]
) -> None:
    """It is started once, leaves the terminal, and is stopped by the client."""
    assert run(server, *words, program=program) == (0, "Server ready\n", [])
    pid = server.pid
    assert os.getsid(pid) != os.getsid(0)
    assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    assert {Path(f"/proc/{pid}/fd/{n}").readlink() for n in range(3)} == {Path("/dev/null")}
    assert run(server, "status", program=program)[1].endswith("Jail list:\tj1\n")
    assert run(server, "start") == (255, "", ["ERROR   Server already running"])
    assert run(server, "-x", "start") == (255, "", ["ERROR   Server already running"])
    assert run(server, "stop") == (0, "Shutdown successful\n", [])
    wait_for_end(pid)
    assert not Path(server.socket).exists()
    assert not (server.folder / "f2b.pid").exists()


def test_files_of_the_server_are_private(server: RealServer) -> None:
    """Socket, pid file, log and database, whatever the umask of the user is (1.1)."""
    before = os.umask(0)
    try:
        run(server, "start")
    finally:
        os.umask(before)
    modes = {file.name: file.stat().st_mode & 0o777 for file in server.folder.iterdir()}
    assert modes["f2b.sock"] == 0o700
    assert {modes["f2b.pid"], modes["f2b.log"], modes["f2b.sqlite3"]} == {0o600}


def test_a_restart_keeps_the_configuration_fresh(server: RealServer) -> None:
    """It stops, reads all files again, and starts; a server that was down is started."""
    assert run(server, "restart")[0:2] == (0, "Server ready\n")
    first = server.pid
    jail = FILES["etc/jail.conf"].replace("[j1]", "[j9]")
    server.write("etc/jail.conf", jail)
    assert run(server, "restart") == (0, "Shutdown successful\nServer ready\n", [])
    assert server.pid != first
    assert run(server, "status")[1].endswith("Jail list:\tj9\n")


def test_a_socket_that_was_left_is_removed_on_request(server: RealServer) -> None:
    """A server that was killed leaves it; ``-x`` goes on all the same (1.4)."""
    run(server, "start")
    os.kill(server.pid, signal.SIGKILL)
    wait_for_end(server.pid)
    assert Path(server.socket).is_socket()
    left = "Fail2ban seems to be in unexpected state (not running but the socket exists)"
    assert run(server, "start") == (255, "", [f"ERROR   {left}"])
    assert run(server, "-x", "start") == (0, "Server ready\n", [])


def test_a_start_that_fails_is_told_at_once(server: RealServer) -> None:
    """With the reason; the client does not wait until its time is over."""
    code, out, errors = run(server, "--logtarget", "/nonexistent/x.log", "start")
    assert (code, out) == (255, "")
    assert errors[-2] == "ERROR   Failed to start server"
    assert errors[-1].startswith("ERROR   Could not start server. ")
    assert "Failed to change log target" in errors[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_a_server(server: RealServer, number: signal.Signals) -> None:
    """In good order, with exit code 0 (1.6)."""
    server.start()
    assert server.process
    server.process.send_signal(number)
    assert server.process.wait(START_SECONDS) == 0
    assert not Path(server.socket).exists()
    assert server.log()[-1].endswith("Exiting Fail2ban")


def test_other_signals_do_not_end_a_server(server: RealServer) -> None:
    """SIGUSR1 reopens the log, SIGHUP is nothing."""
    server.start()
    assert server.process
    (server.folder / "f2b.log").rename(server.folder / "old.log")
    server.process.send_signal(signal.SIGHUP)
    server.process.send_signal(signal.SIGUSR1)
    end = time.monotonic() + START_SECONDS
    while not server.log():
        assert time.monotonic() < end
        time.sleep(0.02)
    assert "rollover performed on" in server.log()[0]
    assert answers(server.socket)


def test_the_main_thread_has_the_name_that_is_given(server: RealServer) -> None:
    """Up to 15 bytes of it; only for a server that is started directly (1.3)."""
    words = [
        sys.executable,
        "-m",
        "banward.cli.server",
        *server.base,
        "--pname",
        "f2b-of-the-company",
    ]
    with subprocess.Popen([*words, "-f"], stdout=subprocess.PIPE, env=environment()) as process:
        assert process.stdout
        assert process.stdout.readline() == b"Server ready\n"
        assert Path(f"/proc/{process.pid}/comm").read_text() == "f2b-of-the-comp\n"
        run(server, "stop")
        assert process.wait(START_SECONDS) == 0


def test_a_jail_that_is_broken_does_not_stop_the_others(server: RealServer) -> None:
    """It is told on standard error, and the server runs (1.4)."""
    more = "[j2]\nenabled = true\nfilter = nosuch\nlogpath = {DIR}/a.log\n"
    server.write("etc/jail.local", more)
    code, out, errors = run(server, "start")
    assert (code, out) == (0, "Server ready\n")
    assert errors[-1] == "ERROR   Errors in jail 'j2'. Skipping..."
    assert run(server, "status")[1].endswith("Jail list:\tj1\n")


def test_a_jail_with_a_mistake_in_its_text_does_not_stop_the_others(server: RealServer) -> None:
    """fail2ban would refuse all; here the rest runs, the log names the place, and -t fails."""
    server.write("etc/jail.local", "[j2]\nenabled = true\nfilter = %(nowhere)s\n")
    server.start()
    with Link(server.socket) as link:
        assert link.ask(["status"])[1][1] == ("Jail list", "j1")
    assert "'nowhere'" in (server.folder / "f2b.log").read_text()
    words = [sys.executable, "-m", "banward.cli.client", *server.base, "-t"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 255


@pytest.mark.parametrize("program", ["client", "server"])
def test_a_configuration_without_use_starts_nothing(server: RealServer, program: str) -> None:
    """If no jail could run, there is no server."""
    server.write("etc/jail.conf", "[j1]\nenabled = true\nfilter = nosuch\nlogpath = {DIR}/a.log\n")
    code, out, errors = run(server, "start", program=program)
    assert (code, out) == (255, "")
    assert (errors[-1] == "ERROR   Async configuration of server failed") == (program == "server")
    assert not Path(server.socket).exists()


def test_usage_errors_are_those_of_the_client(server: RealServer) -> None:
    """The server has the same options (1.3)."""
    code, out, errors = run(server, "-Z", program="server")
    assert (code, errors) == (255, ["Init of command line failed"])
    assert out.startswith("Usage: fail2ban-server [OPTIONS]\n")


def test_another_user_gets_in_only_by_the_group(server: RealServer) -> None:
    """``socket_group`` opens the socket, ``socket_readonly`` a second one that shows only."""
    group = grp.getgrgid(os.getgid()).gr_name
    server.write(
        "etc/banward.conf",
        f"[Definition]\nsocket_group = {group}\nsocket_readonly = {{DIR}}/ro.sock\n",
    )
    assert run(server, "start")[0] == 0
    assert Path(server.socket).stat().st_mode & 0o777 == 0o770
    with Link(f"{server.folder}/ro.sock") as link:
        assert link.ask(["ping"]) == (0, "pong")
        assert link.ask(["stop"])[0] == 1


def test_a_missing_log_harms_only_its_jail(server: RealServer) -> None:
    """The exit code tells of it as fail2ban's does (1.4), and the other jails run.

    So does this one, as soon as its log is there.
    """
    more = "[j2]\nenabled = true\nfilter = f\nlogpath = {DIR}/later.log\n"
    server.write("etc/jail.conf", FILES["etc/jail.conf"] + more)
    code, out, errors = run(server, "start")
    assert (code, out) == (255, "")
    assert errors[-1].endswith("Have not found any log file for 'j2' jail.")
    assert run(server, "status")[1].endswith("Jail list:\tj1, j2\n")
    server.write("later.log", "")
    end = time.monotonic() + START_SECONDS
    while f"{server.folder}/later.log" not in run(server, "status", "j2")[1]:
        assert time.monotonic() < end
        time.sleep(0.02)


def test_nothing_runs_if_no_jail_is_sound(server: RealServer) -> None:
    """The start is refused (1.4)."""
    server.write("etc/jail.conf", "[j1]\nenabled = true\nfilter = none\nlogpath = {DIR}/a.log\n")
    assert run(server, "start")[0:2] == (255, "")
    assert not Path(server.socket).exists()


def test_both_processes_may_be_one(server: RealServer) -> None:
    """With ``--single`` the server has no process below it that reads the logs."""
    assert run(server, "--single", "start") == (0, "Server ready\n", [])
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text()
    assert children == ""
    assert run(server, "status", "j1")[0] == 0


def test_what_the_server_refuses_harms_only_its_jail(server: RealServer) -> None:
    """A reload leaves it as it was, a start leaves it out; both tell where it is written, and fail."""
    more = "[j2]\nenabled = true\nfilter = f\nlogpath = {DIR}/a.log\nmaxretry = 4\n"
    server.write("etc/jail.local", more)
    assert run(server, "start")[0] == 0
    assert run(server, "set", "j2", "banip", "192.0.2.1")[:2] == (0, "1\n")
    refused = "bantime.increment = true\nbantime.formula = open(ban.Time)\n"
    server.write("etc/jail.local", more.replace("= 4", "= 5") + refused + "[j1]\nmaxretry = 6\n")
    place = "etc/jail.local:7: [j2] bantime.formula"
    code, out, errors = run(server, "reload")
    assert (code, "Jail 'j2' skipped" in out) == (255, True)
    assert [error for error in errors if place in error]
    shown = [run(server, "get", name, "maxretry")[1] for name in ("j1", "j2")]
    assert shown == ["6\n", "4\n"]
    assert run(server, "get", "j2", "banip")[1] == "192.0.2.1\n"
    run(server, "stop")
    code, out, errors = run(server, "start")
    assert (code, out) == (255, "Server ready\n")
    assert [error for error in errors if place in error]
    assert run(server, "status")[1].endswith("Jail list:\tj1\n")


@pytest.mark.parametrize(("allowed", "families"), [("yes", "inet4 inet6"), ("no", "inet4")])
def test_where_ipv6_is_not_allowed_no_action_starts_for_it(
    server: RealServer, allowed: str, families: str
) -> None:
    """``allowipv6`` of fail2ban.conf reaches the actions (1.2, 4.4)."""
    server.write("etc/fail2ban.local", f"[Definition]\nallowipv6 = {allowed}\n")
    server.write(
        "etc/action.d/note.conf",
        "[Definition]\nactionstart = printf '<kind> ' >> {DIR}/note\nactionstart_on_demand = no\n"
        "[Init]\nkind = inet4\n[Init?family=inet6]\nkind = inet6\n",
    )
    server.write("etc/jail.local", "[j1]\naction = note\n")
    server.start()
    server.stop()
    assert (server.folder / "note").read_text().split() == families.split()


def test_an_action_that_hangs_delays_a_stop_no_longer_than_its_timeout(server: RealServer) -> None:
    """The log says which command it was; other jails stop meanwhile (4.2)."""
    server.write(
        "etc/action.d/hang.conf",
        "[Definition]\nactionstop = sleep 600\nactionstart_on_demand = no\n[Init]\ntimeout = 1\n",
    )
    more = "[j2]\nenabled = true\nfilter = f\nlogpath = {DIR}/a.log\n"
    server.write("etc/jail.local", f"[j1]\naction = hang\n{more}")
    server.start()
    assert run(server, "stop") == (0, "Shutdown successful\n", [])
    log = [line.partition("]: ")[2] for line in server.log()]
    assert [line for line in log if "-- exec: sleep 600" in line]
    assert [line for line in log if "-- timed out after 1 seconds." in line]
    ended = [line for line in log if line.endswith("stopped") and "Jail" in line]
    assert [line.partition("Jail ")[2] for line in ended] == ["'j2' stopped", "'j1' stopped"]
    assert any("Failed to stop jail 'j1' action 'hang'" in line for line in log)


def test_jails_work_side_by_side_and_each_in_order(server: RealServer) -> None:
    """The bans of one jail wait for those of another, which could not be one after the other (4.2)."""
    addresses = ["192.0.2.1", "192.0.2.2"]
    for address in addresses:
        os.mkfifo(server.folder / address)
    note = "echo <name> <ip> >> {DIR}/bans"
    waits = f"[Definition]\nactionunban = true\nactionban = cat {{DIR}}/<ip> && {note}\n"
    frees = f"[Definition]\nactionunban = true\nactionban = {note} && echo > {{DIR}}/<ip>\n"
    server.write("etc/action.d/wait.conf", f"{waits}[Init]\ntimeout = 20\n")
    server.write("etc/action.d/free.conf", f"{frees}[Init]\ntimeout = 20\n")
    more = "[j2]\nenabled = true\nfilter = f\nlogpath = {DIR}/a.log\naction = free\n"
    server.write("etc/jail.local", f"[j1]\naction = wait\n{more}")
    server.start()
    words = [sys.executable, "-m", "banward.cli.client", *server.base, "set", "j1", "banip"]
    with subprocess.Popen([*words, *addresses], stdout=subprocess.PIPE, text=True) as waiting:
        assert run(server, "set", "j2", "banip", *addresses) == (0, "2\n", [])
        assert waiting.communicate(timeout=START_SECONDS)[0] == "2\n"
    noted = (server.folder / "bans").read_text().splitlines()
    for jail in ("j1", "j2"):
        assert [line for line in noted if jail in line] == [f"{jail} {a}" for a in addresses]
