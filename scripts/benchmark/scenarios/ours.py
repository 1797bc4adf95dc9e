"""Measures our own service, from ingest to socket."""

from collections.abc import Sequence

from benchmark.load import NO_COMPRESSION, PROBES, Load
from benchmark.material import Material
from benchmark.plan import Plan
from benchmark.service import Service
from benchmark.shape import Shape
from benchmark.trial import Measured, RefusedError, check_pace, measure, medians

NAME = "books-relayer"


def measured(plan: Plan, subscribers: int, shape: Shape, workers: int = 1, probes: int = PROBES) -> Measured:
    """Measure with a fresh service for each run.

    Raises:
        RefusedError: if there are no figures.
    """
    return medians(lambda: measured_once(plan, subscribers, shape, workers, probes), plan.runs)


def measured_once(
    plan: Plan,
    subscribers: int,
    shape: Shape,
    workers: int = 1,
    probes: int = PROBES,
    material: Material | None = None,
    windows: Sequence[int] = NO_COMPRESSION,
) -> Measured:
    """Measure one run.

    Args:
        plan: how long.
        subscribers: how many.
        shape: of what they are sent.
        workers: of the service.
        probes: subscribers that read and time everything.
        material: what they are sent; uniform events if nothing else.
        windows: what they offer for compression.

    Raises:
        RefusedError: if there are no figures.
    """
    with Service(workers, material) as service, Load(service.address, subscribers, probes, windows=windows) as load:
        measured = measure(service, load, shape, plan.warm_up_seconds, plan.seconds)
        counts = service.stop()
    if counts.dropped or counts.overrun:
        raise RefusedError(f"the workers counted {counts.dropped} dropped and {counts.overrun} overrun")
    return check_pace(measured, shape)
