"""Clients that nobody here wrote read compressed events exactly: whenever they join, and after they have lost some."""

import asyncio
import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from random import Random
from typing import NamedTuple

import pytest

from broker.messages import Channel
from service.crowds import KINDS, Client, Crowd, Kind
from service.derived import derive
from service.observed import LAST_GAME, incompressible, last_word, made_up_day
from service.recorded import in_batches, is_there, with_pulls
from service.running import Service, running
from service.subscriber import GREETING_FRAMES, is_new_game
from service.truth import Truth, snapshot_text
from service.waiting import eventually

DAY = "nfl-2025-10-12"
BATCH_LINES = 8
BEFORE_LINES, MEANWHILE_LINES, AFTER_LINES = 2400, 800, 1600
"""Observations before some stop reading, while they don't, and after that."""
JOINERS = 50
STALLING = ("websockets", "aiohttp-12", "node-ws", "chromium")
"""Kinds of which those stop reading that have joined by then."""
NOISE_EVENTS = 160
"""Fewer than the 256 that may wait for each: who is only slow to read them loses none."""
NOISE_BYTES = 16_000
"""2.5 MB in all that can't be compressed much: up to 0.8 MB lie on the way to a client that doesn't read."""
FROZEN_SECONDS = 2.5
"""Time in which its socket takes nothing, after which a client counts as frozen: about one second is the rule."""
NOISE_GAME, NOISE_END = "noise", "noise-end"
READ_SECONDS = 60.0
ALONE_LINES = 1500
FEWER_BYTES = 6
"""Times fewer bytes at the least that a short stretch is worth, from a reset on; test_compressed_bytes.py measures."""


class Joiner(NamedTuple):
    """When a client joins, before which batch of which part, and what it is."""

    batch: int
    crowd: Crowd
    kind: Kind
    channel: Channel


class Joined(NamedTuple):
    """A client and what it is."""

    client: Client
    kind: Kind
    channel: Channel


@pytest.fixture
def service() -> Iterator[Service]:
    """One for each test: the journal then holds its events alone."""
    with running() as service:
        yield service


def day(random: Random, count: int) -> list[bytes]:
    """Observations as they were recorded, where there is a recording."""
    return with_pulls(DAY)[:count] if is_there(DAY) else made_up_day(random, count)


def test_fifty_that_join_at_any_moment_and_stop_reading_at_times_read_exactly_what_was_sent(service: Service) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    asyncio.run(_fifty(service, Random(seed)))


async def _fifty(service: Service, random: Random) -> None:
    batches = in_batches(day(random, BEFORE_LINES + MEANWHILE_LINES + AFTER_LINES), BATCH_LINES)
    before, after = BEFORE_LINES // BATCH_LINES, (BEFORE_LINES + MEANWHILE_LINES) // BATCH_LINES
    kinds = [kind for kind in KINDS if not kind.why_absent]
    async with AsyncExitStack() as stack:
        crowds = {kind.name: await stack.enter_async_context(kind.crowd()) for kind in kinds}
        joiners = [_joiner(number, crowds, kinds, random, before, after, len(batches)) for number in range(JOINERS)]
        stalling = [crowds[kind.name] for kind in kinds if kind.name in STALLING]
        early = await _play(service, batches[:before], 0, joiners)
        for crowd in stalling:
            crowd.stop_reading()
        await asyncio.to_thread(_send_noise, service, random)
        for one in early:
            if one.kind.name not in STALLING:
                await _read_up(one.client, NOISE_END)
        await asyncio.sleep(FROZEN_SECONDS)
        meanwhile = await _play(service, batches[before:after], before, joiners)
        for crowd in stalling:
            crowd.read_on()
        late = await _play(service, batches[after:], after, joiners)
        service.send(last_word())
        joined = [*early, *meanwhile, *late]
        assert len(joined) == JOINERS
        for one in joined:
            await _read_up(one.client)
    truth = Truth.read(service.data_dir)
    for one in joined:
        assert one.client.extension == one.kind.extension
        lost = _read_exactly(one, truth)
        has_stalled = one in early and one.kind.name in STALLING and one.channel == "odds"
        assert (lost > 0) == has_stalled, (one.kind, one.channel)


