"""The captured exchanges of the reference, sent to a real server of ours (wire-cases.json)."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from banward.control import wire
from banward.control.failure import Failure
from banward.control.framing import Splitter
from cli.servers import RealServer

CASES = json.loads((Path(__file__).parents[1] / "data/wire-cases.json").read_text())


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, tuple[list[Any], bool]]]:
    """What the server answered to each exchange, and whether it closed; they are in order."""
    server = RealServer(CASES["setup"]["files"])
    try:
        server.start()
        yield {case["name"]: exchange(server, case) for case in CASES["exchanges"]}
        server.stop()
    finally:
        server.remove()


def exchange(server: RealServer, case: dict[str, Any]) -> tuple[list[Any], bool]:
    """Send the packets of a case on a connection of its own."""
    expected, splitter, found = len(as_list(case["response_value"])), Splitter(), []
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(server.socket)
        for packet in as_list(case["request_hex"]):
            connection.sendall(bytes.fromhex(packet))
        while len(found) < expected and (data := connection.recv(65536)):
            found += [wire.decode_answer(message) for message in splitter.feed(data)]
        connection.settimeout(10 if case["closed_by_server"] else 0.05)
        try:
            closed = connection.recv(1) == b""
        except TimeoutError:
            closed = False
    return [shown(answer, str(server.folder)) for answer in found], closed


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def shown(value: Any, folder: str) -> str:
    """An answer as the cases write it, with their folder."""
    match value:
        case (1, Failure() as failure):
            return f"(1, {failure!r})".replace(folder, CASES["setup"]["DIR"])
    return repr(value).replace(folder, CASES["setup"]["DIR"])


@pytest.mark.parametrize("case", CASES["exchanges"], ids=lambda case: case["name"])
def test_our_server_answers_as_the_reference(answers, case: dict[str, Any]) -> None:
    """The same values, and the connection is closed or left open as it was."""
    found, closed = answers[case["name"]]
    assert found == as_list(case["response_value"])
    assert closed == case["closed_by_server"]
