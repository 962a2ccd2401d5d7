"""Replaces parts of autobahn, which offers no other way to choose them.

For each handshake autobahn formats its protocols and bytes in colour for debug log lines that
are not shown; that takes a fifth of the time of a handshake.
"""

import autobahn.twisted.websocket
import autobahn.websocket.protocol

from connect_site.server.unmasking import Unmasker


def _not_shown(*_described: object) -> str:
    return ""


def install() -> None:
    autobahn.websocket.protocol.create_xor_masker = Unmasker
    for module in (autobahn.websocket.protocol, autobahn.twisted.websocket):
        for name in ("hltype", "hlval", "pformat"):
            if hasattr(module, name):
                setattr(module, name, _not_shown)
