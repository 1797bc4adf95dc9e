"""`publish` and `replay` against a broker in a thread that knows which observations it dislikes."""

import gzip
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from click.testing import CliRunner, Result
from msgspec import json

from broker import producer
from broker.cli import program
from broker.cli.publish import arriving
from broker.observations import OBSERVATION_LIMIT_BYTES, Rejection
from broker.producer import Receipt
from broker.recordings import Line


class DislikingBroker:
    """Takes every line but those with `bad` in them; `lines` are all that came, also of batches that it refused."""

    def __init__(self, endpoint: str) -> None:
        self.lines: list[bytes] = []
        self.refusals = 0
        """How many batches it can't store, from now on."""
        self._came = threading.Condition()
        self._context = zmq.Context()
        self._router = self._context.socket(zmq.ROUTER)
        self._router.bind(endpoint)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._router.poll(10):
                peer, batch_id, payload = self._router.recv_multipart()
                lines = payload.split(b"\n")
                bad = [n for n, line in enumerate(lines) if b"bad" in line]
                rejected = tuple(Rejection(n, "disliked") for n in bad)
                receipt = Receipt(len(lines) - len(bad), len(lines), rejected)
                if self.refusals:
                    self.refusals -= 1
                    receipt = Receipt(0, 0, (), "the disk is full")
                self._router.send_multipart([peer, batch_id, json.encode(receipt)])
                with self._came:
                    self.lines += lines
                    self._came.notify_all()

    def wait_for(self, count: int) -> None:
        with self._came:
            assert self._came.wait_for(lambda: len(self.lines) >= count, timeout=20)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._router.close(linger=0)
        self._context.term()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[DislikingBroker]:
    broker = DislikingBroker(f"ipc://{tmp_path}/ingest.sock")
    yield broker
    broker.close()


def _run(tmp_path: Path, *args: str | Path) -> Result:
    env = {"BOOKS_RELAYER_RUNTIME_DIR": str(tmp_path)}
    return CliRunner().invoke(program, [str(arg) for arg in args], env=env)


def _file(path: Path, *texts: str) -> Path:
    content = "\n".join(texts).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_publish_sends_files_in_their_order(tmp_path: Path, broker: DislikingBroker) -> None:
    first = _file(tmp_path / "a.jsonl", *(f'{{"n":{n}}}' for n in range(600)))
    second = _file(tmp_path / "b.jsonl.gz", '{"n":600}', "", '{"n":601}')
    result = _run(tmp_path, "publish", first, second)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "602 observations accepted, 0 rejected, 602 events" in result.stderr
    assert broker.lines == [f'{{"n":{n}}}'.encode() for n in range(602)]


def test_publish_names_each_rejected_line(tmp_path: Path, broker: DislikingBroker) -> None:
    file = _file(tmp_path / "a.jsonl", "{1}", "", "{bad2}", "{3}", "[bad]")
    result = _run(tmp_path, "publish", file)
    assert result.exit_code == 1
    assert f"{file}:3: disliked\n{file}:5: disliked\n" in result.stderr
    assert "2 observations accepted, 2 rejected" in result.stderr


def test_publish_of_a_missing_file_fails(tmp_path: Path, broker: DislikingBroker) -> None:
    result = _run(tmp_path, "publish", tmp_path / "none.jsonl")
    assert result.exit_code == 1
    assert "can't read" in result.stderr.splitlines()[-1]


def test_a_line_that_is_too_long_is_not_carried_to_the_broker_whole(tmp_path: Path, broker: DislikingBroker) -> None:
    file = _file(tmp_path / "a.jsonl", "x" * 10 * OBSERVATION_LIMIT_BYTES)
    assert _run(tmp_path, "publish", file).exit_code == 0
    assert [len(line) for line in broker.lines] == [OBSERVATION_LIMIT_BYTES + 1]


def test_standard_input_is_sent_as_it_arrives(tmp_path: Path, broker: DislikingBroker) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from broker.cli import main; main()", "publish"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "BOOKS_RELAYER_RUNTIME_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
    )
    assert process.stdin
    for number in range(3):
        process.stdin.write(b'{"n":%d}\n' % number)
        process.stdin.flush()
        broker.wait_for(number + 1)
    _, errors = process.communicate(b"{bad}", timeout=20)
    assert process.returncode == 1
    assert b"stdin:4: disliked" in errors
    assert broker.lines == [b'{"n":0}', b'{"n":1}', b'{"n":2}', b"{bad}"]


