"""uvicorn's connections, bounded: strangers who ask nothing take nobody's place, and never the local operator's."""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.h11_impl import H11Protocol

from broker.http.problems import ProblemError
from broker.http.responses import refusal

CONNECTIONS = 512
"""Over TCP: past that the one that asks nothing for the longest gives way, so that descriptors and memory last."""
REQUEST_SECONDS = 10.0
"""A client whose request isn't complete by then is let go."""
BUSY = refusal(
    ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once; try again in a second", Retry_After="1")
)
"""The answer to whoever comes while all others wait for theirs."""


class BoundedProtocol(H11Protocol):
    """One connection."""

    since = 0.0
    """When it began to ask nothing, in seconds of the loop's clock."""
    _deadline: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it has no request under way."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_local(self) -> bool:
        """Whether it came over the Unix socket, which only we can."""
        return self.server is not None and self.server[1] is None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A client has connected."""
        super().connection_made(transport)
        self._watch()
        strangers = [each for each in self.connections if isinstance(each, BoundedProtocol) and not each.is_local]
        if self.is_local or len(strangers) <= CONNECTIONS:
            return
        idle = [each for each in strangers if each.is_idle and each is not self]
        if idle:
            min(idle, key=lambda each: each.since).transport.close()
        else:
            headers = b"".join(b"%s: %s\r\n" % header for header in (*BUSY.raw_headers, (b"connection", b"close")))
            transport.write(
                b"HTTP/1.1 %d Service Unavailable\r\n%s\r\n" % (BUSY.status_code, headers) + bytes(BUSY.body)
            )
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Bytes have come in."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """An answer is written."""
        self.since = self.loop.time()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """See to it that a request that has begun is complete in time; uvicorn does between requests."""
        if not self.is_idle:
            self._unwatch()
        elif self._deadline is None:
            self.since = self.loop.time()
            self._deadline = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def _unwatch(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None
