"""The clause of OCPP 1.6 that a charger breaks, for each deviation."""

_MESSAGE = 'OCPP-J 1.6, 4.2.1: [2, "<id>", "<action>", {payload}]'

CLAUSES = {
    "action_in_other_case": "OCPP-J 1.6, 4.2.1: actions are case-sensitive",
    "before_boot": "OCPP 1.6, 4.2: only BootNotification may be sent before it is accepted",
    "extra_frame_elements": _MESSAGE,
    "extra_path": "OCPP-J 1.6, 3.1.1: the path ends with the identity",
    "extra_slash": "OCPP-J 1.6, 3.1.1: the path ends with the identity",
    "message_id_as_number": "OCPP-J 1.6, 4.1.4: the id is a string",
    "message_id_too_long": "OCPP-J 1.6, 4.1.4: the id has 36 characters at most",
    "message_type_as_string": "OCPP-J 1.6, 4.1.3: the type is a number",
    "no_payload": _MESSAGE,
    "no_subprotocol": "OCPP-J 1.6, 3.1.2: Sec-WebSocket-Protocol names ocpp1.6",
    "null_payload": "OCPP-J 1.6, 4.2.1: the payload is an object; an empty payload is {}",
    "odd_subprotocol": "OCPP-J 1.6, 3.1.2: Sec-WebSocket-Protocol names ocpp1.6",
    "other_user_name": "OCPP 1.6 security whitepaper, A00.FR.204: the user is the identity",
    "repeated_start": "OCPP-J 1.6, 4.1.1: one CALL at a time; wait for its answer",
    "several_frames": "OCPP-J 1.6, 4.2: one message in each WebSocket message",
    "time_before_clock_was_set": "OCPP 1.6, 4.2: BootNotification's answer sets the clock",
    "unknown_transaction": "OCPP 1.6, 4.8: the transactionId is the one in StartTransaction.conf",
}