def _joiner(
    number: int, crowds: dict[str, Crowd], kinds: Sequence[Kind], random: Random, before: int, after: int, end: int
) -> Joiner:
    """Of each kind in turn; half of those that stop reading before they do, and the others afterwards."""
    kind = kinds[number % len(kinds)]
    turn = number // len(kinds)
    if kind.name in STALLING:
        batch = random.randrange(before) if turn % 2 == 0 else random.randrange(after, end)
    else:
        batch = random.randrange(end)
    return Joiner(batch, crowds[kind.name], kind, "live" if turn % 4 == 3 else "odds")


async def _play(
    service: Service, batches: Sequence[Sequence[bytes]], first: int, joiners: Sequence[Joiner]
) -> list[Joined]:
    """Send batches, from a number on, while clients join: the events flow on meanwhile."""
    joining: list[asyncio.Task[Joined]] = []
    for number, batch in enumerate(batches, first):
        joining += [asyncio.create_task(_join(service, joiner)) for joiner in joiners if joiner.batch == number]
        await asyncio.to_thread(service.send, batch)
    return list(await asyncio.gather(*joining))


async def _join(service: Service, joiner: Joiner) -> Joined:
    client = await joiner.crowd.join(service, joiner.channel, on_lag="notify")
    return Joined(client, joiner.kind, joiner.channel)


def _send_noise(service: Service, random: Random) -> None:
    service.send(last_word(NOISE_GAME))
    for _ in range(NOISE_EVENTS):
        service.send([incompressible(random, NOISE_GAME, NOISE_BYTES)])
    service.send(last_word(NOISE_END))


async def _read_up(client: Client, game_id: str = LAST_GAME) -> None:
    """Wait until it has read of a game that was sent last."""
    await eventually(lambda: is_new_game(client.frames[-1], game_id), f"a client has read of {game_id}", READ_SECONDS)


def _read_exactly(joined: Joined, truth: Truth) -> int:
    """Check a client against the truth: it has lost what it was told to have lost, and read all the rest."""
    emitted = truth.events(joined.channel)
    welcome, snapshot, *frames = joined.client.frames
    lags = {number: json.loads(frame)["dropped"] for number, frame in enumerate(frames) if _is_notice(frame)}
    place = joined_at = len(emitted) - (len(frames) - len(lags)) - sum(lags.values())
    for number, frame in enumerate(frames):
        if number in lags:
            place += lags[number]
            continue
        assert frame == emitted[place], joined
        place += 1
    assert place == len(emitted)
    assert json.loads(welcome)["type"] == "welcome"
    images = [point.image for point in truth.join_points() if point.counts[joined.channel] == joined_at]
    ts = json.loads(snapshot)["ts"]
    assert snapshot in [snapshot_text(joined.channel, ts, image) for image in images]
    return sum(lags.values())


def _is_notice(frame: str) -> bool:
    return frame.startswith('{"type":"lagged"')


@pytest.mark.skipif(shutil.which("ss") is None, reason="needs ss, of Debian's iproute2")
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_its_kernel_counts_a_fraction_of_the_bytes(service: Service, kind: Kind) -> None:
    if kind.why_absent:
        pytest.skip(kind.why_absent)
    lines = day(Random(1), ALONE_LINES)

    async def scenario() -> None:
        async with kind.crowd() as crowd:
            client = await crowd.join(service, "odds")
            before = _received_bytes(service.port)
            for batch in in_batches(lines, BATCH_LINES):
                await asyncio.to_thread(service.send, batch)
            service.send(last_word())
            await _read_up(client)
            received = _received_bytes(service.port) - before
            events = client.frames[GREETING_FRAMES:]
            assert events == derive([*in_batches(lines, BATCH_LINES), last_word()])
            plain = sum(len(event.encode()) for event in events)
            print(f"{kind}: {received} bytes for {plain}, {plain / received:.1f} times fewer")
            assert received * FEWER_BYTES < plain

    asyncio.run(scenario())


def _received_bytes(port: int) -> int:
    """What the kernel has received for all clients of a port (ss(8), tcp_info)."""
    shown = subprocess.run(
        ["ss", "-tinH", "state", "established", f"dport = :{port}"], check=True, capture_output=True, text=True
    ).stdout
    return sum(int(count) for count in re.findall(r"bytes_received:(\d+)", shown))
