"""A network of their own for the tests that change the kernel's packet filter."""

from __future__ import annotations

import ctypes
import os
import pickle
import traceback

import pytest

_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000


def _unshare():
    """Enter a new network namespace; as an ordinary user within a new user namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWNET | _CLONE_NEWUSER
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def _child(work, writer):
    try:
        _unshare()
        answer = (None, work())
    except BaseException as error:  # noqa: BLE001 - the border to the parent, which raises it again
        answer = (f"{type(error).__name__}: {error}\n{traceback.format_exc()}", None)
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(pickle.dumps(answer))


def in_own_network(work):
    """Run a function in a forked child with an empty network of its own, and give its result."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _child(work, writer)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    failure, result = pickle.loads(data)
    if failure:
        pytest.fail(f"in its own network: {failure}", pytrace=False)
    return result


@pytest.fixture(scope="session")
def _can_have_own_network():
    """Skip where the kernel gives us no network namespace."""
    pid = os.fork()
    if pid == 0:
        try:
            _unshare()
        except OSError:
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        pytest.skip("needs root, or a kernel that lets users make network namespaces")


@pytest.fixture
def own_network(_can_have_own_network):
    """A function that runs another one in a network namespace of its own."""
    return in_own_network
