"""Speaks to nftables: a text in, done as one transaction, or an error; listings as JSON.

Through ``libnftables`` where the library is there (0.1 ms for a command), else through the program
``nft`` (3 ms). It does not know what the text says. What comes by the thousand goes to the kernel
past the library (``nft_batch``).
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import shlex
from typing import TYPE_CHECKING, Final

from banward.enforcement.execute import run
from banward.enforcement.nft_batch import Sender
from banward.enforcement.threads import OneThread
from banward.errors import ActionError, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from banward.enforcement.nft_batch import Order

__all__ = ["Nft"]

_log = logging.getLogger("fail2ban.nftables")

_LIBRARY: Final = "libnftables.so.1"
_LIMIT: Final = 60.0
_END: Final = 2.0  # seconds that the library may take to end what it does
_MOST_OUTPUT: Final = 1 << 28

# Flags of nft_ctx_output_set_flags(3) and of nft_ctx_new(3).
_JSON: Final = 1 << 4
_TERSE: Final = 1 << 11
_PR_SET_NAME: Final = 15

_MUCH: Final = 1 << 20
"""Bytes of a listing after which memory is given back."""


class Nft:
    """A connection to nftables in the network namespace in which it is first used.

    Args:
        program: the program that is run where the library is missing, with options.
        library: name of the library; an empty text uses the program.
        limit: seconds that an answer may take.
    """

    def __init__(
        self, program: str = "nft", *, library: str = _LIBRARY, limit: float = _LIMIT
    ) -> None:
        self.lock = asyncio.Lock()
        """To be held by who reads something and changes it according to what was read."""
        self.thread_name = f"bw-nft-{os.urandom(3).hex()}"
        """Under this name the kernel tells others who made a change."""
        self.pids: set[int] = set()
        """Processes that made changes for us, where the program is used."""
        self.living: set[str] = set()
        """Marks of the actions that have rules of theirs in the kernel."""
        self._program = shlex.split(program)
        self._library = library
        self._limit = limit
        self._thread: OneThread | None = None
        self._context: _Context | None = None
        self._sender: Sender | None = None

    async def change(self, text: str) -> None:
        """Carry out commands, one a line, all of them or none.

        Raises:
            ActionError: nftables refused them, or did not answer.
        """
        await self._do(text, flags=0, dry=False)

    async def check(self, text: str) -> None:
        """Let nftables judge commands without carrying them out.

        Raises:
            ActionError: it would refuse them.
        """
        await self._do(text, flags=0, dry=True)

    async def put(self, make: Callable[[], Sequence[Order]]) -> bool:
        """Carry out orders over sets that are there, all of them or none.

        Args:
            make: makes the orders, beside the event loop.

        Returns:
            False if the kernel refused them, or can't be asked in this way: then ``change`` has
            to try the same, and tells why it does not go.

        Raises:
            NoAnswerError: the kernel did not answer.
        """
        try:
            async with asyncio.timeout(self._limit):
                return await self._has_library() and await self._sent(make)
        except TimeoutError:
            raise self._hung() from None

    async def _sent(self, make: Callable[[], Sequence[Order]]) -> bool:
        thread, sender = self._thread, self._sender
        if not thread or not sender:
            return False
        try:
            await thread.do(lambda: sender.send(make()))
        except (ActionError, OSError) as error:
            _log.debug("libnftables has to do what the kernel did not: %s", error)
            return False
        return True

    async def read(self, text: str, *, terse: bool = False) -> bytes:
        """Carry out one ``list`` command, and give its answer as JSON.

        Args:
            text: the command.
            terse: leave out the elements of sets.

        Returns:
            libnftables-json(5); empty if there is no such object.

        Raises:
            ActionError: nftables refused it.
        """
        try:
            return await self._do(text, flags=_JSON | (_TERSE if terse else 0), dry=False)
        except ActionError as error:
            if "No such file or directory" in str(error):
                return b""
            raise

    async def close(self) -> None:
        """Let go of the library; nothing changes in the kernel."""
        if self._thread:
            thread, self._thread, self._context = self._thread, None, None
            await thread.end(_END)
            if self._sender:
                self._sender.close()
                self._sender = None

    async def _do(self, text: str, *, flags: int, dry: bool) -> bytes:
        try:
            async with asyncio.timeout(self._limit):
                if await self._has_library():
                    return await self._in_thread(text, flags, dry)
                return await self._by_program(text, flags, dry=dry)
        except TimeoutError:
            raise self._hung() from None

    def _hung(self) -> NoAnswerError:
        """Leave a thread alone that hangs: a program, other than a thread, can be ended."""
        if self._context:
            _log.error("The library of nftables hangs; each change starts the program nft instead")
        self._thread, self._context, self._sender, self._library = None, None, None, ""
        return NoAnswerError(f"nftables did not answer within {self._limit:g} seconds")

    async def _has_library(self) -> bool:
        if self._library and not self._thread:
            # One thread does it all, so that it has a name of its own and calls keep their order.
            self._thread = OneThread()
            try:
                await self._thread.do(self._open)
            except OSError as error:
                _log.warning("%s; each change starts the program nft instead", error)
                self._library = ""
        return self._context is not None

    def _open(self) -> None:
        self._context = _Context(self._library)
        try:
            self._sender = Sender()
        except OSError as error:
            _log.debug("no socket of our own to the packet filter: %s", error)
        ctypes.CDLL(None).prctl(_PR_SET_NAME, self.thread_name.encode(), 0, 0, 0)

    async def _in_thread(self, text: str, flags: int, dry: bool) -> bytes:  # noqa: FBT001
        context, thread = self._context, self._thread
        assert context and thread  # noqa: S101, PT018 - _has_library said so
        code, answer, error = await thread.do(context.run, text.encode(), flags, dry)
        if code:
            raise ActionError(_reason(error))
        return answer  # type: ignore[no-any-return]

    async def _by_program(self, text: str, flags: int, *, dry: bool) -> bytes:
        options = [*(["-j"] if flags & _JSON else []), *(["-t"] if flags & _TERSE else [])]
        # With -j the program would read JSON from its input too, so a listing is an argument.
        words = [*options, *shlex.split(text)] if flags & _JSON else [*(["-c"] * dry), "-f", "-"]
        try:
            result = await run(
                [*self._program, *words],
                limit=self._limit,
                stdin=b"" if flags & _JSON else text.encode(),
                most=_MOST_OUTPUT,
                pids=self.pids,
            )
        except OSError as error:
            raise NoAnswerError(f"nft can't be started: {error}") from error
        if result.timed_out:
            raise TimeoutError
        if result.code:
            raise ActionError(_reason(result.err))
        return result.out


def _reason(error: bytes) -> str:
    """The first line of what nftables says: further ones repeat the whole command."""
    lines = [line for line in error.decode("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if "Error:" in line] or lines or ["nftables gave no reason"]
    return f"nft: {told[0].strip().removeprefix('/dev/stdin:')}"


class _Context:
    """One context of the library; not to be used by two threads at a time.

    Raises:
        OSError: the library can't be loaded.
    """

    def __init__(self, library: str) -> None:
        self._lib = lib = ctypes.CDLL(library)
        lib.nft_ctx_new.restype = ctypes.c_void_p
        lib.nft_ctx_new.argtypes = [ctypes.c_uint32]
        for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_free"):
            getattr(lib, name).argtypes = [ctypes.c_void_p]
        for name in ("nft_ctx_get_output_buffer", "nft_ctx_get_error_buffer"):
            getattr(lib, name).argtypes = [ctypes.c_void_p]
            getattr(lib, name).restype = ctypes.c_char_p
        lib.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        lib.nft_ctx_output_set_flags.argtypes = [ctypes.c_void_p, ctypes.c_uint]
        lib.nft_ctx_set_dry_run.argtypes = [ctypes.c_void_p, ctypes.c_bool]
        # Only the GNU C library has it; others give memory back by themselves.
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)
        self._context = lib.nft_ctx_new(0)
        if not self._context:
            raise OSError(f"{library} gave no context")
        lib.nft_ctx_buffer_output(self._context)
        lib.nft_ctx_buffer_error(self._context)

    def run(self, text: bytes, flags: int, dry: bool) -> tuple[int, bytes, bytes]:  # noqa: FBT001
        """Carry out commands; the exit code (0 for success), what was listed, and errors."""
        lib, context = self._lib, self._context
        lib.nft_ctx_output_set_flags(context, flags)
        lib.nft_ctx_set_dry_run(context, dry)
        code = lib.nft_run_cmd_from_buffer(context, text)
        answer = lib.nft_ctx_get_output_buffer(context) or b""
        error = lib.nft_ctx_get_error_buffer(context) or b""
        if len(answer) > _MUCH:
            # The library needed twenty times as much, which would stay ours for no use.
            lib.nft_run_cmd_from_buffer(context, b"")
            self._trim(0)
        return code, answer, error

    def __del__(self) -> None:
        if getattr(self, "_context", None):
            self._lib.nft_ctx_free(self._context)
