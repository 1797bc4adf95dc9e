"""What a soak has seen, in numbers."""

from collections.abc import Iterator

from msgspec import Struct, field

from soak.faults import Fault
from soak.footprint import Footprint
from soak.scene import Scene


class Recovery(Struct):
    """What faults of one kind led to.

    Args:
        count: how many there were.
        replaced_seconds: the longest time until the processes were as they have to be.
        whole_seconds: the longest time until all subscribers were in and up to date, of faults that came alone; None
            if none did.
    """

    count: int = 0
    replaced_seconds: float = 0.0
    whole_seconds: float | None = None


class Figures(Struct):
    """Everything.

    Args:
        seed: of all that was drawn.
        workers: of the service.
        cap: its seats.
        seconds: how long it took.
        recoveries: by kind of fault and victim.
        bursts: of observations.
        storms: of clients.
        batches_acknowledged: once each.
        batches_repeated: sent again for want of an answer.
        events_emitted: as the journal tells.
        events_delivered: to all subscribers, each compared with what was emitted.
        events_lost: by subscribers that stopped reading.
        admitted: handshakes that ended in a seat.
        refused: those answered with 503.
        unanswered: those without an answer, the service being down or the worker killed.
        most_at_once: subscribers that were in at the same moment.
        own_stalls: moments in which the soak itself did not read.
        before: what each process held when nobody was there, at the beginning.
        after: and at the end.
    """

    seed: int
    workers: int
    cap: int
    seconds: float = 0.0
    recoveries: dict[str, Recovery] = field(default_factory=dict)
    bursts: int = 0
    storms: int = 0
    batches_acknowledged: int = 0
    batches_repeated: int = 0
    events_emitted: int = 0
    events_delivered: int = 0
    events_lost: int = 0
    admitted: int = 0
    refused: int = 0
    unanswered: int = 0
    most_at_once: int = 0
    own_stalls: int = 0
    before: dict[str, Footprint] = field(default_factory=dict)
    after: dict[str, Footprint] = field(default_factory=dict)

    def count(self, fault: Fault, replaced_seconds: float, whole_seconds: float, *, alone: bool) -> None:
        """One more fault, and what it led to."""
        recovery = self.recoveries.setdefault(f"{fault.kind.value} {fault.victim.partition('-')[0]}", Recovery())
        recovery.count += 1
        recovery.replaced_seconds = max(recovery.replaced_seconds, replaced_seconds)
        if alone:
            recovery.whole_seconds = max(recovery.whole_seconds or 0.0, whole_seconds)

    def sum_up(self, scene: Scene) -> None:
        """Take over what was counted on the scene."""
        self.batches_acknowledged = scene.production.acknowledged
        self.batches_repeated = scene.production.repeated
        self.events_emitted = scene.emitted.counts["odds"]
        self.events_delivered, self.events_lost = scene.inspector.delivered, scene.inspector.lost
        self.own_stalls = scene.inspector.own_stalls
        self.admitted, self.most_at_once = scene.house.admitted, scene.house.peak
        self.refused, self.unanswered = scene.crowd.refused, scene.crowd.unanswered

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{'fault':<18} {'count':>6} {'processes':>10} {'all up to date':>15}  (longest)"
        for name, each in sorted(self.recoveries.items()):
            whole = "-" if each.whole_seconds is None else f"{each.whole_seconds:.2f} s"
            yield f"{name:<18} {each.count:>6} {each.replaced_seconds:>8.2f} s {whole:>15}"
        yield ""
        yield f"bursts {self.bursts:,}, storms {self.storms:,}"
        yield f"batches acknowledged {self.batches_acknowledged:,}, sent again {self.batches_repeated:,}"
        yield f"events emitted {self.events_emitted:,}, delivered and compared {self.events_delivered:,}"
        yield f"events lost by those who stopped reading {self.events_lost:,}"
        yield f"handshakes admitted {self.admitted:,}, refused {self.refused:,}, without an answer {self.unanswered:,}"
        yield f"subscribers at once, at most {self.most_at_once:,} of {self.cap:,}"
        yield f"moments in which the soak itself did not read {self.own_stalls:,}"
        yield ""
        yield f"{'process':<18} {'descriptors':>17} {'memory':>21}  (before → after)"
        for name, then in self.before.items():
            now = self.after[name]
            memory = f"{then.resident_bytes / 2**20:.1f} → {now.resident_bytes / 2**20:.1f} MB"
            yield f"{name:<18} {f'{then.descriptors} → {now.descriptors}':>17} {memory:>21}"
