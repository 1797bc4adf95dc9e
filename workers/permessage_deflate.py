"""permessage-deflate as this server agrees to it (RFC 7692): outwards one compressor for all, inwards none for anyone.

Outwards the stream's frames come compressed already (`workers.deflated`), so what is negotiated is only the window
that they may use. Inwards the client has to begin each message anew: nothing is kept between messages. Pure.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace

from websockets.exceptions import NegotiationError, PayloadTooBig, ProtocolError
from websockets.extensions import Extension, ServerExtensionFactory
from websockets.frames import CTRL_OPCODES, Frame, Opcode
from websockets.typing import ExtensionName, ExtensionParameter

from workers.deflated import WindowBits

NAME = ExtensionName("permessage-deflate")
OFFERED_BITS = {str(bits): bits for bits in range(8, 16)}
"""Values of both `…_max_window_bits`: decimal, without leading zeros (RFC 7692, 7.1.2)."""
FULL_WINDOW: WindowBits = 15
SMALL_WINDOW: WindowBits = 12
FLUSH_TAIL = b"\x00\x00\xff\xff"
"""What the sender has cut off (RFC 7692, 7.2.2)."""


class SharedDeflate(Extension):
    """One connection's side of the extension. It holds the fragments of a compressed message and nothing else.

    Args:
        window_bits: what was agreed on for the way to the client.
    """

    name = NAME

    def __init__(self, window_bits: WindowBits) -> None:
        self.window_bits = window_bits
        self._fragments: bytes | None = None
        """Of a compressed message that isn't complete yet, as they came."""

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:
        """Inflate a message once it is complete; until then its fragments are passed on empty.

        Raises:
            PayloadTooBig: if it is longer than `max_size`, in bytes, before or after.
            ProtocolError: if it can't be inflated.
        """
        # Control frames are never compressed; one with RSV1 is found by the check that follows (RFC 7692, 6.1).
        if frame.opcode in CTRL_OPCODES:
            return frame
        if frame.opcode is Opcode.CONT:
            if self._fragments is None or frame.rsv1:
                return frame
            data = self._fragments + frame.data
        elif frame.rsv1:
            data = bytes(frame.data)
        else:
            return frame
        if max_size is not None and len(data) > max_size:
            raise PayloadTooBig(len(data), max_size)
        self._fragments = None if frame.fin else data
        return replace(frame, rsv1=False, data=inflated(data, max_size) if frame.fin else b"")

    def encode(self, frame: Frame) -> Frame:
        """Frames for one subscriber are sent as they are: a message may always be (RFC 7692, 6)."""
        return frame


def inflated(data: bytes, max_size: int | None) -> bytes:
    """Inflate one message, without ever holding more than one byte beyond its limit.

    Raises:
        PayloadTooBig: if it is longer than `max_size` bytes.
        ProtocolError: if it can't be inflated.
    """
    try:
        message = zlib.decompressobj(wbits=-FULL_WINDOW).decompress(
            data + FLUSH_TAIL, 0 if max_size is None else max_size + 1
        )
    except zlib.error as error:
        raise ProtocolError("decompression failed") from error
    if max_size is not None and len(message) > max_size:
        raise PayloadTooBig(None, max_size)
    return message


class SharedDeflateFactory(ServerExtensionFactory):
    """Agrees to offers that can be met with a shared compressor, and declines the others."""

    name = NAME

    def process_request_params(
        self,
        params: Sequence[ExtensionParameter],
        accepted_extensions: Sequence[Extension],
    ) -> tuple[list[ExtensionParameter], SharedDeflate]:
        """Answer one offer (RFC 7692, 5.1 and 7.1).

        Raises:
            NegotiationError: if it is declined; the connection then goes on without, or with the client's next offer.
        """
        if accepted_extensions:
            raise NegotiationError("agreed already")
        if len({name for name, _ in params}) < len(params):
            raise NegotiationError("a parameter comes twice")
        window: int | None = None
        for name, value in params:
            match name:
                case "client_no_context_takeover" if value is None:
                    pass
                case "client_max_window_bits" if value is None or value in OFFERED_BITS:
                    # Any window is fine with us, so the answer needn't limit it.
                    pass
                case "server_max_window_bits" if value in OFFERED_BITS:
                    window = OFFERED_BITS[value]
                case _:
                    # Also server_no_context_takeover: the context is what makes it worth while.
                    raise NegotiationError(f"declined for {name}={value}")
        answer: list[ExtensionParameter] = [("client_no_context_takeover", None)]
        if window is None:
            return answer, SharedDeflate(FULL_WINDOW)
        if window < SMALL_WINDOW:
            raise NegotiationError("the window is smaller than any that is shared")
        agreed = FULL_WINDOW if window == FULL_WINDOW else SMALL_WINDOW
        return [*answer, ("server_max_window_bits", str(agreed))], SharedDeflate(agreed)


def agreed_window_bits(extensions: Sequence[Extension]) -> WindowBits | None:
    """The window that a handshake agreed on, None if there is no compression."""
    return next((each.window_bits for each in extensions if isinstance(each, SharedDeflate)), None)
