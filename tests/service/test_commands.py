"""The command line against a running service, each command in a process of its own."""

import asyncio
import gzip
import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from service.derived import derive
from service.observed import encode, game, last_word, quote
from service.requesting import request
from service.running import Service
from service.subscriber import Subscriber
from service.waiting import eventually, until

COMMAND_SECONDS = 20


def run(service: Service, *words: str, stdin: bytes = b"", code: int = 0, **options: object) -> tuple[str, str]:
    """Run a command to its end.

    Returns:
        What it printed on standard output and on standard error.
    """
    ended = subprocess.run(
        service.command(*words, **options),
        input=stdin,
        capture_output=True,
        timeout=COMMAND_SECONDS,
        env=service.environment,
        check=False,
    )
    assert ended.returncode == code, ended.stderr.decode()
    return ended.stdout.decode(), ended.stderr.decode()


def test_keys_are_created_listed_and_revoked_while_the_service_runs(service: Service) -> None:
    printed, _ = run(service, "keys", "create", name="Ann", channels="live", data_dir=service.data_dir)
    key = printed.strip()
    target = f"/ws/live?key={key}"
    until(lambda: request(service.port, target).status == 101, "the key opens", 2)
    assert request(service.port, f"/ws/odds?key={key}").status == 403
    listed, _ = run(service, "keys", "list", "--json", data_dir=service.data_dir)
    assert key not in listed
    (ann,) = [stored for stored in json.loads(listed) if stored["name"] == "Ann"]

    async def scenario() -> None:
        subscriber = await Subscriber.join(service, "live", key)
        await asyncio.to_thread(run, service, "keys", "revoke", ann["key_id"], data_dir=service.data_dir)
        assert (await subscriber.until_closed())[0] == 1008

    asyncio.run(scenario())
    assert request(service.port, target).status == 401


def test_a_key_is_rotated_while_the_service_runs(service: Service) -> None:
    old = service.new_key(channels=("live",))
    printed, told = run(service, "keys", "rotate", service.key_id(old), grace="1h", data_dir=service.data_dir)
    new = printed.strip()
    until(lambda: request(service.port, f"/ws/live?key={new}").status == 101, "the new key opens", 2)
    assert request(service.port, f"/ws/odds?key={new}").status == 403
    assert request(service.port, f"/ws/live?key={old}").status == 101
    assert "good until" in told
    assert new not in told


def test_publish_takes_the_good_lines_of_standard_input_and_names_the_bad_ones(service: Service) -> None:
    lines = [encode(game("published")), b"junk", b"", encode(quote("published", 120.0)), encode(quote("nobody", 120.0))]

    async def scenario() -> None:
        async with await Subscriber.join(service, "odds") as subscriber:
            _, told = await asyncio.to_thread(
                run, service, "publish", stdin=b"\n".join(lines), code=1, runtime_dir=service.runtime_dir
            )
            service.send(last_word("last-published"))
            await subscriber.until_last("last-published")
            assert subscriber.events == derive([[lines[0], lines[3]], last_word("last-published")])
            *rejections, summary = told.splitlines()
            assert [rejection.split(": ")[0] for rejection in rejections] == ["stdin:2", "stdin:5"]
            assert "2 observations accepted, 2 rejected, 3 events" in summary

    asyncio.run(scenario())


def test_replay_plays_several_files_as_one_by_their_times(service: Service, tmp_path: Path) -> None:
    lines = [encode({**game("replayed"), "ts": 1_000})]
    lines += [encode({**quote("replayed", 100.0 + number), "ts": 1_000 + number}) for number in range(1, 2_000)]
    plain, packed = tmp_path / "plain.jsonl", tmp_path / "packed.jsonl.gz"
    plain.write_bytes(b"\n".join(lines[::2]))
    packed.write_bytes(gzip.compress(b"\n".join(lines[1::2])))

    async def scenario() -> None:
        async with await Subscriber.join(service, "odds") as subscriber:
            _, told = await asyncio.to_thread(
                run, service, "replay", str(packed), str(plain), speed="max", runtime_dir=service.runtime_dir
            )
            service.send(last_word("last-replayed"))
            await subscriber.until_last("last-replayed")
            assert subscriber.events == derive([lines, last_word("last-replayed")])
            assert "2000 observations accepted, 0 rejected" in told

    asyncio.run(scenario())


def test_status_tells_how_the_service_stands(service: Service) -> None:
    async def scenario() -> None:
        async with await Subscriber.join(service, "live"), await Subscriber.join(service, "odds"):
            await eventually(lambda: standing(service)["subscribers"] == {"total": 2, "live": 1, "odds": 1}, "both")

    asyncio.run(scenario())
    screen, _ = run(service, "status", http_port=service.http_port)
    for part in ("● reports", "of 20,000", "worker-1", "worker-2"):
        assert part in screen


def standing(service: Service) -> dict[str, Any]:
    """What `status --json` prints."""
    printed, _ = run(service, "status", "--json", http_port=service.http_port)
    figures: dict[str, Any] = json.loads(printed)
    return figures


def test_status_at_a_terminal_is_drawn_each_second_until_interrupted(service: Service) -> None:
    controller, terminal = os.openpty()
    with os.fdopen(controller, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            service.command("status", http_port=service.http_port),
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            env={**service.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
        )
        os.close(terminal)
        drawn = b""
        while drawn.count(b"reports") < 3:
            drawn += screen.read(4096)
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # The terminal is hung up at its end (pty(7)).
            while screen.read(4096):
                pass
        assert process.wait(COMMAND_SECONDS) == 0


def test_good_settings_are_said_to_be_good(service: Service) -> None:
    assert run(service, "serve", "--check", workers=3, drain_seconds=0.5)[0] == "the settings are good\n"


@pytest.mark.parametrize(
    ("option", "value"), [("port", "banana"), ("workers", 0), ("durability", "never"), ("colour", "blue")]
)
def test_bad_settings_are_named_in_a_sentence(service: Service, option: str, value: object) -> None:
    _, told = run(service, "serve", "--check", f"--{option}", str(value), code=2)
    assert f"--{option}" in told
    assert told.count("\n") == 1
