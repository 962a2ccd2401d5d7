"""Faults put into the product on purpose, each with the tests that have to notice it."""

from dataclasses import dataclass

WRITER = "chargepoints/gateway/writer.py"
SESSION = "chargepoints/gateway/session.py"
ANSWERING = "chargepoints/gateway/answering.py"
CLAIMING = "chargepoints/gateway/claiming.py"
TEST_ROLL_OUTS = "tests/chargepoints/services/commands/test_roll_outs.py"
CONCLUDING = "chargepoints/gateway/command_answers.py"
ADMISSION = "chargepoints/gateway/admission.py"
TRANSACTION_LOOKUP = "chargepoints/services/transactions/lookup.py"

TEST_WRITER = "tests/chargepoints/gateway/test_writer.py"
TEST_SESSIONS = "tests/chargepoints/gateway/test_sessions.py"
TEST_HANDSHAKES = "tests/chargepoints/gateway/test_handshakes.py"
TEST_AS_THEY_COME = "tests/ocpp_v16/test_transactions_as_they_come.py"
TEST_DELIVERY = "tests/core_link/delivery/test_delivery.py"


@dataclass(frozen=True)
class Mutant:
    """In `path`, `old` becomes `new`; then `caught_by` (`file::test`) must fail."""

    name: str
    promise: str
    path: str
    old: str
    new: str
    caught_by: str