def test_lines_that_arrive_in_pieces_are_put_together() -> None:
    reader, writer = os.pipe()
    batches = arriving(reader)
    os.write(writer, b"{1}\n\n{2")
    assert next(batches) == [Line(b"{1}", "stdin:1")]
    os.write(writer, b"}\n{3}")
    assert next(batches) == [Line(b"{2}", "stdin:3")]
    os.close(writer)
    assert list(batches) == [[Line(b"{3}", "stdin:4")]]
    os.close(reader)


def test_publish_sends_again_what_could_not_be_stored_and_says_so_once(
    tmp_path: Path, broker: DislikingBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(producer, "REFUSAL_PAUSE_SECONDS", 0.001)
    broker.refusals = 3
    result = _run(tmp_path, "publish", _file(tmp_path / "a.jsonl", "{1}", "{2}"))
    assert result.exit_code == 0
    told, summary = result.stderr.splitlines()
    assert told == "the disk is full; trying again…"
    assert "2 observations accepted, 0 rejected" in summary
    assert broker.lines == [b"{1}", b"{2}"] * 4


@pytest.mark.parametrize("command", ["publish", "replay"])
def test_who_interrupts_a_batch_that_is_refused_is_told_by_the_exit_code(
    tmp_path: Path, broker: DislikingBroker, command: str
) -> None:
    broker.refusals = 1_000
    process = subprocess.Popen(
        [sys.executable, "-c", "from broker.cli import main; main()", command, _file(tmp_path / "a.jsonl", '{"ts":1}')],
        stderr=subprocess.PIPE,
        env={**os.environ, "BOOKS_RELAYER_RUNTIME_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
    )
    broker.wait_for(2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.count(b"the disk is full; trying again") == 1
    assert b"0 observations accepted" in errors


def test_replay_merges_and_sends_all(tmp_path: Path, broker: DislikingBroker) -> None:
    first = _file(tmp_path / "a.jsonl", '{"ts":1000}', '{"ts":9000000}')
    second = _file(tmp_path / "b.jsonl", '{"ts":2000}')
    result = _run(tmp_path, "replay", first, second, "--speed", "max")
    assert result.exit_code == 0, result.output
    assert "3 observations accepted" in result.stderr
    assert broker.lines == [b'{"ts":1000}', b'{"ts":2000}', b'{"ts":9000000}']


def test_replay_names_each_rejected_line(tmp_path: Path, broker: DislikingBroker) -> None:
    file = _file(tmp_path / "a.jsonl", '{"ts":1}', '{"ts":1,"bad":1}')
    result = _run(tmp_path, "replay", file)
    assert result.exit_code == 1
    assert f"{file}:2: disliked" in result.stderr


def test_replay_sends_nothing_of_a_recording_with_a_bad_line(tmp_path: Path, broker: DislikingBroker) -> None:
    file = _file(tmp_path / "a.jsonl", '{"ts":1}', '{"no":"ts"}')
    result = _run(tmp_path, "replay", file)
    assert result.exit_code == 1
    assert f"{file}:2 is no recorded observation" in result.stderr
    assert broker.lines == []


def test_replay_of_nothing_is_an_error_also_in_a_loop(tmp_path: Path) -> None:
    result = _run(tmp_path, "replay", "--loop", _file(tmp_path / "a.jsonl", ""))
    assert result.exit_code == 1
    assert "no observations in" in result.stderr


def test_a_loop_plays_again_until_interrupted(tmp_path: Path, broker: DislikingBroker) -> None:
    file = _file(tmp_path / "a.jsonl", '{"ts":1}')
    process = subprocess.Popen(
        [sys.executable, "-c", "from broker.cli import main; main()", "replay", "--loop", file],
        stderr=subprocess.PIPE,
        env={**os.environ, "BOOKS_RELAYER_RUNTIME_DIR": str(tmp_path)},
        cwd=Path(__file__).parents[3],
    )
    broker.wait_for(3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert b"observations accepted, 0 rejected" in errors
