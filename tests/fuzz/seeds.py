"""Where the search begins: one good example of each thing that is said."""

from visit import OFFER, frame

from broker import messages
from broker.inquiries import CloseWanted, StateWanted, SubscribersWanted
from service.observed import encode, game, quote

CUT = b"\x00|"
"""Between two pieces of what a client sends; neither a request nor any frame of a seed has it."""
PING = b'{"action":"ping"}'
PULL = {
    "kind": "pull",
    "game_id": "seed",
    "pn_market_type": "moneyline",
    "book": "Book",
    "outcome": "Home",
    "points": None,
}
COUNTS = messages.Counts(live=1, refused={"key": 2}, closed={"lost": 1})
ENTRY = messages.Entry((b"\x81\x02{}",), True, "seed", b"{}")

SEEDS: dict[str, tuple[bytes, ...]] = {
    "request": (
        OFFER,
        OFFER[:40] + CUT + OFFER[40:],
        OFFER.replace(b"/ws/live", b"/ws/odds").replace(b"?", b"?on_lag=resync&"),
        OFFER.replace(b"GET", b"POST"),
        OFFER.replace(b"permessage-deflate", b"permessage-deflate; server_max_window_bits=12, x-other"),
        OFFER + frame(0x81, PING),
    ),
    "frames": (
        frame(0x81, PING),
        frame(0x81, PING[:5]) + CUT + frame(0x89, b"") + frame(0x80, PING[5:]),
        frame(0x01, PING[:5]) + frame(0x89, b"mid") + frame(0x80, PING[5:]),
        frame(0x88, b"\x03\xe8bye"),
        frame(0xC1, b"\xaaV\xcaT\xb2RP*\xc8\xccKW\xaa\x05\x00"),
        frame(0x82, b"\x00"),
    ),
    "batch": (
        b"\n".join((encode(game("seed")), encode(quote("seed", -110.0)), encode(PULL))),
        b"[" + b",".join((encode(game("seed")), encode(quote("seed", 120.0)))) + b"]",
    ),
    "bus": tuple(
        messages.encode(message)
        for message in (
            messages.Hello(1, 2, {"key": 3}, "worker-1"),
            messages.SeatsWanted(1, 2, 3),
            messages.KeySeatWanted(1, 2, "key"),
            messages.CatchUpWanted(1, -1),
            COUNTS,
            StateWanted(1),
            SubscribersWanted(1, 2, 3, "lag", 4),
            CloseWanted(1, 2, 3, 4),
            messages.SeatsGranted(1, 2, 3),
            messages.Keys((messages.KeyRecord("key", b"d" * 32, ("live",), 5, None),)),
            messages.Commit(1, 1, (ENTRY,), 2.0),
            messages.Replay(1, (messages.encode(messages.Commit(1, 1, (ENTRY,))),)),
            messages.Image(1, 2, (("seed", b"{}"),)),
            messages.Beat(1, 2),
        )
    ),
}
