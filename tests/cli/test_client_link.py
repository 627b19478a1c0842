"""One request, one answer; more about errors stands in test_client."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from banward.cli.client_link import Link, LinkError, answers
from cli.test_client import Answering


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a server may listen."""
    return tmp_path_factory.mktemp("c") / "s"


def test_a_connection_carries_many_requests(path: Path) -> None:
    """One after the other, of any plain values."""
    with Answering(path, lambda words: (0, words)), Link(str(path)) as link:
        for words in (["a"], ["b", 1, None, {"c": [True]}]):
            assert link.ask(words) == (0, words)


@pytest.mark.parametrize(("answer", "alive"), [((0, "pong"), True), (["SHUTDOWN"], False)])
def test_a_server_answers_or_not(path: Path, answer, alive: bool) -> None:
    """One that is going down does not."""
    with Answering(path, lambda _: answer):
        assert answers(str(path)) is alive


def test_nobody_answers_where_there_is_no_server(path: Path) -> None:
    """No file, another file, a socket that nobody reads."""
    assert not answers(str(path))
    path.touch()
    assert not answers(str(path))
    path.unlink()
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        assert not answers(str(path))


def test_a_refused_connection_leaves_nothing_open(path: Path) -> None:
    """The error is worded, and the socket is closed."""
    with pytest.raises(LinkError, match="Failed to access socket path"), Link(str(path)):
        pass


def test_a_request_is_on_its_way_while_the_one_before_is_answered(path: Path) -> None:
    """The answers come in the order of the requests, and no more than two requests are sent ahead."""
    sent: list[int] = []

    def requests() -> Iterator[list[int]]:
        for number in range(5):
            sent.append(number)
            yield [number]

    with Answering(path, lambda words: (0, words)), Link(str(path)) as link:
        for number, answer in enumerate(link.ask_all(requests())):
            assert answer == (0, [number])
            assert sent == list(range(min(number + 2, 5)))
