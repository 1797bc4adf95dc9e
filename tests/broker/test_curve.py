"""The files of CURVE keys: made for each producer, and told in a sentence when they can't be used."""

import stat
from pathlib import Path

import pytest
import zmq
import zmq.auth

from broker import curve
from broker.curve import CurveKeysError, admitted, enroll, guard, prove, version
from broker.private import OpenToOthersError

PATIENCE_MS = 20_000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def files(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}


def test_a_producer_gets_a_pair_of_its_own_and_the_service_s_public_key(directory: Path) -> None:
    issued = enroll(directory, "ann")
    assert issued == directory / "issued" / "ann"
    assert files(issued) == {"server.key", "producer.key", "producer.key_secret"}
    assert files(directory) - {f"issued/ann/{name}" for name in files(issued)} == {
        "server.key",
        "server.key_secret",
        "producers/ann.key",
    }
    assert (issued / "server.key").read_bytes() == (directory / "server.key").read_bytes()
    public, secret = zmq.auth.load_certificate(issued / "producer.key_secret")
    assert secret
    assert zmq.curve_public(secret) == public
    assert admitted(directory) == {public.decode()}


def test_each_producer_has_other_keys_and_the_service_keeps_its_own(directory: Path) -> None:
    enroll(directory, "ann")
    server = (directory / "server.key_secret").read_bytes()
    enroll(directory, "bob")
    assert (directory / "server.key_secret").read_bytes() == server
    assert len(admitted(directory)) == 2


def test_the_secrets_are_in_private_directories(directory: Path) -> None:
    issued = enroll(directory, "ann")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (directory, issued, directory / "producers")} == {0o700}


@pytest.mark.parametrize("left", ["producers/ann.key", "issued/ann/producer.key"])
def test_a_name_is_given_once(directory: Path, left: str) -> None:
    enroll(directory, "ann")
    before = files(directory)
    with pytest.raises(CurveKeysError, match="ann is enrolled: choose another name, or remove"):
        enroll(directory, "ann")
    assert files(directory) == before


def test_who_is_removed_is_admitted_no_more_and_the_version_tells(directory: Path) -> None:
    enroll(directory, "ann")
    versions = [version(directory)]
    assert version(directory) == versions[0]
    enroll(directory, "bob")
    versions.append(version(directory))
    both = admitted(directory)
    (directory / "producers" / "ann.key").unlink()
    versions.append(version(directory))
    assert admitted(directory) < both
    assert len(set(versions)) == 3


def test_what_was_issued_and_the_service_s_keys_fit(directory: Path) -> None:
    issued = enroll(directory, "ann")
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router, context.socket(zmq.DEALER) as dealer:
        guard(router, directory)
        prove(dealer, issued)
        dealer.linger = 0
        port = router.bind_to_random_port("tcp://127.0.0.1")
        dealer.connect(f"tcp://127.0.0.1:{port}")
        dealer.send(b"observed")
        assert router.poll(PATIENCE_MS)
        assert router.recv_multipart()[1] == b"observed"


DAMAGE = {
    "gone": None,
    "empty": b"",
    "no secret": b'curve\n    public-key = "' + b"x" * 40 + b'"\n',
    "short": b'curve\n    public-key = "x"\n    secret-key = "x"\n',
    "not ASCII": 'curve\n    public-key = "é"\n    secret-key = "é"\n'.replace("é", "é" * 20).encode(),
}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_file_that_is_no_key_is_named(directory: Path, content: bytes | None) -> None:
    issued = enroll(directory, "ann")
    for path in (directory / "server.key_secret", issued / "producer.key_secret"):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router, context.socket(zmq.DEALER) as dealer:
        with pytest.raises(CurveKeysError, match=r"server\.key_secret .*: `books-relayer enroll NAME` makes such"):
            guard(router, directory)
        with pytest.raises(CurveKeysError, match=r"producer\.key_secret .*: `books-relayer enroll NAME` makes such"):
            prove(dealer, issued)


def test_an_admitted_file_that_is_no_key_is_named(directory: Path) -> None:
    enroll(directory, "ann")
    (directory / "producers" / "bob.key").write_text("no key")
    with pytest.raises(CurveKeysError, match=r"bob\.key \(No public key"):
        admitted(directory)


def test_keys_in_a_directory_that_is_open_to_others_are_not_used(directory: Path) -> None:
    issued = enroll(directory, "ann")
    for each in (directory, issued):
        each.chmod(0o755)
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router, context.socket(zmq.DEALER) as dealer:
        for use, keys in ((guard, directory), (prove, issued)):
            with pytest.raises(OpenToOthersError, match=f"{keys} is open to other users"):
                use(router if use is guard else dealer, keys)
    with pytest.raises(OpenToOthersError):
        curve.enroll(directory, "bob")


def test_a_directory_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CurveKeysError, match="can't make keys in"):
        enroll(tmp_path / "file" / "keys", "ann")
