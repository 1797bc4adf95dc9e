"""The examples follow the games, and come back when, and only when, they should."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import pytest

from service import browser
from service.examples import EXAMPLES_DIR, LANGUAGES, Example, Language, made_ready, run
from service.observed import encode, game, incompressible, quote
from service.requesting import request
from service.running import Service, free_port, now_ms, running
from service.visitor import visitors
from service.waiting import until
from service.web import fetch

FLOOD = 8_000
QUOTE_BYTES = 1_000
"""Together 8 MB, which neither the kernel nor the stream keeps for a subscriber that doesn't run."""
BATCH = 500
AGAIN = "connecting again in"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """With one worker, at which every example is."""
    with running(workers=1, drain_seconds=1) as service:
        yield service


@pytest.fixture(scope="module", params=LANGUAGES, ids=lambda each: each.name)
def language(request: pytest.FixtureRequest) -> Language:
    language: Language = request.param
    if why := language.why_absent():
        pytest.skip(why)
    return language


@pytest.fixture(scope="module")
def command(language: Language, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return made_ready(language, tmp_path_factory.mktemp(language.name))


@pytest.fixture
def game_id(language: Language, request: pytest.FixtureRequest) -> str:
    """A game of the test's own."""
    return f"{language.name}-{request.function.__name__}"


def follow(
    command: list[str], directory: Path, service: Service, key: str | None = None
) -> AbstractContextManager[Example]:
    return run(command, directory, f"{service.address}/ws/odds", key or service.key)


def known_key(service: Service, max_connections: int | None = None) -> str:
    """A key that the worker knows, and none of whose connections is taken by the question."""
    key, later = service.new_key(max_connections=max_connections), service.new_key()
    until(lambda: request(service.port, f"/ws/odds?key={later}").status == 101, "the key is known")
    return key


def dropped(service: Service) -> int:
    """Events dropped for those who are shown a new snapshot then."""
    count: int = fetch(service, "/status").json["dropped"]["resync"]
    return count


def test_it_follows_its_games_and_is_right_again_after_its_worker_died(
    service: Service, command: list[str], game_id: str, tmp_path: Path
) -> None:
    other = f"{game_id}-of-another"
    service.send([encode(game(game_id)), encode(game(other))])
    with follow(command, tmp_path, service) as example:
        example.until_shown(f"{other} 0 - 0 live")
        service.send([encode(game(game_id, score_home=7)), encode(quote(game_id, 120.5))])
        service.send([encode(quote(game_id, -110.5))])
        example.until_shown(f"{game_id} Book moneyline Home 120.5 → -110.5")
        assert f"{game_id} 0 - 7 live" in example.shown
        # What it doesn't see happens while it can't see anything.
        example.stop_running()
        service.kill("worker-1")
        service.send([encode(game(game_id, score_home=14)), encode(game(other, "final", score_home=3))])
        example.run_on()
        example.until_shown(f"{game_id} 0 - 14 live")
        # What is over is not in the snapshot: the score that it had before is forgotten.
        service.send([encode(game(other, "ended", score_home=3))])
        example.until_shown(f"{other} - ended")
        service.send([encode(game(game_id, "final", score_home=21))])
        example.until_shown(f"{game_id} 0 - 21 final")
        (told,) = example.told
        assert AGAIN in told
        lines = [line for line in example.shown if line.startswith((f"{game_id} 0 -", "snapshot:"))]
        scores = [line.removeprefix(f"{game_id} ").partition(":")[0] for line in lines]
        changes = ["0 - 21 live", "0 - 21 final", "0 - 21 final"]
        assert scores == ["snapshot", "0 - 0 live", "0 - 7 live", "snapshot", "0 - 14 live", *changes]


def test_it_is_right_again_after_it_was_too_slow(
    service: Service, command: list[str], game_id: str, random: Random, tmp_path: Path
) -> None:
    service.send([encode(game(game_id))])
    with follow(command, tmp_path, service) as example:
        example.until_shown(f"{game_id} 0 - 0 live")
        before = dropped(service)
        example.stop_running()
        for _ in range(0, FLOOD, BATCH):
            service.send([incompressible(random, game_id, QUOTE_BYTES) for _ in range(BATCH)])
        service.send([encode(game(game_id, score_home=7))])
        until(lambda: dropped(service) > before, "events are dropped")
        example.run_on()
        example.until_told("events dropped")
        example.until_shown(f"{game_id} 0 - 7 live")
        service.send([encode(game(game_id, score_home=14))])
        example.until_shown(f"{game_id} 0 - 14 live")
        assert [line for line in example.shown if line.startswith("snapshot:")][1:]
        assert not any(AGAIN in line for line in example.told)


def test_it_ends_when_its_key_is_revoked(service: Service, command: list[str], game_id: str, tmp_path: Path) -> None:
    key = known_key(service)
    service.send([encode(game(game_id))])
    with follow(command, tmp_path, service, key) as example:
        example.until_shown(f"{game_id} 0 - 0 live")
        service.keys.revoke(service.key_id(key), now_ms())
        assert example.until_ended() == 1
        assert example.told == ["closed: 1008 key revoked or expired"]


def test_it_ends_at_once_when_its_key_is_wrong(service: Service, command: list[str], tmp_path: Path) -> None:
    with follow(command, tmp_path, service, "pn_live_wrong") as example:
        assert example.until_ended() == 1
        assert [line.partition(" {")[0] for line in example.told] == ["refused: 401"]
        assert not example.shown


def test_it_waits_as_long_as_it_is_told_when_it_is_one_too_many(
    service: Service, command: list[str], game_id: str, tmp_path: Path
) -> None:
    key = known_key(service, max_connections=1)
    service.send([encode(game(game_id))])
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with follow(command, first, service, key) as example:
        example.until_shown(f"{game_id} 0 - 0 live")
        with follow(command, second, service, key) as one_too_many:
            told = one_too_many.until_told(AGAIN)
            assert told.startswith("refused: 429")
            assert told.endswith(f"{AGAIN} 5.0 s")


def test_its_pauses_double_and_are_a_matter_of_chance(command: list[str], tmp_path: Path) -> None:
    with run(command, tmp_path, f"ws://127.0.0.1:{free_port()}/ws/odds", "pn_live_any") as example:
        pauses = until(lambda: (found := _pauses(example))[2:] and found, "it has tried three times")
    for pause, longest in zip(pauses, (1, 2, 4), strict=False):
        assert longest / 2 <= pause <= longest
    assert len(set(pauses)) > 1


def _pauses(example: Example) -> list[float]:
    return [float(line.rpartition(f"{AGAIN} ")[2].removesuffix(" s")) for line in example.told if AGAIN in line]


def test_it_spreads_its_return_when_all_are_closed(
    service: Service, command: list[str], game_id: str, tmp_path: Path
) -> None:
    service.send([encode(game(game_id))])
    with follow(command, tmp_path, service) as example:
        example.until_shown(f"{game_id} 0 - 0 live")
        assert service.process
        service.process.send_signal(signal.SIGHUP)
        told = example.until_told(AGAIN)
        assert told.startswith("closed: 1012 service restart")
        assert (pause := re.search(r"([\d.]+) s$", told))
        assert 0.5 <= float(pause[1]) <= 10


def test_it_gives_a_silent_connection_up(
    service: Service, language: Language, game_id: str, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    impatient = made_ready(language, tmp_path_factory.mktemp("impatient"), impatient=True)
    service.send([encode(game(game_id))])
    with follow(impatient, tmp_path, service) as example:
        example.until_shown(f"{game_id} 0 - 0 live")
        worker = service.pid("worker-1")
        os.kill(worker, signal.SIGSTOP)
        try:
            example.until_told(AGAIN)
        finally:
            os.kill(worker, signal.SIGCONT)
        service.send([encode(game(game_id, score_home=7))])
        example.until_shown(f"{game_id} 0 - 7 live")


@pytest.mark.skipif(browser.why_absent() is not None, reason=browser.why_absent() or "")
def test_pasted_into_a_page_it_comes_back_too(service: Service, tmp_path: Path) -> None:
    source = (EXAMPLES_DIR / "subscriber.mjs").read_text()
    for placeholder, value in (("ws://127.0.0.1:8080", service.address), ("'pn_live_…'", f"'{service.key}'")):
        # Once in the usage for node, once in the program.
        assert placeholder in source
        source = source.replace(placeholder, value)
    service.send([encode(game("pasted"))])
    until(lambda: service.logged("started", child="http"), "a page is there")
    with visitors(tmp_path) as everybody, everybody.visit(service) as visitor:
        said: list[str] = []
        visitor.page.on("console", lambda message: said.append(message.text))

        def until_said(line: str) -> None:
            # What a page says is only heard while it is spoken to.
            until(lambda: visitor.page.evaluate("true") and line in said, f"{line!r} is said")

        # Any page that lets scripts in: a blank one would not be allowed to reach this host.
        visitor.page.goto(f"{visitor.address}health")
        visitor.page.add_script_tag(type="module", content=source)
        until_said("pasted 0 - 0 live")
        service.kill("worker-1")
        service.send([encode(game("pasted", score_home=7))])
        until_said("pasted 0 - 7 live")
        assert [line for line in said if line.startswith("closed: 1006") and AGAIN in line]
