"""The control socket serves many clients, each in order, and keeps the hostile out."""

import asyncio
import contextlib
import os
import pickle
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from banward.control import socket as control_socket
from banward.control import wire
from banward.control.commands import Dispatcher
from banward.control.failure import Failure
from banward.control.framing import CLOSE, END, LIMIT, Splitter
from banward.control.socket import ControlSocket
from control.desks import FakeDesk


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.splitter = Splitter()
        self.answers: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> Any:
        """The next answer, or None if the server closed."""
        while not self.answers:
            data = await asyncio.wait_for(self.reader.read(65536), 10)
            if not data:
                return None
            self.answers += self.splitter.feed(data)
        return wire.decode_answer(self.answers.pop(0))

    async def ask(self, *words: Any) -> Any:
        self.send(pickle.dumps(list(words)) + END)
        return await self.answer()


class Server:
    """A served socket, and clients of it."""

    def __init__(self, desk: FakeDesk, path: Path) -> None:
        self.desk, self.path = desk, path
        self.socket = ControlSocket(Dispatcher(desk), str(path))
        self.clients: list[Client] = []

    async def connect(self) -> Client:
        self.clients.append(Client(*await asyncio.open_unix_connection(str(self.path))))
        return self.clients[-1]


Test = Callable[[Server], Awaitable[None]]


@pytest.fixture
def serve(runner: asyncio.Runner, desk: FakeDesk, tmp_path: Path) -> Callable[[Test], None]:
    """Run a test against a served socket."""

    async def run(test: Test) -> None:
        server = Server(desk, tmp_path / "f2b.sock")
        await server.socket.open()
        try:
            await test(server)
        finally:
            await server.socket.close()
            for client in server.clients:
                client.writer.close()
        assert not server.path.exists()

    return lambda test: runner.run(run(test))


def test_one_connection_carries_many_requests(serve) -> None:
    """Exporters connect once and never say goodbye (6.5)."""

    async def test(server: Server) -> None:
        client = await server.connect()
        for _ in range(3):
            assert await client.ask("ping") == (0, "pong")
        assert await client.ask("status", "nosuch") == (
            1,
            Failure("fail2ban.exceptions.UnknownJailException", ("nosuch",)),
        )

    serve(test)


def test_requests_may_come_in_any_pieces(serve) -> None:
    """Byte by byte, several in a packet, the marker apart."""

    async def test(server: Server) -> None:
        client = await server.connect()
        request = pickle.dumps(["ping"]) + END
        for byte in request:
            client.send(bytes([byte]))
            await client.writer.drain()
        assert await client.answer() == (0, "pong")
        client.send(request + request)
        assert [await client.answer(), await client.answer()] == [(0, "pong")] * 2

    serve(test)


def test_a_half_closed_connection_gets_its_answer(serve) -> None:
    """Then the server closes too."""

    async def test(server: Server) -> None:
        client = await server.connect()
        client.send(pickle.dumps(["ping"]) + END)
        client.writer.write_eof()
        assert await client.answer() == (0, "pong")
        assert await client.answer() is None

    serve(test)


def test_the_close_command_closes_without_an_answer(serve) -> None:
    """What came before it is answered."""

    async def test(server: Server) -> None:
        client = await server.connect()
        client.send(pickle.dumps(["ping"]) + END + CLOSE + END)
        assert await client.answer() == (0, "pong")
        assert await client.answer() is None

    serve(test)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (b"hello", "ERROR: Memo value not found at index 101"),
        (b"", "ERROR: Ran out of input"),
        (b'["ping"]', "ERROR: invalid load key, '['."),
    ],
)
def test_what_is_no_request_is_answered_with_a_text(serve, caplog, message, text) -> None:
    """The connection stays usable (6.4)."""

    async def test(server: Server) -> None:
        client = await server.connect()
        client.send(message + END)
        assert await client.answer() == text
        assert await client.ask("ping") == (0, "pong")

    serve(test)
    assert caplog.messages == [text.replace("ERROR:", "PROTO-error: load message failed:")]


def test_a_hostile_request_ends_the_conversation(serve, caplog, tmp_path: Path) -> None:
    """Nothing of it is run, and what was sent after it is not either."""

    class Exploit:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "was-here"),)

    async def test(server: Server) -> None:
        client = await server.connect()
        client.send(pickle.dumps([Exploit()]) + END + pickle.dumps(["stop"]) + END)
        assert await client.answer() == "ERROR: global 'posix.mkdir' is forbidden"
        assert await client.answer() is None
        assert await (await server.connect()).ask("ping") == (0, "pong")

    serve(test)
    assert not (tmp_path / "was-here").exists()
    assert caplog.messages == [
        "PROTO-error: load message failed: global 'posix.mkdir' is forbidden"
    ]


def test_endless_bytes_end_the_conversation(serve, monkeypatch) -> None:
    """A message has a limit."""
    monkeypatch.setattr(control_socket, "Splitter", lambda: Splitter(limit=1000))

    async def test(server: Server) -> None:
        client = await server.connect()
        client.send(b"x" * 2000)
        assert await client.answer() == "ERROR: no end of the message within 1000 bytes"
        assert await client.answer() is None

    serve(test)
    assert LIMIT > 1_000_000


