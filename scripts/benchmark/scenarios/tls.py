"""What TLS costs: to let a subscriber in, to keep it, and to deliver to it, beside the same without TLS."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct
from trustme import CA, KeyType

from benchmark import processes
from benchmark.plan import Plan
from benchmark.report import Report, Row
from benchmark.secure_load import SecureLoad
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.trial import RefusedError

FEW, MANY = 500, 5_500
"""There before anything is measured, and with those that are."""
SUBSCRIBERS = 1_000
SHAPE = Shape(500)
BURST = Shape(1_500, in_bursts=True)
"""The most that a connection's own buffers may ever have had to hold."""
KEYS = {"without TLS": None, "TLS, ECDSA P-256": KeyType.ECDSA, "TLS, RSA 2048": KeyType.RSA}
DELIVERING = ("without TLS", "TLS, ECDSA P-256")
"""The certificate's key has no part in it."""


class Entry(Struct, frozen=True):
    """What so many subscribers cost a worker, each."""

    cpu_ms: float
    idle_bytes: float
    after_burst_bytes: float
    a_second: float


def run(plan: Plan, command: str) -> Report:
    """Measure all of it."""
    few, many = plan.subscribers(FEW), plan.subscribers(MANY)
    rows: list[Row] = []
    for name, key in KEYS.items():
        found = [_entries(few, many, key) for _ in range(plan.runs)]
        work = f"{many - few:,} subscribers accepted, {name}"
        cpu_ms = median(each.cpu_ms for each in found)
        rows.append(Row(work, "worker CPU per handshake", f"{cpu_ms:.2f} ms: {1e3 / cpu_ms:,.0f} a second fill a core"))
        rows.append(Row(work, "pace of these clients", f"{median(each.a_second for each in found):,.0f} a second"))
        rows.append(Row(work, "worker RSS per subscriber", f"{median(each.idle_bytes for each in found):,.0f} bytes"))
        burst = f"worker RSS per subscriber after {BURST}"
        rows.append(Row(work, burst, f"{median(each.after_burst_bytes for each in found):,.0f} bytes"))
    for name in DELIVERING:
        work = f"{plan.subscribers(SUBSCRIBERS):,} x {SHAPE}, {name}"
        cost = median(_delivery_us(plan, KEYS[name]) for _ in range(plan.runs))
        rows.append(Row(work, "worker CPU per delivery", f"{cost:.2f} µs"))
    return Report("tls", command, tuple(rows))


@contextmanager
def _certified(key: KeyType | None) -> Iterator[tuple[Service, Path | None]]:
    """A service, and whom its subscribers are to trust; None for no TLS."""
    with TemporaryDirectory(prefix="bench-") as directory:
        if key is None:
            with Service() as service:
                yield service, None
            return
        root = Path(directory)
        cert, private, ca = root / "cert.pem", root / "key.pem", root / "ca.pem"
        authority = CA()
        leaf = authority.issue_cert("127.0.0.1", key_type=key)
        leaf.cert_chain_pems[0].write_to_path(cert)
        leaf.private_key_pem.write_to_path(private)
        authority.cert_pem.write_to_path(ca)
        with Service(flags=("--tls-cert", str(cert), "--tls-key", str(private))) as service:
            yield service, ca


def _entries(few: int, many: int, key: KeyType | None) -> Entry:
    with _certified(key) as (service, ca), SecureLoad(service.address, few, ca) as first:
        cpu, memory, start = (
            processes.cpu_seconds(service.pids),
            processes.resident_bytes(service.pids),
            time.monotonic(),
        )
        with SecureLoad(service.address, many - few, ca) as rest:
            seconds = time.monotonic() - start
            cpu = processes.cpu_seconds(service.pids) - cpu
            idle = processes.resident_bytes(service.pids) - memory
            service.begin(BURST, 1.0)
            expected = service.material.frame_bytes(service.finish())
            for load in (first, rest):
                load.until_all_have(expected)
            burst = processes.resident_bytes(service.pids) - memory
    count = many - few
    return Entry(cpu / count * 1e3, idle / count, burst / count, count / seconds)


def _delivery_us(plan: Plan, key: KeyType | None) -> float:
    subscribers = plan.subscribers(SUBSCRIBERS)
    with _certified(key) as (service, ca):
        with SecureLoad(service.address, subscribers, ca) as load:
            cpu = processes.cpu_seconds(service.pids)
            service.begin(SHAPE, plan.seconds)
            events = service.finish()
            load.until_all_have(service.material.frame_bytes(events))
            cpu = processes.cpu_seconds(service.pids) - cpu
        counts = service.stop()
    if counts.dropped or counts.overrun:
        raise RefusedError(f"the workers counted {counts.dropped} dropped and {counts.overrun} overrun")
    return cpu / (events * subscribers) * 1e6
