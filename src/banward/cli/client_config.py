"""Reads the configuration for the client, and shows or tests it: ``-d`` and ``-t`` (1.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from banward.cli.client_output import FAILED
from banward.cli.client_settings import config_dir
from banward.config import read_configuration, shipped_rules, stream
from banward.masking import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from banward.cli.client_asking import Client
    from banward.config import Configuration, Problem

__all__ = ["check", "read", "tell_places"]

_NO_JAIL_LEFT: Final = "all-jails-skipped"
_WIDTH: Final = 1000
_SERVER: Final = ("loglevel", "logtarget", "syslogsocket", "socket", "pidfile")


def read(
    client: Client, *, jail: str | None = None, test: bool = False, dump: bool = False
) -> Configuration:
    """Read the configuration, and write on standard error what is to be said about it."""
    configuration = read_configuration(
        config_dir(client.options),
        fallback=shipped_rules(),
        jail=jail,
        test=test,
        dump=dump,
        overrides=_overrides(client),
    )
    _tell_log(client, configuration)
    return configuration


def _overrides(client: Client) -> dict[str, str]:
    """The options of the server that the command line gives."""
    given = client.options.values
    return {name: given[name] for name in _SERVER if name in given}


def _tell_log(client: Client, configuration: Configuration) -> None:
    for line in configuration.log:
        client.output.log(line.level, line.text, line.logger)


def check(client: Client) -> int:
    """``-d`` and ``-t``: show the commands, tell whether the configuration is sound (1.8)."""
    options, output = client.options, client.output
    test, dump = options.has("t"), options.has("d") or options.has("dp")
    found: Iterable[Problem] = ()
    if test and not dump:
        configuration, found = _read_and_check(client)
    else:
        configuration = read(client, test=test, dump=dump)
    fatal = configuration.fatal
    if dump and fatal and fatal.kind != _NO_JAIL_LEFT:
        output.say("ERROR: The configuration stream failed because of the invalid syntax.")
    elif dump:
        _dump(client, configuration)
    if not test:
        return output.error("Init of command line failed") if configuration.fatal else 0
    untold = _tell_untold(client, configuration, found)
    if not configuration.is_broken and not untold:
        if not options.command:
            output.say("OK: configuration test is successful")
        return 0
    if options.command:
        return output.error("ERROR: test configuration failed")
    output.say("ERROR: test configuration failed")
    return FAILED


def _read_and_check(client: Client) -> tuple[Configuration, Iterable[Problem]]:
    """Read the configuration as ``read`` does, and find all that is wrong with it."""
    from banward.cli.checking import check as check_all  # noqa: PLC0415 - only here

    checked = check_all(config_dir(client.options), overrides=_overrides(client))
    _tell_log(client, checked.configuration)
    return checked.configuration, checked.problems


def tell_places(client: Client, configuration: Configuration) -> None:
    """Look at a configuration that the server refused, and write what is wrong and where."""
    from banward.cli.checking import check as check_all  # noqa: PLC0415 - only here

    _tell_untold(client, configuration, check_all(config_dir(client.options)).problems)


def _tell_untold(client: Client, configuration: Configuration, found: Iterable[Problem]) -> bool:
    """Write what keeps a jail from running that fail2ban itself says nothing of, and where it is.

    Returns:
        True if there is any.
    """
    told = set()
    for problem in configuration.problems:  # at the first fatal one fail2ban's log ends
        told.add((problem.kind, problem.place, problem.message))
        if problem.fatal:
            break
    errors = (problem for problem in found if problem.level == "error")
    untold = [p for p in errors if (p.kind, p.place, p.message) not in told]
    for line in (line for problem in untold for line in str(problem).splitlines()):
        client.output.error(line)
    return bool(untold)


def _dump(client: Client, configuration: Configuration) -> None:
    show: Callable[[object], str] = str
    if client.options.has("dp"):
        import pprint  # noqa: PLC0415 - only here

        show = pprint.PrettyPrinter(indent=2, width=_WIDTH).pformat
    for command in stream(configuration):
        client.output.say(show(masked(command)))