def test_a_result_that_can_not_be_sent_is_an_error_text(serve, desk, caplog) -> None:
    """As the reference answers it (6.4)."""
    desk.flush_logs = object

    async def test(server: Server) -> None:
        client = await server.connect()
        assert await client.ask("flushlogs") == "ERROR: a value of type object can't be sent"
        assert await client.ask("ping") == (0, "pong")

    serve(test)
    assert caplog.messages == ["Caught unhandled exception: a value of type object can't be sent"]


def test_a_slow_command_keeps_no_other_client_waiting(serve, desk) -> None:
    """Nor do clients that are silent."""

    async def test(server: Server) -> None:
        desk.jails["j1"].slow.clear()
        slow, *silent, quick = [await server.connect() for _ in range(50)]
        slow.send(pickle.dumps(["set", "j1", "banip", "192.0.2.1"]) + END)
        assert await quick.ask("ping") == (0, "pong")
        assert (await quick.ask("status", "j1"))[0] == 0
        assert slow.answers == []
        desk.jails["j1"].slow.set()
        assert await slow.answer() == (0, 1)
        assert await silent[0].ask("ping") == (0, "pong")

    serve(test)


def test_long_requests_and_answers_are_read_and_written_in_threads(
    serve, desk, monkeypatch
) -> None:
    """The event loop serves others meanwhile; what is short is done by itself.

    Fails without ``_decoded``, or without ``is_long`` in ``_encoded``.
    """
    threads: dict[str, list[bool]] = {"read": [], "written": []}

    def noted(what: str, call: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def do(value: Any) -> Any:
            threads[what].append(threading.current_thread() is threading.main_thread())
            return call(value)

        return do

    monkeypatch.setattr(wire, "decode_request", noted("read", wire.decode_request))
    monkeypatch.setattr(wire, "encode", noted("written", wire.encode))
    many = [f"198.18.{n >> 8}.{n & 255}" for n in range(10_000)]

    async def test(server: Server) -> None:
        client = await server.connect()
        assert await client.ask("set", "j1", "banip", *many) == (0, len(many))
        assert await client.ask("get", "j1", "banned") == (0, many)

    serve(test)
    assert threads == {"read": [False, True], "written": [True, False]}


def test_a_client_that_leaves_harms_nobody(serve, desk) -> None:
    """Its command is done all the same."""

    async def test(server: Server) -> None:
        desk.jails["j1"].slow.clear()
        gone, other = await server.connect(), await server.connect()
        gone.send(pickle.dumps(["set", "j1", "banip", "192.0.2.1"]) + END)
        assert await other.ask("ping") == (0, "pong")
        gone.writer.transport.abort()
        desk.jails["j1"].slow.set()
        while not desk.jails["j1"].held:
            await other.ask("ping")
        assert await other.ask("get", "j1", "banned") == (0, ["192.0.2.1"])

    serve(test)


def test_others_hear_of_the_shutdown(serve, desk) -> None:
    """While it goes on they get a list instead of a pair; at its end the first is answered."""

    async def test(server: Server) -> None:
        desk.released.clear()
        stopper, other = await server.connect(), await server.connect()
        stopper.send(pickle.dumps(["stop"]) + END)
        while (answer := await other.ask("ping")) != ["SHUTDOWN"]:
            assert answer == (0, "pong")
        desk.released.set()
        assert await stopper.answer() == (0, None)
        assert await stopper.answer() is None

    serve(test)


def test_the_last_answer_is_sent_before_the_socket_closes(serve, desk) -> None:
    """The server ends as soon as the desk is done, and the client still gets its answer."""

    async def test(server: Server) -> None:
        desk.released.clear()
        stopper, idle = await server.connect(), await server.connect()
        stopper.send(pickle.dumps(["stop"]) + END)
        while not desk.stopping:
            await idle.ask("ping")
        closing = asyncio.create_task(server.socket.close())
        await asyncio.sleep(0)
        desk.released.set()
        assert await stopper.answer() == (0, None)
        await closing
        assert await idle.answer() is None

    serve(test)


def test_a_read_only_socket_refuses_changes(runner, desk, tmp_path: Path) -> None:
    """It shows everything else."""

    async def test() -> None:
        server = Server(desk, tmp_path / "ro.sock")
        server.socket = ControlSocket(Dispatcher(desk), str(server.path), readonly=True)
        await server.socket.open()
        client = await server.connect()
        assert await client.ask("ping") == (0, "pong")
        code, failure = await client.ask("stop")
        assert (code, failure.text) == (1, "Command 'stop' is refused on a read-only socket")
        client.writer.close()
        await server.socket.close()

    runner.run(test())


def test_a_stranger_is_cut_off(serve, monkeypatch, caplog) -> None:
    """Even where the rights of the file would let him in."""
    monkeypatch.setattr(control_socket.Peer, "may_connect", lambda *_: False)

    async def test(server: Server) -> None:
        client = await server.connect()
        client.send(pickle.dumps(["ping"]) + END)
        with contextlib.suppress(ConnectionResetError):
            assert await client.answer() is None

    serve(test)
    assert caplog.messages[0].startswith(f"Refused a client with user id {os.getuid()}")
