"""How the service stands, by what the broker reports."""

from reported import counts_of, report

from broker.http.standing import INTERVAL_SECONDS, STALE_SECONDS, Seats, Standing


def standing_with(*workers: object, held: int = 0, at: float = 10.0) -> Standing:
    standing = Standing(20_000, 0.0)
    standing.take(report(*workers, seats_held=held), at)  # type: ignore[arg-type]
    return standing


def test_health_is_a_line_with_all_subscribers() -> None:
    standing = standing_with(counts_of(1, live=3, odds=4), counts_of(2, live=1, odds=2))
    assert standing.health(10.5) == (True, "ok total=10 live=4 odds=6 cap=20000")


def test_a_silent_broker_is_not_well() -> None:
    standing = standing_with(counts_of(1, live=3))
    assert standing.health(10.0 + STALE_SECONDS - 0.1)[0]
    assert standing.health(10.0 + STALE_SECONDS) == (
        False,
        "the broker is silent for 3 s; last known total=3 live=3 odds=0 cap=20000",
    )


def test_before_the_first_report_nothing_is_known() -> None:
    standing = Standing(20_000, 0.0)
    assert standing.age(5.0) is None
    is_well, line = standing.health(5.0)
    assert (is_well, line) == (
        False,
        "the broker has not reported yet; last known total=0 live=0 odds=0 cap=20000",
    )
    assert standing.readiness(5.0) == (False, line)


def test_it_is_ready_while_a_worker_takes_subscribers() -> None:
    assert standing_with(counts_of(1, live=0)).readiness(10.0) == (True, "ready")
    assert standing_with(counts_of(1)).readiness(10.0) == (False, "no worker is ready")
    assert standing_with().readiness(10.0) == (False, "no worker is ready")
    assert not standing_with(counts_of(1, live=0)).readiness(10.0 + STALE_SECONDS)[0]


def test_a_service_that_ends_is_well_and_not_ready() -> None:
    standing = standing_with(counts_of(1, live=0))
    standing.is_draining = True
    assert standing.readiness(10.0) == (False, "the service ends")
    assert standing.health(10.0)[0]


def test_seats_are_taken_spare_or_free() -> None:
    assert standing_with(counts_of(1, live=3, odds=4), held=64).seats == Seats(64, 7, 57, 19_936)


def test_rates_are_between_reports_a_second_apart() -> None:
    standing = standing_with(counts_of(1, delivered=10))
    assert standing.earlier is None
    standing.take(report(counts_of(1, delivered=15)), 10.0 + INTERVAL_SECONDS / 2)
    assert standing.earlier is None
    standing.take(report(counts_of(1, delivered=20)), 11.0)
    assert standing.earlier
    assert standing.latest
    assert (standing.earlier.total.delivered, standing.latest.total.delivered) == (10, 20)
    assert (standing.earlier.at, standing.latest.at) == (10.0, 11.0)
