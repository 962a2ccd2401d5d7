"""What of autobahn is replaced: it names these in its modules, and offers no other way to choose.

For each handshake autobahn describes its protocols and bytes in colours, for lines of its log at
level debug that nobody sees: a fifth of what a handshake costs.
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
