"""Compression of the chargers' messages (RFC 7692; 2.0.1 part 4, 3.3 requires it of a CSMS).

Each message is compressed separately, so that an idle socket keeps no state. Our own messages
are not compressed; the extension leaves that to the sender. The application allows it.
"""

import re
from typing import Any

from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept
from daphne.ws_protocol import WebSocketProtocol

NAME = "permessage-deflate"
# RFC 7692, 7.1: the allowed parameters; zlib does not support a window of 256 bytes.
_BITS = r'"?(?:9|1[0-5])"?'
_PARAMETERS = re.compile(
    rf"(?:server|client)_no_context_takeover|client_max_window_bits(?:\s*=\s*{_BITS})?"
    rf"|server_max_window_bits\s*=\s*{_BITS}"
)


def readable_offer(lines: list[bytes]) -> bytes | None:
    """The first valid offer in the headers: an invalid one must not fail the handshake."""
    offers = [offer for line in lines for offer in line.decode("latin1").split(",")]
    for offer in offers:
        name, *parameters = [part.strip() for part in offer.split(";")]
        names = [parameter.partition("=")[0].strip() for parameter in parameters]
        right = all(map(_PARAMETERS.fullmatch, parameters)) and len(set(names)) == len(names)
        if name == NAME and right:
            return offer.strip().replace('"', "").encode("latin1")
    return None


class Compression(WebSocketProtocol):
    compression_allowed = False
    _perMessageCompress: Any

    def allow_compression(self) -> None:
        """The scope's extension `connect.compression`, before the socket is accepted."""
        self.compression_allowed = True

    def perMessageCompressionAccept(self, offers: list[Any]) -> Any:
        if not self.compression_allowed:
            return None
        bits = offers[0].request_max_window_bits
        offer = PerMessageDeflateOffer(
            request_no_context_takeover=True, request_max_window_bits=bits
        )
        return PerMessageDeflateOfferAccept(
            offer, request_no_context_takeover=True, no_context_takeover=True
        )

    def forget_decompressor(self) -> None:
        if self._perMessageCompress is not None:
            self._perMessageCompress._decompressor = None