MUTANTS = [
    Mutant(
        "acknowledgement before commit",
        "P1",
        WRITER,
        "            unit.flush()\n        unit.committed()",
        "            self.loop.call_soon_threadsafe(_release, batch)\n"
        "            unit.flush()\n        unit.committed()",
        f"{TEST_WRITER}::test_nothing_is_returned_while_the_commit_is_still_to_come",
    ),
    Mutant(
        "event outside the transaction",
        "P1",
        WRITER,
        "            unit.flush()\n        unit.committed()",
        "        unit.flush()\n        unit.committed()",
        f"{TEST_WRITER}::test_what_a_unit_appends_is_of_its_transaction",
    ),
    Mutant(
        "no durable check",
        "P1",
        "connect_site/server/preflight.py",
        "        if not settings.ALLOW_VOLATILE_STORE:\n            check_durability()\n",
        "",
        "tests/connect_site/test_serve.py::test_a_store_that_may_lose_data_is_refused",
    ),
    Mutant(
        "CALLERROR on a database error",
        "P2",
        ANSWERING,
        "        except StoreUnavailable:\n            raise\n",
        "        except StoreUnavailable:\n"
        '            return self._encode_error(inbound, OcppError("InternalError", "down"))[0]\n',
        "tests/faults/test_failing_store.py::"
        "test_a_store_that_fails_closes_the_sockets_without_a_word_and_all_come_back",
    ),
    Mutant(
        "no retry of a deadlock",
        "P2",
        WRITER,
        "if not self.healthy or time.monotonic() + pause > deadline:",
        "if True:",
        f"{TEST_WRITER}::test_a_deadlock_is_tried_again_inside",
    ),
    Mutant(
        "a bad unit costs its neighbours",
        "P5",
        WRITER,
        "        self._commit_one_by_one(batch)\n",
        "        for job in batch:\n            job.error = StoreUnavailable('a neighbour')\n",
        f"{TEST_WRITER}::test_a_bad_unit_among_others_costs_its_sender_alone",
    ),
    Mutant(
        "duplicate reply cache off",
        "P4",
        SESSION,
        "if earlier is not None and earlier[0] == hash(text) and frame.payload:",
        "if False:",
        f"{TEST_SESSIONS}::test_a_repeated_call_gets_the_same_reply_and_writes_nothing",
    ),
    Mutant(
        "no unique key of a start",
        "P4",
        "chargepoints/services/transactions/start_stop_messages.py",
        "transaction_id=str(number), start_key=key\n",
        "transaction_id=str(number), start_key=key[:28] + inbound.message_id[:36]\n",
        "tests/faults/test_retransmission.py::"
        "test_what_is_told_again_is_answered_alike_and_written_once",
    ),
    Mutant(
        "no key of meter values",
        "P4",
        "chargepoints/services/metering/recording.py",
        "        if samples == element.raw:",
        "        if False:",
        f"{TEST_AS_THEY_COME}::test_repeated_meter_values_are_written_once",
    ),
    Mutant(
        "no number of a transaction's events",
        "P4",
        "chargepoints/services/transactions/event_messages.py",
        "        if known.digest == digest:",
        "        if False:",
        "tests/faults/test_retransmission.py::"
        "test_what_is_told_again_is_answered_alike_and_written_once",
    ),
    Mutant(
        "a status told late is told twice",
        "P4",
        "chargepoints/services/stations/connector_status.py",
        "in a status that it left within the same second.\n            return not known_before",
        "in a status that it left within the same second.\n            return True",
        "tests/faults/test_retransmission.py::"
        "test_what_is_told_again_is_answered_alike_and_written_once",
    ),
    Mutant(
        "no epoch check at the close",
        "P6",
        ADMISSION,
        '    " WHERE id = %s AND connection_id = %s"\n',
        '    " WHERE id = %s AND %s IS NOT NULL"\n',
        "tests/faults/test_takeovers.py::test_a_late_close_leaves_the_successor_online",
    ),
    Mutant(
        "no epoch check of a command",
        "P6",
        CLAIMING,
        "if not _CURRENT.exists(station.id, station.connection_id):",
        "if False:",
        "tests/chargepoints/gateway/test_claiming.py::"
        "test_a_socket_that_was_superseded_takes_no_command",
    ),
    Mutant(
        "deliveries out of order",
        "P7",
        "core_link/delivery/lanes.py",
        'endpoint_id=endpoint_id, delivery=None, pending_through__gt=F("delivered_through")',
        'endpoint_id=endpoint_id, pending_through__gt=F("delivered_through")',
        f"{TEST_DELIVERY}::test_a_charge_points_next_events_wait_for_the_ones_before",
    ),
    Mutant(
        "another id for each attempt",
        "P7",
        "core_link/delivery/posting.py",
        '        "webhook-id": webhook_id,\n',
        '        "webhook-id": webhook_id + str(at),\n',
        f"{TEST_DELIVERY}::test_a_retry_is_the_same_message_under_the_same_id",
    ),
    Mutant(
        "a roll-out sends again what was sent",
        "P8",
        "chargepoints/services/commands/roll_out_steps.py",
        "    if command.sent_at is None and command.state == Command.State.EXPIRED:\n",
        "    if command.state in (Command.State.EXPIRED, Command.State.TIMEOUT):\n",
        f"{TEST_ROLL_OUTS}::"
        "test_a_command_that_was_never_sent_is_made_again_and_one_that_was_is_not",
    ),
    Mutant(
        "a roll-out does not mind a transaction",
        "P8",
        CLAIMING,
        "if command.only_idle and _is_charging(station):",
        "if False:",
        f"{TEST_ROLL_OUTS}::"
        "test_a_transaction_that_begins_before_the_command_is_sent_holds_it_back",
    ),
    Mutant(
        "resend of a command that was sent",
        "P8",
        CONCLUDING,
        "outcomes.fail(unit, command, State.TIMEOUT, ErrorClass.TRANSPORT, code, detail)\n",
        "_go_on(command)\n",
        "tests/e2e/test_commands.py::"
        "test_a_charger_that_does_not_answer_times_out_and_gets_the_next_command",
    ),
    Mutant(
        "a command before the boot",
        "P8",
        CLAIMING,
        "    if ready and station.boot_accepted:\n        return True\n",
        "    return True\n",
        "tests/e2e/test_commands.py::"
        "test_nothing_is_sent_before_the_boot_is_accepted_but_the_request_to_boot",
    ),
    Mutant(
        "no pace",
        "P14",
        SESSION,
        "        if pause := self._message_rate.pause():\n            await asyncio.sleep(pause)\n",
        "",
        f"{TEST_SESSIONS}::test_a_charger_above_its_pace_is_slowed_and_loses_nothing",
    ),
    Mutant(
        "a second server on SQLite",
        "P15",
        "connect_site/server/preflight.py",
        "        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)\n",
        "        pass\n",
        "tests/connect_site/test_serve.py::test_a_second_server_on_the_embedded_database_is_refused",
    ),
    Mutant(
        "own transactions of others",
        "section 4",
        TRANSACTION_LOOKUP,
        "charge_point_id=charge_point_id, transaction_id=transaction_id, superseded=False",
        "transaction_id=transaction_id, superseded=False",
        f"{TEST_AS_THEY_COME}::test_another_charge_points_transaction_is_never_touched",
    ),
    Mutant(
        "what is remembered is trusted",
        "P6",
        "chargepoints/database/unit_of_work.py",
        "if any(each.rowcount() != expected for each, expected in sent):",
        "if any(each.rowcount() < 0 for each, _ in sent):",
        "tests/chargepoints/services/transactions/test_changed_by_others.py::"
        "test_samples_after_a_closing_by_hand_belong_to_no_transaction",
    ),
    Mutant(
        "no header trust check",
        "section 4",
        "connect_site/server/handshake.py",
        "    return _family(transport) == socket.AF_UNIX\n",
        "    return True\n",
        "tests/connect_site/test_handshake.py::test_forwarded_headers_from_a_charger_itself_are_removed",
    ),
    Mutant(
        "key compare skipped",
        "section 4",
        "chargepoints/models/charge_point.py",
        "        return hmac.compare_digest(digest, bytes(self.digest))\n",
        "        return True\n",
        f"{TEST_HANDSHAKES}::test_a_wrong_key_is_refused_with_401_and_a_challenge",
    ),
    Mutant(
        "nobody is slowed down for guessing",
        "section 4",
        "chargepoints/gateway/handshake_guard.py",
        "        if excess <= 0:\n",
        "        if True:\n",
        f"{TEST_HANDSHAKES}::test_a_sixth_failure_within_a_minute_is_refused_with_429",
    ),
    Mutant(
        "each host goes by its own clock",
        "P7",
        "chargepoints/database/shared_clock.py",
        "    clock.set_ahead(ahead)\n",
        "",
        "tests/chargepoints/database/test_shared_clock.py::"
        "test_a_host_whose_clock_is_wrong_goes_by_the_database",
    ),
    Mutant(
        "a revoked certificate opens the door",
        "section 4",
        "chargepoints/services/certificates/revocations.py",
        "        listed.issuer == certificate.issuer\n",
        "        listed.issuer != certificate.issuer\n",
        "tests/chargepoints/services/certificates/test_revocations.py::"
        "test_a_charger_with_a_revoked_certificate_is_refused_whatever_its_profile",
    ),
]
