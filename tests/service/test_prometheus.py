"""A real Prometheus scrapes a real service, and tells when its feed stops."""

import asyncio

import pytest

from service.feeding import feeding
from service.prometheus_server import command, scraping
from service.running import running
from service.subscriber import Subscriber
from service.waiting import eventually, until
from service.web import fetch

FEED_STOPPED = "BooksRelayerFeedStopped"

pytestmark = pytest.mark.skipif(command() is None, reason="Prometheus is not there: scripts/test unpacks it on Debian")


def test_the_alert_fires_once_the_feed_stops_and_is_over_when_it_flows_again() -> None:
    async def scenario() -> None:
        with running(workers=1) as service, scraping(service) as prometheus:
            async with await Subscriber.join(service, "odds"):
                with feeding(service):
                    await eventually(lambda: prometheus.value("up") == 1, "the service is scraped", 60)
                    rate = "rate(books_relayer_events_total{type='price_change'}[10s])"
                    await eventually(lambda: (prometheus.value(rate) or 0) > 10, "events are counted", 60)
                    quantile = "histogram_quantile(0.99, rate(books_relayer_ingest_to_socket_seconds_bucket[10s]))"
                    await eventually(lambda: 0 < (prometheus.value(quantile) or 0) < 10, "latency is measured", 60)
                    assert prometheus.value("sum(books_relayer_subscribers)") == 1
                    assert FEED_STOPPED not in prometheus.firing()
                await eventually(lambda: FEED_STOPPED in prometheus.firing(), "the alert fires", 60)
                assert prometheus.firing() == {FEED_STOPPED}
            with feeding(service):
                await asyncio.to_thread(until, lambda: not prometheus.firing(), "the alert is over", 60)
            assert fetch(service, "/health").status == 200

    asyncio.run(scenario())
