"""Who may ask, and how often: the keys of the WebSocket, and a bucket of requests for each of them. Pure."""

from hmac import compare_digest
from http import HTTPStatus
from math import ceil

from broker.http.problems import ProblemError
from broker.messages import Channel
from workers.clock import Clock
from workers.keyring import Keyring

BURST_SECONDS = 2
"""Requests saved up: a page that opens makes some at once."""


def given_key(authorization: str | None, query_key: str | None) -> str | None:
    """The key as given; the header wins over the query."""
    if authorization is None:
        return query_key
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Bucket:
    """The requests that a key has left.

    Args:
        size: of a full one.
        now: in seconds of a steady clock.
    """

    __slots__ = ("_at", "_left")

    def __init__(self, size: float, now: float) -> None:
        self._left = size
        self._at = now

    def take(self, size: float, rate: float, now: float) -> float:
        """Take one request.

        Returns:
            Seconds until there is one, 0 if it was taken.
        """
        self._left = min(size, self._left + (now - self._at) * rate)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / rate
        self._left -= 1
        return 0.0


class Access:
    """Lets good keys in, at their pace.

    Args:
        keyring: the keys that are good.
        requests_per_second: of each key.
    """

    def __init__(self, keyring: Keyring, requests_per_second: float) -> None:
        self._keyring = keyring
        self._rate = requests_per_second
        self._buckets: dict[str, Bucket] = {}

    def check(self, key: str | None, needs: Channel | None, clock: Clock) -> None:
        """Let a request in.

        Args:
            key: as given.
            needs: the channel that the key must be for; None if any will do.
            clock: the time.

        Raises:
            ProblemError: if it may not come in, or not now.
        """
        if not key:
            raise _unauthorized("no key; add ?key=pn_live_… or the header Authorization: Bearer pn_live_…")
        record = self._keyring.find(key, clock.unix_ms)
        if record is None:
            raise _unauthorized("this key is malformed, unknown, expired or revoked; ask for a new one")
        if needs and needs not in record.channels:
            raise ProblemError(HTTPStatus.FORBIDDEN, f"this key is not for prices; ask for one for the {needs} channel")
        size = max(1.0, self._rate * BURST_SECONDS)
        bucket = self._buckets.setdefault(record.key_id, Bucket(size, clock.seconds))
        if wait := bucket.take(size, self._rate, clock.seconds):
            raise ProblemError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"more than {self._rate:g} requests a second with this key; subscribe instead of asking so often",
                Retry_After=str(ceil(wait)),
            )


class OperatorToken:
    """The secret that opens /admin.

    Args:
        token: the secret, None for one that nobody has.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    @property
    def exists(self) -> bool:
        """Whether there is any."""
        return self._token is not None

    def check(self, authorization: str | None) -> None:
        """Let an operator in.

        Raises:
            ProblemError: if it is none.
        """
        given = given_key(authorization, None) or ""
        # In a time that tells nothing about how much of it was right.
        if self._token is None or not compare_digest(given.encode(), self._token.encode()):
            raise _unauthorized("send the operator's token as the header Authorization: Bearer …")


def _unauthorized(error: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNAUTHORIZED, error, WWW_Authenticate="Bearer")
