"""The exchanges of the specification: 68 captured requests and answers (wire-cases.json)."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from banward.control import wire
from banward.control.failure import Failure
from banward.control.framing import CLOSE, Splitter
from banward.errors import WireError

CASES = json.loads((Path(__file__).parents[1] / "data/wire-cases.json").read_text())["exchanges"]
by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def messages(packets: Any) -> list[bytes]:
    splitter = Splitter()
    return [m for packet in as_list(packets) for m in splitter.feed(bytes.fromhex(packet))]


def value_of(text: str) -> Any:
    """The value that a text of the cases stands for; exceptions become failures."""
    call = ast.parse(text, mode="eval").body
    if isinstance(call, ast.Tuple) and isinstance(call.elts[1], ast.Call):
        name = call.elts[1].func.id  # type: ignore[attr-defined]
        return 1, name, tuple(map(ast.literal_eval, call.elts[1].args))
    return ast.literal_eval(text)


def shown(value: Any) -> Any:
    """The same form for what was decoded."""
    match value:
        case (1, Failure() as failure):
            return 1, failure.name, failure.shown_args
    return value


@by_name
def test_requests_are_read(case: dict[str, Any]) -> None:
    """Every request is the value that the case names, or is refused as the reference does."""
    requests = [m for m in messages(case["request_hex"]) if m != CLOSE]
    expected = as_list(case["request_value"])
    if not expected and requests:
        answer = ast.literal_eval(case["response_value"])
        with pytest.raises(WireError) as error:
            wire.decode_request(requests[0])
        assert f"ERROR: {error.value}" == answer
        return
    assert [wire.decode_request(m) for m in requests] == list(map(ast.literal_eval, expected))


@by_name
def test_answers_are_read(case: dict[str, Any]) -> None:
    """Our client reads what the reference sent."""
    answers = [shown(wire.decode_answer(m)) for m in messages(case["response_hex"])]
    assert answers == list(map(value_of, as_list(case["response_value"])))


@by_name
def test_answers_are_written_with_the_same_meaning(case: dict[str, Any]) -> None:
    """What we write for the same value is read as the same value."""
    for message in messages(case["response_hex"]):
        answer = wire.decode_answer(message)
        assert wire.decode_answer(wire.encode(answer)) == answer
