"""The keys that open a channel, as the broker tells them. Pure."""

from collections.abc import Iterable

from broker.key_format import digest, is_well_formed
from broker.messages import KeyRecord

NEVER_MS = 2**63


class Keyring:
    """Finds the record of a key by its digest."""

    def __init__(self) -> None:
        self._by_digest: dict[bytes, KeyRecord] = {}
        self._by_id: dict[str, KeyRecord] = {}
        self._next_expiry_ms = NEVER_MS

    def replace(self, records: Iterable[KeyRecord]) -> None:
        """Take over all keys there are now."""
        self._by_digest = {record.digest: record for record in records}
        self._by_id = {record.key_id: record for record in self._by_digest.values()}
        self._next_expiry_ms = 0

    def expire(self, now_ms: int) -> bool:
        """Whether a key has expired since this was asked last."""
        if now_ms < self._next_expiry_ms:
            return False
        ahead = [
            each.expires_at for each in self._by_id.values() if each.expires_at is not None and each.expires_at > now_ms
        ]
        self._next_expiry_ms = min(ahead, default=NEVER_MS)
        return True

    def find(self, key: str, now_ms: int) -> KeyRecord | None:
        """The record of a key that is good now; None if it is malformed, unknown, revoked or expired."""
        if not is_well_formed(key):
            return None
        # No comparison in constant time: how long this takes may tell of a digest, which nobody can choose bits of.
        record = self._by_digest.get(digest(key))
        return record if record and _is_good(record, now_ms) else None

    def is_good(self, key_id: str, now_ms: int) -> bool:
        """Whether a key that was good at its handshake still is."""
        record = self._by_id.get(key_id)
        return record is not None and _is_good(record, now_ms)


def _is_good(record: KeyRecord, now_ms: int) -> bool:
    return record.expires_at is None or now_ms < record.expires_at
