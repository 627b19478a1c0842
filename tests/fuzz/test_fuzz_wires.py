"""The control socket and the link of the two processes, with any bytes on them."""

from __future__ import annotations

import contextlib
import pickle

from banward import link
from banward.control import wire
from banward.control.framing import END, FrameError, Splitter
from banward.errors import LinkError, WireError
from fuzz.fuzzing import fuzz

PICKLES = [
    *(
        b"\x80\x02",
        b"\x80\x04\x95",
        b"]q\x00",
        b"(",
        b"l",
        b"a",
        b"e",
        b"X\x04\x00\x00\x00ping",
        b"q\x01",
    ),
    *(
        b".",
        b"}",
        b"s",
        b"u",
        b"K\x01",
        b"I01\n",
        b"S'x'\n",
        b"V",
        b"\n",
        b"c",
        b"posix\nsystem\n",
        b"R",
    ),
    *(
        b"cbuiltins\neval\n",
        b"\x93",
        b"\x8c\x02os",
        b"h\x00",
        b"j\xff\xff\xff\x7f",
        b"\x8a\xff",
        b"L",
    ),
    *(
        b"t",
        b"\x85",
        b"\x86",
        b"\x87",
        b"o",
        b"i",
        b"b",
        b"\x81",
        b"\x92",
        b"N",
        b"\x88",
        b"2",
        b"0",
        b"1",
    ),
    *(
        b"X\xff\xff\xff\x7f",
        b"B\xff\xff\xff\xff",
        b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"<F2B_END_COMMAND>",
    ),
    *(b"<F2B_CLOSE_COMMAND>", b"cos\nsystem\n(S'touch owned'\ntR.", b"cbanward.errors\n"),
    *(
        pickle.dumps(["status", "sshd"], 2),
        pickle.dumps({"a": {1, 2}}, 4),
        pickle.dumps(("x", 1.5, None), 0),
    ),
]


def plain(value: object) -> bool:
    match value:
        case dict():
            return all(plain(key) and plain(each) for key, each in value.items())
        case list() | tuple() | set() | frozenset():
            return all(map(plain, value))
    return value is None or type(value) in {str, bytes, int, float, bool, complex}


def check_wire(data: bytes) -> None:
    with contextlib.suppress(WireError):
        value = wire.decode_request(data)
        assert plain(value)
        with contextlib.suppress(WireError):
            wire.decode_answer(wire.encode(value))
    with contextlib.suppress(WireError):
        wire.decode_answer(data)
    with contextlib.suppress(FrameError):
        whole = Splitter().feed(data)
        splitter = Splitter()
        size = 1 + len(data) % 5
        parts = [m for at in range(0, len(data), size) for m in splitter.feed(data[at : at + size])]
        assert parts == whole
        assert len(whole) == data.count(END) or wire is None


def test_the_decoder_of_the_control_socket():
    """Any bytes are a request of plain values or a WireError; nothing is called."""
    fuzz("wire", check_wire, PICKLES)


FRAMES = [
    *(link.pack(each) for each in (link.Acknowledge(1), link.Shutdown(), link.Configure((), {}))),
    link.pack(link.Notice(20, "filter", "text")),
    link.pack(link.Quarantine("j", 0, "x", "/log", "line")),
    link.pack(link.JailState("j", "polling", ("/log",))),
    *(
        b"\0\0\0\1",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\x04\0\0\0",
        b"\x93\xa8Progress",
        b"\xdd\xff\xff\xff\xff",
    ),
    *(
        b"\x91" * 50,
        b"\xdc\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xa4\xff\xff\xff\xff",
        b"\xc1",
        b"\xcb",
        b"\x80",
    ),
]


def check_link(data: bytes) -> None:
    for reader in (link.orders, link.reports):
        results = []
        for size in (max(1, len(data)), 3):
            decoder = reader()
            frames = []
            try:
                for at in range(0, len(data), size):
                    frames += decoder.feed(data[at : at + size])
                results.append((frames, "sound"))
            except LinkError:
                results.append((frames, "broken"))
        assert results[0][1] == results[1][1]
        if results[0][1] == "sound":
            assert results[0][0] == results[1][0]
            assert reader().feed(b"".join(map(link.pack, results[0][0]))) == results[0][0]


def test_the_decoder_of_the_link():
    """Any bytes are known frames or a LinkError, however they arrive."""
    fuzz("link", check_link, FRAMES)
