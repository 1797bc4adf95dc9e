"""The store of keys, and what several processes see of it."""

import multiprocessing
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import structs

from broker.key_format import digest, is_well_formed
from broker.keys import KeyNotFoundError, KeyStore, KeyStoreError, StoredKey
from broker.messages import KeyRecord

NOW_MS = 1_760_000_000_000
OTHER_USER, OTHER_GROUP = 61_184, 61_185


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "keys.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[KeyStore]:
    store = KeyStore(path)
    yield store
    store.close()


def test_a_key_is_stored_by_its_digest_only(store: KeyStore, path: Path) -> None:
    key = store.create("acme", NOW_MS + 1, 5, ("odds",), NOW_MS)
    (stored,) = store.list()
    assert is_well_formed(key)
    assert len(key) == len("pn_live_") + 32
    assert stored == StoredKey(stored.key_id, "acme", key[:12], ("odds",), NOW_MS, NOW_MS + 1, 5, None)
    assert store.records() == (KeyRecord(stored.key_id, digest(key), ("odds",), NOW_MS + 1, 5),)
    for file in path.parent.iterdir():
        assert key.encode() not in file.read_bytes()


def test_only_the_owner_can_read_the_files(store: KeyStore, path: Path) -> None:
    store.create("acme", None, None, ("live", "odds"), NOW_MS)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(f.stat().st_mode) for f in path.parent.iterdir()} == {0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes another user's files")
def test_what_root_makes_in_the_directory_of_a_user_is_that_users(path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, OTHER_USER, OTHER_GROUP)
    with closing(KeyStore(path)) as store:
        # In the middle of a write: should it end there, the service has to undo it.
        store._db.execute("BEGIN")
        store.create("acme", None, None, ("live",), NOW_MS)
        files = {file.name: file.stat() for file in path.parent.iterdir()}
    assert set(files) == {path.name, f"{path.name}-journal"}
    assert {(file.st_uid, file.st_gid) for file in files.values()} == {(OTHER_USER, OTHER_GROUP)}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_gives_nothing_away_that_was_there_before(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, OTHER_USER, OTHER_GROUP)
    mine = tmp_path / "mine"
    mine.touch()
    path.symlink_to(mine)
    KeyStore(path).close()
    assert mine.stat().st_uid == 0


def test_keys_are_listed_oldest_first_and_differ(store: KeyStore) -> None:
    keys = [store.create(f"n{n}", None, None, ("live",), NOW_MS + n) for n in range(20)]
    listed = store.list()
    assert [k.name for k in listed] == [f"n{n}" for n in range(20)]
    assert len(set(keys)) == len({k.key_id for k in listed}) == 20


def test_a_revoked_key_is_listed_but_no_longer_good(store: KeyStore) -> None:
    store.create("acme", None, None, ("live",), NOW_MS)
    (stored,) = store.list()
    store.revoke(stored.key_id, NOW_MS + 7)
    store.revoke(stored.key_id, NOW_MS + 99)
    assert store.records() == ()
    assert store.list()[0].revoked_at == NOW_MS + 7


def test_revoking_an_unknown_key_is_an_error(store: KeyStore) -> None:
    with pytest.raises(KeyNotFoundError, match="no key with this id"):
        store.revoke("deadbeef", NOW_MS)


def test_a_rotated_key_gives_way_to_one_like_it(store: KeyStore) -> None:
    old_key = store.create("acme", NOW_MS + 99, 5, ("odds",), NOW_MS)
    (old,) = store.list()
    new_key = store.rotate(old.key_id, 0, NOW_MS + 7)
    ended, new = store.list()
    assert ended == structs.replace(old, revoked_at=NOW_MS + 7)
    assert new == structs.replace(old, key_id=new.key_id, prefix=new_key[:12], created_at=NOW_MS + 7)
    assert new_key != old_key
    assert store.records() == (KeyRecord(new.key_id, digest(new_key), ("odds",), NOW_MS + 99, 5),)


@pytest.mark.parametrize(("expires_at", "ends_at"), [(None, 57), (NOW_MS + 30, 30), (NOW_MS + 99, 57)])
def test_with_a_grace_both_are_good_until_the_old_one_ends(
    store: KeyStore, expires_at: int | None, ends_at: int
) -> None:
    store.create("acme", expires_at, None, ("live",), NOW_MS)
    (old,) = store.list()
    store.rotate(old.key_id, 50, NOW_MS + 7)
    ending, new = store.list()
    assert ending == structs.replace(old, expires_at=NOW_MS + ends_at)
    assert new.expires_at == expires_at
    assert len(store.records()) == 2
    assert [ending.state(NOW_MS + ends_at + moment) for moment in (-1, 0)] == ["good", "expired"]


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_only_a_good_key_is_rotated(store: KeyStore, state: str) -> None:
    store.create("acme", NOW_MS + 5, None, ("live",), NOW_MS)
    (old,) = store.list()
    if state == "revoked":
        store.revoke(old.key_id, NOW_MS)
    before = store.list()
    with pytest.raises(KeyNotFoundError, match=f"key {old.key_id} is {state}: .*keys create"):
        store.rotate(old.key_id, 0, NOW_MS + 5)
    with pytest.raises(KeyNotFoundError, match="no key with this id"):
        store.rotate("deadbeef", 0, NOW_MS)
    assert store.list() == before
    # Nothing is left locked.
    store.create("next", None, None, ("live",), NOW_MS)


def test_version_follows_own_and_foreign_changes(store: KeyStore, path: Path) -> None:
    other = KeyStore(path)
    seen = [store.version()]
    assert store.version() == seen[-1]
    store.create("own", None, None, ("live",), NOW_MS)
    seen.append(store.version())
    other.create("foreign", None, None, ("live",), NOW_MS)
    seen.append(store.version())
    other.revoke(other.list()[0].key_id, NOW_MS)
    seen.append(store.version())
    other.rotate(store.list()[1].key_id, 0, NOW_MS)
    seen.append(store.version())
    assert store.version() == seen[-1]
    assert len(set(seen)) == 5
    assert [k.name for k in store.list()] == ["own", "foreign", "foreign"]
    other.close()


def _create_one(path: Path, number: int) -> None:
    store = KeyStore(path)
    store.create(f"n{number}", None, None, ("live",), NOW_MS)
    store.close()


def test_processes_that_start_together_share_one_file(path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_create_one, args=(path, n)) for n in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0] * 6
    store = KeyStore(path)
    assert {k.name for k in store.list()} == {f"n{n}" for n in range(6)}
    store.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite3"
    path.write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(KeyStoreError, match=r"keys\.sqlite3 is damaged \(file is not a database\): restore a copy"):
        KeyStore(path)


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyStoreError, match="check that its directory is writable"):
        KeyStore(tmp_path / "file" / "keys.sqlite3")


def test_a_row_that_is_not_ours_is_an_error(store: KeyStore, path: Path) -> None:
    store.create("acme", None, None, ("live",), NOW_MS)
    foreign = sqlite3.connect(path)
    foreign.execute("UPDATE keys SET channels = 'news'")
    foreign.commit()
    foreign.close()
    with pytest.raises(KeyStoreError, match="is damaged"):
        store.records()
