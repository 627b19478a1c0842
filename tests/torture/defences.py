"""Each defence by the line that it stands in, what is left if it is taken out, and who finds out."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DEFENCES", "Defence"]


class Defence(NamedTuple):
    """A line of the source, and the tests that fail without it.

    Args:
        test: a node of pytest below ``tests/torture``; all that it names have to fail.
        file: below ``src/banward``.
        line: text that stands there once.
        instead: what stands there in a build without the defence.
        beside: file, line and what is left of a second defence, if either is enough.
    """

    test: str
    file: str
    line: str
    instead: str
    beside: tuple[str, str, str] | None = None

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """File, line and what is left, of each place."""
        return [(self.file, self.line, self.instead), *([self.beside] if self.beside else [])]


_CRASHES = "test_crashes.py::"
_STEP = f"{_CRASHES}test_a_warden_killed_at_a_step"
_FIREWALL = "test_firewall_faults.py::"
_FULL = f"{_FIREWALL}test_a_full_set_bans_whom_it_can_and_the_status_names_no_other"
_FILES = "test_files_faults.py::"
_STORAGE = "test_storage_faults.py::"
_TEXT = "test_hostile_text.py::"
_ADDRESSES = "test_hostile_addresses.py::"
_VALUES = "test_hostile_values.py::"
_SECRETS = "test_secrets.py::"
_RIGHTS = "test_rights.py::"
_TRAP = f"{_RIGHTS}test_what_is_put_in_the_place_of_a_log_does_no_harm"
_UP = f"{_RIGHTS}test_the_watcher_has_given_up_its_rights"
_FUSES = "test_fuses.py::"
_LIFE_LINES = f"{_FUSES}test_a_log_bans_nothing_that_the_host_lives_by"
_HANGS = "test_hangs.py::"
_NO_ANSWER = f"{_HANGS}test_who_is_not_in_the_kernel_for_a_command_hangs_is_not_said_to_be"
_AN_END = f"{_HANGS}test_a_stop_has_an_end_however_many_commands_hang"
_RELOADS = "test_reloads.py::"
_NOTHING_OLD = f"{_RELOADS}test_a_restart_of_a_jail_leaves_nothing_of_its_old_action"
_RESTARTS = "test_restarts.py::"
_SIEGE = f"{_RESTARTS}test_nobody_gets_through_while_it_restarts"
_YEAR = "test_clock.py::test_a_clock_that_is_set_by_a_year_bans_and_frees_nobody"
_EXPLODING = "test_exploding.py::"

DEFENCES = (
    # Crashes
    Defence(
        f"{_CRASHES}test_a_watcher_killed_at_a_step[sent]",
        "watcher_process.py",
        "self._reached |= {(jail, frame.source): position for jail in frame.jails}",
        "pass",
    ),
    Defence(
        f"{_STEP}[after-commit-1-]",
        "warden/intake.py",
        "progress=progress, bans=bans, pending=later, whole=True\n            )",
        "bans=bans, pending=later, whole=True\n            )\n"
        "            commit(self._shared, jails, progress=progress, whole=True)",
    ),
    Defence(
        f"{_STEP}[before-kernel-1-]",
        "warden/mending.py",
        "            synced = await enforcer.sync(bans)\n        except ActionError as error:\n"
        "            self._telling.failed_to",
        "            return\n        except ActionError as error:\n"
        "            self._telling.failed_to",
    ),
    Defence(
        f"{_CRASHES}test_an_unban_that_a_crash_cuts_short_leaves_no_ghost[before-lift]",
        "enforcement/nft_sync.py",
        "self._last += map(partial(step, Verb.REMOVE), chunks(found.remove))",
        "pass",
    ),
    Defence(
        f"{_CRASHES}test_bans_end_though_nothing_comes_back",
        "enforcement/nft_batch.py",
        'timeout = b"" if seconds is None else (seconds * 1000).to_bytes(8, "big")',
        'timeout = b""',
        (
            "enforcement/nft_elements.py",
            'items = [f"{text}{timeouts[seconds]}" for',
            'items = [f"{text}" for',
        ),
    ),
    Defence(
        f"{_CRASHES}test_a_name_of_two_addresses_whose_count_a_crash_cuts_short",
        "warden/warden.py",
        "        self._intake.go_on(name)\n",
        "",
    ),
    # The firewall
    Defence(
        f"{_FIREWALL}test_a_foreign_change_is_mended_within_five_seconds_and_told_once[set]",
        "warden/foreign.py",
        "jail.actions.mend()",
        "pass",
    ),
    Defence(
        f"{_FIREWALL}test_what_others_do_in_their_own_tables_is_left_alone",
        "warden/mending.py",
        "if synced and synced.is_change:",
        "if synced:",
    ),
    Defence(
        f"{_FIREWALL}test_events_that_the_kernel_could_not_deliver_count_as_a_foreign_change",
        "enforcement/watch.py",
        "                self._missed = True",
        "                pass",
    ),
    Defence(
        f"{_FIREWALL}test_a_message_that_the_kernel_finds_too_long_is_sent_in_parts",
        "enforcement/nftables.py",
        "await in_halves(texts, attempt) if texts",
        "(await attempt(texts) or {}) if texts",
    ),
    Defence(
        f"{_FIREWALL}test_a_message_that_the_kernel_finds_too_long_is_sent_in_parts",
        "enforcement/nft_sets.py",
        "errors |= await in_halves(step.subjects, partial(self._take, step))",
        "await self._take(step, step.subjects)",
    ),
    Defence(
        f"{_FIREWALL}test_an_id_that_is_no_address_is_no_ban_of_the_kernel_either_side_of_a_restart",
        "enforcement/nftables.py",
        "return replace(synced, errors=synced.errors + errors)",
        "return synced",
    ),
    Defence(
        _FULL,
        "enforcement/nftables.py",
        "await in_halves(texts, attempt) if texts",
        "(await attempt(texts) or {}) if texts",
    ),
    Defence(_FULL, "warden/jail.py", "if ban.subject not in absent]", "]"),
    Defence(_FULL, "warden/timers.py", "jail.actions.retry(now)", "pass"),
    Defence(
        f"{_FIREWALL}test_without_library_and_program_nothing_counts_as_banned",
        "warden/mending.py",
        'failed_to("start", enforcer.name, error)\n            self._broke(enforcer, error)',
        'failed_to("start", enforcer.name, error)',
    ),
    Defence(
        f"{_FIREWALL}test_without_iptables_nothing_counts_as_banned",
        "warden/in_force.py",
        "if enforcer.is_retried:",
        "if False:",
    ),
    # Files and the database
    Defence(
        f"{_FILES}test_without_inotify_watches_logs_are_polled",
        "sources/watch.py",
        "self._polling.add(path, always=is_pattern(path))\n        return POLLING\n\n    def remove",
        "return POLLING\n\n    def remove",
    ),
    Defence(
        f"{_FILES}test_when_descriptors_are_used_up_it_goes_on_once_there_are_some",
        "warden/timers.py",
        "jail.actions.retry(now)",
        "pass",
    ),
    Defence(
        f"{_FILES}test_a_log_directory_that_vanishes_and_comes_back",
        "watcher_process.py",
        "                self._replace()",
        "                pass",
    ),
    Defence(
        f"{_STORAGE}test_a_full_disk_keeps_nobody_from_being_banned",
        "warden/commits.py",
        "    shared.unsaved.keep(told)\n    pause",
        "    pause",
    ),
    Defence(
        f"{_STORAGE}test_a_locked_database_is_waited_for[]",
        "warden/timers.py",
        "self._database.attend(now)",
        "pass",
    ),
    Defence(
        f"{_STORAGE}test_an_unban_while_the_database_is_locked_is_not_forgotten",
        "warden/shared.py",
        "self.unsaved.forgets.append((subjects, jail))",
        "pass",
    ),
    Defence(
        f"{_STORAGE}test_a_read_only_file_system_at_the_start",
        "warden/database.py",
        "self._shared.doubtful = True",
        "pass",
    ),
    Defence(
        f"{_STORAGE}test_a_read_only_file_system_at_the_start",
        "warden/database.py",
        "self._open_again(self._wanted)",
        "pass",
    ),
    Defence(
        f"{_STORAGE}test_a_database_that_is_destroyed_while_the_server_is_down",
        "warden/mending.py",
        "bans = [*bans, *self._jail.deciding.adopt(await enforcer.ends())]",
        "pass",
    ),
    Defence(
        f"{_STORAGE}test_a_database_that_is_destroyed_while_the_server_runs",
        "warden/database.py",
        "if self._shared.store is None or unsaved.damaged:",
        "if self._shared.store is None:",
    ),
    # The clock
    Defence(_YEAR, "warden/jail.py", "self.window.shift(seconds)", "pass"),
    Defence(_YEAR, "warden/jail.py", "self.ledger.shift(seconds)", "pass"),
    Defence(_YEAR, "warden/jumps.py", "        return jump\n", "        return 0.0\n"),
    # Configurations
    Defence(
        f"{_RELOADS}test_a_jail_that_is_broken_at_reload_goes_on_as_it_was",
        "control/commands.py",
        "await self._desk.leave_out(jail)",
        "pass",
    ),
    Defence(
        f"{_RELOADS}test_a_jail_that_is_broken_at_the_start_is_left_out",
        "control/commands.py",
        "await self._desk.leave_out(jail)",
        "pass",
    ),
    Defence(
        f"{_NOTHING_OLD}[port]",
        "warden/actions.py",
        "await self._roster.take_over(enforcer)",
        "pass",
    ),
    Defence(
        f"{_NOTHING_OLD}[program]", "warden/clearing.py", "await self._shared.left.lift()", "pass"
    ),
    Defence(
        f"{_RELOADS}test_a_jail_that_a_restart_leaves_out_bans_nobody",
        "warden/clearing.py",
        "await self._shared.left.lift()",
        "pass",
    ),
    Defence(_SIEGE, "warden/action_group.py", "if not (keep and e.keeps)]", "]"),
    Defence(
        _SIEGE,
        "warden/warden.py",
        "await self._stop(jails, keep=True)",
        "await self._stop(jails, keep=False)",
    ),
    # What hangs
    Defence(
        f"{_NO_ANSWER}[shell]",
        "enforcement/execute.py",
        "    if result.timed_out:\n        raise NoAnswerError",
        "    if result.timed_out:\n        return True\n        raise NoAnswerError",
    ),
    Defence(
        f"{_NO_ANSWER}[iptables]",
        "enforcement/families.py",
        "is_retried = True",
        "is_retried = False",
    ),
    Defence(_NO_ANSWER, "warden/timers.py", "jail.actions.retry(now)", "pass"),
    Defence(
        f"{_HANGS}test_a_ban_that_ends_while_its_command_hangs_is_lifted_later",
        "enforcement/shell.py",
        "            await self._lift_stuck()\n        except NoAnswerError as failure:",
        "            pass\n        except NoAnswerError as failure:",
    ),
    Defence(
        _AN_END,
        "warden/actions.py",
        "asyncio.wait(self._groups.each(end), timeout=limit)",
        "asyncio.wait(self._groups.each(end), timeout=None)",
    ),
    Defence(_AN_END, "warden/actions.py", "await group.worker.break_off()", "pass"),
    Defence(
        f"{_HANGS}test_a_command_that_hangs_holds_up_no_ban_of_the_kernel",
        "warden/action_groups.py",
        "if enforcer.keeps:\n            return self.native",
        "if enforcer.keeps:\n            return self.commands",
    ),
    # More of the firewall
    Defence(
        f"{_FIREWALL}test_iptables_over_nftables_is_mended_too[jump]",
        "warden/foreign.py",
        "jail.actions.mend()",
        "pass",
    ),
    Defence(
        f"{_FIREWALL}test_what_the_kernel_tells_nobody_of_is_looked_at[jump]",
        "warden/timers.py",
        "jail.actions.look(now)",
        "pass",
    ),
    # Text
    Defence(
        f"{_EXPLODING}test_a_line_that_explodes_costs_only_its_pattern",
        "watcher/guard.py",
        "            raise _TooLongError",
        "            return",
        ("watcher_process.py", "                self._child.kill()\n", "                pass\n"),
    ),
    Defence(
        f"{_EXPLODING}test_after_a_restart_it_does_not_explode_again",
        "warden/server.py",
        "self._listening.quarantines.load()",
        "pass",
    ),
    Defence(
        f"{_TEXT}test_hostile_bytes_make_no_lines_and_reach_no_terminal",
        "log_outputs.py",
        "messages = list(map(harmless, messages))",
        "pass",
    ),
    Defence(
        f"{_TEXT}test_hostile_bytes_make_no_lines_and_reach_no_terminal",
        "log_lines.py",
        "record.message = harmless(record.message)",
        "pass",
    ),
    Defence(
        f"{_TEXT}test_hostile_bytes_make_no_lines_and_reach_no_terminal",
        "cli/layout.py",
        'return "\\t".join(map(harmless, text.split("\\t")))',
        "return text",
    ),
    Defence(
        f"{_TEXT}test_a_line_of_a_gibibyte_costs_no_memory",
        "sources/splitter.py",
        "LONGEST: Final = 64 * 1024",
        "LONGEST: Final = 128 * 1024 * 1024",
    ),
    Defence(
        f"{_ADDRESSES}test_one_counter",
        "subject.py",
        '_ZONE.sub(r"\\1", _bare(address))',
        "_bare(address)",
    ),
    Defence(
        f"{_ADDRESSES}test_what_programs_read_in_two_ways_is_never_banned",
        "decisions/fuses.py",
        "if who.is_ambiguous:",
        "if False:",
    ),
    Defence(
        f"{_VALUES}test_no_escape_sequence_reaches_the_terminal",
        "cli/regex.py",
        "with harmless_output():",
        "if True:",
    ),
    Defence(
        "test_many_sources.py::test_ten_times_more_sources_than_are_kept[100000-10000-ipv4]",
        "detection/window.py",
        "            self._make_room()",
        "            pass",
    ),
    Defence(
        f"{_VALUES}test_no_value_is_a_command",
        "enforcement/tags.py",
        "if len(value) <= _LONG and not _UNSAFE.search(value):",
        "if len(value) <= _LONG:",
    ),
    Defence(
        f"{_VALUES}test_a_jail_that_an_attacker_named_is_shown_escaped",
        "cli/client_output.py",
        "harmless(text)",
        "text",
    ),
    Defence(
        f"{_VALUES}test_no_header_is_added_to_a_mail",
        "rules/action.d/banward-mail.conf",
        'sendmail_ban = about="banned $(echo "<ip>" | tr -cd "[:print:]")',
        'sendmail_ban = about="banned $(echo "<ip>")',
    ),
    Defence(
        f"{_TEXT}test_half_a_line_counts_once_it_is_whole",
        "sources/splitter.py",
        "                self._held = data[end:]\n",
        '                groups.append(Lines(data[end:], len(data) - end))\n                self._held = b""\n',
    ),
    *(
        Defence(f"{_ADDRESSES}test_one_canonical_form", "subject.py", line, instead)
        for line, instead in (
            ('_bare(_PORT.sub(r"\\1", text))', "_bare(text)"),
            (" and network.subnet_of(_MAPPED):", " and False:"),
        )
    ),
    Defence(
        f"{_ADDRESSES}test_what_is_no_address_is_none",
        "subject.py",
        "if not _PLAIN.match(address) or",
        "if",
    ),
    Defence(
        f"{_ADDRESSES}test_what_is_no_address_is_none",
        "subject.py",
        '{_BYTE}(?:\\.{_BYTE}){{3}}\\Z", re.ASCII)',
        '{_BYTE}(?:\\.{_BYTE}){{3}}\\Z")',
    ),
    Defence(
        f"{_EXPLODING}test_what_is_not_read_yet_is_told",
        "warden/lag.py",
        "status.st_size - int(position.offset) if is_same else status.st_size",
        "0",
    ),
    # Secrets
    Defence(
        f"{_SECRETS}test_no_list_of_processes_shows_a_secret",
        "enforcement/execute.py",
        "text, env = _FROM_ENVIRONMENT, {**os.environ, _VARIABLE: command.script}",
        "text = command.script",
    ),
    Defence(
        f"{_SECRETS}test_a_value_of_a_ban_can_not_ask_for_a_secret",
        "enforcement/tags.py",
        "|*?~<>^()",
        "|*?~^()",
    ),
    Defence(
        f"{_SECRETS}test_no_dump_shows_a_secret[-d]",
        "cli/client_config.py",
        "show(masked(command))",
        "show(command)",
    ),
    Defence(
        f"{_SECRETS}test_the_log_of_a_command_that_fails_shows_no_secret",
        "enforcement/execute.py",
        "_discreet(result, command.secrets)",
        "result",
    ),
    Defence(
        f"{_SECRETS}test_programs_of_an_action_do_not_inherit_its_secrets",
        "enforcement/execute.py",
        "f'f2b=${_VARIABLE}; unset {_VARIABLE}; eval",
        "f'f2b=${_VARIABLE}; eval",
    ),
    Defence(
        f"{_SECRETS}test_no_client_reads_a_secret",
        "control/jail_actions.py",
        "return MASK if value and is_secret(args[1], action.secrets) else value",
        "return value",
    ),
    Defence(
        f"{_SECRETS}test_no_client_reads_a_secret",
        "control/commands.py",
        "text = repr(masked(request))",
        "text = repr(request)",
    ),
    # Rights
    *(
        Defence(_UP, "privileges/__init__.py", line, "")
        for line in (
            '        ("an empty network of its own", _leave_network),\n',
            '        ("another user", become_another),\n',
            '        ("fewer system calls", _forbid_calls),\n',
        )
    ),
    Defence(_UP, "privileges/identity.py", "_keep_only(1 << _READ_SEARCH)", "pass"),
    Defence(_UP, "privileges/identity.py", "    _drop_bounds()\n    os", "    os"),
    Defence(
        f"{_RIGHTS}test_sockets_and_folders_are_made_private",
        "control/listening.py",
        "folder.mkdir(_OWNER_ONLY)",
        "folder.mkdir(0o755)",
    ),
    Defence(
        f"{_RIGHTS}test_the_state_of_a_server_is_private",
        "app.py",
        "os.umask(_PRIVATE)",
        "os.umask(0)",
    ),
    Defence(
        f"{_RIGHTS}test_a_peer_is_known_by_the_kernel",
        "control/socket.py",
        "if peer.may_connect(self._listener.group):",
        "if True:",
    ),
    Defence(
        f"{_TRAP}[device]", "sources/opening.py", "if not stat.S_ISREG(found.st_mode):", "if False:"
    ),
    Defence(
        f"{_RIGHTS}test_a_link_of_the_service_leads_to_no_file_of_others",
        "sources/opening.py",
        "        if foreign:",
        "        if False:",
    ),
    # Fuses
    Defence(
        f"{_FUSES}test_the_peer_of_a_live_session_of_root_is_known",
        "warden/logins.py",
        ", *_by_sshd(admins)}",
        "}",
    ),
    Defence(_LIFE_LINES, "warden/deciding.py", "fuses.unfit(ban.subject) or ", ""),
    *(
        Defence(_LIFE_LINES, "warden/protection.py", line, "pass")
        for line in (
            'self.fuses.protect("an address of this host", (*_LOOPBACK, *self._own))',
            'self.fuses.protect("the gateway", host.gateways())',
            'self.fuses.protect("a name server in use", host.name_servers())',
        )
    ),
    Defence(
        f"{_FUSES}test_who_has_a_live_session_of_root_can_lock_himself_out_only_once_it_is_over",
        "warden/protection.py",
        'self.fuses.protect("the session of an administrator", logins.admin_peers())',
        "pass",
    ),
    Defence(
        f"{_FUSES}test_more_bans_a_minute_than_allowed_are_held_and_told",
        "warden/deciding.py",
        "            fuses.count(now)\n",
        "",
    ),
    Defence(
        f"{_FUSES}test_an_order_is_done_with_a_warning",
        "warden/deciding.py",
        "        return not ordered\n",
        "        return True\n",
    ),
    Defence(
        f"{_FUSES}test_a_network_that_is_too_broad_needs_force",
        "warden/deciding.py",
        " and refusal.reason is not Reason.TOO_BROAD\n",
        "\n",
    ),
)
