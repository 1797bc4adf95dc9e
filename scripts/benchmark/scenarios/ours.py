"""Measures our own service, from ingest to socket."""

from benchmark.load import PROBES, Load
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

    def run() -> Measured:
        with Service(workers) as service, Load(service.address, subscribers, probes) as load:
            measured = measure(service, load, shape, plan.warm_up_seconds, plan.seconds)
            counts = service.stop()
        if counts.dropped or counts.overrun:
            raise RefusedError(f"the workers counted {counts.dropped} dropped and {counts.overrun} overrun")
        return check_pace(measured, shape)

    return medians(run, plan.runs)
