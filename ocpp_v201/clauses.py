"""The clause of OCPP 2.0.1 that a station breaks, for each deviation."""

_MESSAGE = 'part 4, 4.2.1: [2, "<id>", "<action>", {payload}]'

CLAUSES = {
    "action_in_other_case": "part 4, 4.2.1: actions are case-sensitive",
    "before_boot": "part 2, B02.FR.02: only BootNotification may be sent before it is accepted",
    "car_schedule_beyond_limits": "part 2, K15.FR.09: the car stays within the CSMS's schedule",
    "conflicting_event": "part 2, E01.FR.07: each seqNo is used once in a transaction",
    "events_missing": "part 2, E04.FR.02: the station sends queued events when it is online again",
    "extra_frame_elements": _MESSAGE,
    "extra_path": "part 4, 3.1.1: the path ends with the identity",
    "extra_slash": "part 4, 3.1.1: the path ends with the identity",
    "message_id_as_number": "part 4, 4.1.4: the id is a string",
    "message_id_too_long": "part 4, 4.1.4: the id has 36 characters at most",
    "message_type_as_string": "part 4, 4.1.3: the type is a number",
    "no_payload": _MESSAGE,
    "no_subprotocol": "part 4, 3.1.2: Sec-WebSocket-Protocol names the version",
    "null_payload": "part 4, 4.2.1: the payload is an object; an empty payload is {}",
    "odd_subprotocol": "part 4, 3.1.2: Sec-WebSocket-Protocol names the version",
    "other_user_name": "part 2, A00.FR.204: the user is the identity",
    "several_frames": "part 4, 4.2: one message in each WebSocket message",
    "time_before_clock_was_set": "part 2, B01.FR.06: BootNotification's answer sets the clock",
    "transaction_id_on_two_evses": "part 2, E01.FR.08: a transactionId is never used again",
    "transaction_id_used_again": "part 2, E01.FR.08: a transactionId is never used again",
    "unknown_transaction": "part 2, E01: a transaction begins with an event Started",
}
