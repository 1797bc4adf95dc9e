"""The page in a real browser, fed by the real service."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page
from prometheus_client.parser import text_string_to_metric_families

from service.browser import why_absent
from service.feeding import feeding
from service.observed import encode, game, quote
from service.proxies import KINDS, Kind
from service.recorded import in_batches, with_pulls
from service.running import Service, now_ms, running
from service.shown import games_expected, games_shown, tables_expected, tables_shown
from service.truth import final_games, final_prices
from service.visitor import AXE, Scheme, Visitor, Visitors, figure, visitors
from service.waiting import until

pytestmark = pytest.mark.skipif(why_absent() is not None, reason=why_absent() or "")

SUNDAY = "nfl-2025-10-12"
FOLLOWED = "97724-68456-2025-10-12"
"""A game that has prices until near the end of the recording."""
FOLLOWED_SLUG = "nfl-sea-jax-2025-10-12"
THIRDS = 3
BATCH = 200
FED_A_SECOND = 50
"""Events, while an operator looks."""
LOOK_SECONDS = 30.0
"""A withdrawn price and a last play make no event: the page looks for them every few seconds."""
DESKTOP = (1280, 800)
PHONE = (360, 740)
TOKEN = "a-token-that-is-hard-to-guess"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitors]:
    with visitors(tmp_path_factory.mktemp("screenshots")) as everybody:
        yield everybody


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(TOKEN)
    with running(admin_token=token) as service:
        until(lambda: service.logged("started", child="http"), "the page is served")
        yield service


def a_game_with_prices(service: Service, game_id: str) -> None:
    """A game whose moneyline three books quote."""
    books = ("BetMGM", "DraftKings", "FanDuel")
    quotes = [quote(game_id, -110.0 - 5 * n, side, book) for n, book in enumerate(books) for side in ("Home", "Away")]
    assert not service.send([encode(game(game_id)), *map(encode, quotes)]).rejected


def text_of(page: Page, selector: str) -> str:
    return page.locator(selector).inner_text()


def test_scores_and_prices_follow_a_recorded_sunday(chromium: Visitors) -> None:
    batches = in_batches(with_pulls(SUNDAY), BATCH)
    cuts = [len(batches) * third // THIRDS for third in range(THIRDS + 1)]
    with (
        running() as service,
        chromium.visit(service, height=1000) as fan,
        chromium.visit(service, width=1440, height=1000, scheme="dark") as bettor,
    ):
        until(lambda: service.logged("started", child="http"), "the page is served")
        fan.open()
        bettor.open(f"/game/{FOLLOWED_SLUG}")
        fan.until_live()
        bettor.until_live()
        for third, (start, end) in enumerate(pairwise(cuts), 1):
            for batch in batches[start:end]:
                service.send(batch)
            games = games_expected(final_games(service.data_dir).values())
            tables = tables_expected(final_prices(service.data_dir), FOLLOWED)
            assert bool(tables) == (third < THIRDS)
            until(lambda: games_shown(fan.page) == games, "the scoreboard shows the state", LOOK_SECONDS)  # noqa: B023
            until(lambda: tables_shown(bettor.page) == tables, "the tables show the state", LOOK_SECONDS)  # noqa: B023
            fan.shoot(f"sunday-scores-{third}")
            bettor.shoot(f"sunday-prices-{third}")
        fan.assert_content()
        # The game was not there yet when the page first asked.
        bettor.assert_content(excused="404")


def test_a_page_whose_worker_was_killed_comes_back(chromium: Visitors) -> None:
    with running(workers=1) as service, chromium.visit(service) as visitor:
        until(lambda: service.logged("started", child="http"), "the page is served")
        a_game_with_prices(service, "before")
        visitor.open("/game/before")
        visitor.until_live()
        visitor.until("document.querySelectorAll('.prices tbody tr').length === 2", "the prices are there")
        service.kill("worker-1")
        visitor.until("!document.getElementById('notice').hidden", "the page says that it is not connected")
        visitor.shoot("not-connected")
        # What happens while nobody is connected is in no event that the page receives.
        service.send([encode(game("before", score_home=7)), encode(quote("before", 150.0, "Home", "FanDuel"))])
        visitor.until_live()
        visitor.until(
            "document.querySelector('.game-head .side:nth-child(2) .score').textContent === '7'", "it has the score"
        )
        until(
            lambda: tables_shown(visitor.page) == tables_expected(final_prices(service.data_dir), "before"), "the price"
        )
        assert visitor.page.locator("#notice").is_hidden()
        # And it follows again.
        service.send([encode(game("before", score_home=14)), encode(quote("before", 155.0, "Home", "FanDuel"))])
        until(lambda: tables_shown(visitor.page)["Moneyline"]["Home"].best == "+155", "the price that came last")
        visitor.assert_content(excused="WebSocket")


def test_the_operators_view_shows_what_the_metrics_say(service: Service, chromium: Visitors) -> None:
    a_game_with_prices(service, "for-operators")
    with (
        feeding(service, FED_A_SECOND),
        chromium.visit(service) as fan,
        chromium.visit(service) as bettor,
        chromium.visit(service) as operator,
    ):
        fan.open()
        bettor.open("/game/for-operators")
        fan.until_live()
        bettor.until_live()
        # No key is needed for it.
        operator.page.goto(f"{operator.address}#/operator")
        until(lambda: of_channels(counts_told(service)) == {"live": 1, "odds": 1}, "the metrics tell of both")
        until(lambda: counts_shown(operator.page) == counts_told(service), "both tell the same", LOOK_SECONDS)
        assert text_of(operator.page, ".figures dd .value >> nth=0") == "2"
        assert "of 20,000 · 1 live, 1 odds" in text_of(operator.page, ".figures")
        for name in ("Events", "Deliveries", "Latency, p99"):
            until(lambda: has_figure(operator.page, name), f"{name} are told")  # noqa: B023
        assert operator.page.locator(".plot canvas").count() == 6
        assert text_of(operator.page, "section:has(h2:text-is('Books')) tbody").count("ago") >= 3
        operator.shoot("operator")
        operator.assert_content()


def has_figure(page: Page, name: str) -> bool:
    """Whether one of the six has a value other than none."""
    return re.search("[1-9]", text_of(page, f".figures div:has(dt:text-is('{name}')) .value")) is not None


def of_channels(counts: dict[tuple[str, str], int]) -> dict[str, int]:
    """Summed over the workers."""
    summed: Counter[str] = Counter()
    for (channel, _), count in counts.items():
        summed[channel] += count
    return dict(summed)


def counts_shown(page: Page) -> dict[tuple[str, str], int]:
    """Subscribers by channel and worker, in the table of workers."""
    rows = page.locator("section:has(h2:text-is('Workers')) tbody tr")
    cells = [row.locator("th, td").all_inner_texts() for row in rows.all()]
    return {(channel, row[0]): figure(row[place]) for row in cells for place, channel in ((1, "live"), (2, "odds"))}


def counts_told(service: Service) -> dict[tuple[str, str], int]:
    """Likewise, in the metrics."""
    with urlopen(f"http://127.0.0.1:{service.http_port}/metrics") as response:
        families = list(text_string_to_metric_families(response.read().decode()))
    samples = [sample for family in families for sample in family.samples if sample.name == "books_relayer_subscribers"]
    return {(sample.labels["channel"], sample.labels["worker"]): int(sample.value) for sample in samples}


def test_an_operator_closes_a_subscriber(service: Service, chromium: Visitors) -> None:
    with chromium.visit(service) as fan, chromium.visit(service) as operator:
        fan.open()
        fan.until_live()
        operator.page.goto(f"{operator.address}#/operator")
        operator.enter("not-the-token-at-all")
        until(lambda: "not accepted" in text_of(operator.page, ".subscribers"), "the wrong token is refused")
        operator.enter(TOKEN)
        row = operator.page.locator(".subscribers tbody tr")
        row.wait_for()
        assert "live" in row.inner_text()
        operator.shoot("operator-subscribers")
        row.get_by_role("button").click()
        operator.page.get_by_role("button", name="Close it").click()
        row.wait_for(state="detached")
        until(lambda: "The operator closed" in text_of(fan.page, "#notice"), "its person is told")
        fan.page.get_by_role("button", name="Connect now").click()
        fan.until_live()
        row.wait_for()
        assert operator.page.evaluate("localStorage.length") == 0


def test_a_wrong_key_is_refused_and_not_kept(service: Service, chromium: Visitors) -> None:
    with chromium.visit(service) as visitor:
        visitor.open(key="pn_live_" + "x" * 32)
        until(lambda: "not accepted" in text_of(visitor.page, "main"), "the key is refused")
        visitor.shoot("wrong-key")
        assert visitor.page.evaluate("sessionStorage.length") == 0
        visitor.enter(service.key)
        visitor.until_live()
        assert service.key not in visitor.page.url
        assert visitor.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        # A reload keeps the key, for it is the same tab.
        visitor.page.reload()
        visitor.until_live()
        visitor.page.get_by_role("button", name="Forget key").click()
        visitor.page.reload()
        visitor.page.get_by_label("Your key").wait_for()


def test_a_revoked_key_is_asked_for_and_the_page_does_not_come_back_by_itself(
    service: Service, chromium: Visitors
) -> None:
    key = service.new_key()
    with chromium.visit(service) as visitor:
        visitor.open(key=key)
        visitor.until_live()
        service.keys.revoke(service.key_id(key), now_ms())
        visitor.page.get_by_label("Your key").wait_for()
        # The stream is closed for it, or an answer over HTTP is first.
        assert "revoked" in text_of(visitor.page, "main")
        visitor.assert_content(excused="401")


def test_a_score_and_a_price_are_marked_for_a_moment(service: Service, chromium: Visitors) -> None:
    a_game_with_prices(service, "marked")
    with chromium.visit(service, wants_motion=False) as visitor:
        visitor.open("/game/marked")
        visitor.page.locator(".prices tbody tr").first.wait_for()
        visitor.until("document.querySelectorAll('.prices tbody td:not(.none)').length === 8", "all prices are there")
        service.send([encode(game("marked", score_home=3)), encode(quote("marked", 120.0, "Home", "BetMGM"))])
        service.send([encode(quote("marked", -200.0, "Away", "BetMGM"))])
        visitor.until("document.querySelectorAll('[data-moved=up], [data-moved=down]').length === 2", "both are marked")
        visitor.page.locator(".score[data-moved]").wait_for()
        visitor.until("!document.querySelector('[data-moved]')", "the moment is over")
        # Nothing fades for who wants no motion.
        assert visitor.page.evaluate("document.getAnimations().length") == 0
        visitor.assert_content()


def test_texts_are_texts_whatever_they_say(service: Service, chromium: Visitors) -> None:
    nasty = "<img src=x onerror=alert(1)>"
    hostile = game("nasty")
    hostile["game"]["home_team"] = {**hostile["game"]["home_team"], "name": nasty}
    hostile["game"]["scores"]["last_play"] = f"<script>{nasty}</script>"
    service.send([encode(hostile), encode(quote("nasty", 100.0, nasty, nasty))])
    with chromium.visit(service) as visitor:
        visitor.open("/game/nasty")
        visitor.page.locator(".prices tbody tr").wait_for()
        assert nasty in text_of(visitor.page, ".game-head")
        assert nasty in text_of(visitor.page, ".prices")
        assert visitor.page.locator("main img").count() == 0
        visitor.page.goto(f"{visitor.address}#/")
        visitor.page.locator(".card").first.wait_for()
        assert nasty in text_of(visitor.page, "main")
        visitor.assert_content()


def test_all_is_within_reach_of_the_keyboard(service: Service, chromium: Visitors) -> None:
    a_game_with_prices(service, "by-keyboard")
    with chromium.visit(service) as visitor:
        visitor.open()
        visitor.page.locator("a[href='#/game/by-keyboard']").wait_for()
        # The first stop of a page that was just loaded leads past its head, to the games.
        visitor.page.reload()
        visitor.page.locator("a[href='#/game/by-keyboard']").wait_for()
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate("document.activeElement.id") == "skip"
        visitor.page.keyboard.press("Enter")
        visitor.page.keyboard.press("Tab")
        while (place := visitor.page.evaluate("document.activeElement.hash")) != "#/game/by-keyboard":
            assert place.startswith("#/game/")
            visitor.page.keyboard.press("Tab")
        visitor.page.keyboard.press("Enter")
        outcome = visitor.page.get_by_role("button", name="Home")
        outcome.wait_for()
        outcome.focus()
        visitor.page.keyboard.press("Enter")
        assert outcome.get_attribute("aria-pressed") == "true"
        assert re.search("Home", text_of(visitor.page, ".trend h2"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_each_view_is_good_to_everybody(
    service: Service, chromium: Visitors, scheme: Scheme, size: tuple[int, int]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in tests/service/node, as scripts/test does")
    a_game_with_prices(service, "for-everybody")
    width, height = size
    with chromium.visit(service, width=width, height=height, scheme=scheme) as visitor:
        name = f"{scheme}-{width}"
        visitor.page.goto(visitor.address)
        visitor.page.get_by_label("Your key").wait_for()
        examine(visitor, f"key-{name}", width)
        visitor.open()
        visitor.page.locator(".card").first.wait_for()
        examine(visitor, f"scores-{name}", width)
        visitor.page.goto(f"{visitor.address}#/game/for-everybody")
        visitor.page.locator(".trend:not([hidden])").wait_for()
        examine(visitor, f"prices-{name}", width)
        visitor.page.goto(f"{visitor.address}#/operator")
        visitor.page.locator(".figures").wait_for()
        visitor.enter(TOKEN)
        visitor.page.locator(".subscribers .scroll").wait_for()
        examine(visitor, f"operator-{name}", width)
        visitor.assert_content()


def examine(visitor: Visitor, name: str, width: int) -> None:
    """A picture of it, nothing against it, and nothing that sticks out sideways."""
    visitor.shoot(name)
    assert visitor.violations() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_behind_a_proxy_page_and_stream_come_over_tls_from_one_address(
    chromium: Visitors, service: Service, kind: Kind
) -> None:
    if kind.why_absent:
        pytest.skip(kind.why_absent)
    a_game_with_prices(service, "proxied")
    with (
        kind.before(service.port, {"127.0.0.1:8081": f"127.0.0.1:{service.http_port}"}) as proxy,
        chromium.visit(service, proxy=proxy) as visitor,
    ):
        visitor.open("/game/proxied")
        visitor.until_live()
        assert not service.send([encode(quote("proxied", 250.0, "Home", "BetMGM"))]).rejected
        until(lambda: "+250" in text_of(visitor.page, "main"), "a price moves")
        visitor.assert_content()
