"""Keys of producers who come over the network: CURVE certificates (ZeroMQ RFC 26) in a private directory.

    server.key, server.key_secret   the service's own
    producers/NAME.key              public keys of those who may send: whose file is removed may no more
    issued/NAME/                    for NAME, who names a copy of it: server.key, producer.key, producer.key_secret

The files are as `zmq.auth` reads and writes them.
"""

import shutil
from pathlib import Path

import zmq
import zmq.auth

from broker.private import check, claim

SERVER = "server"
PRODUCER = "producer"
PRODUCERS = "producers"
ISSUED = "issued"
KEY_CHARS = 40
"""32 bytes in Z85 (ZeroMQ RFC 32)."""


class CurveKeysError(Exception):
    """The keys can't be used; the message is one sentence that says what to do."""


def enroll(directory: Path, name: str) -> Path:
    """Make the keys of a producer, and the service's own the first time.

    Args:
        directory: of the service's keys, made if absent.
        name: fit for a file's.

    Returns:
        The directory that the producer is to have.

    Raises:
        CurveKeysError: if there is one of that name, or the directory can't be used.
        OpenToOthersError: if other users can get at it.
    """
    issued, heard = directory / ISSUED / name, directory / PRODUCERS / f"{name}.key"
    if issued.exists() or heard.exists():
        raise CurveKeysError(f"{name} is enrolled: choose another name, or remove {heard} and {issued} to end it")
    try:
        for each in (directory, heard.parent, issued):
            claim(each)
        server = directory / f"{SERVER}.key"
        if not server.exists():
            zmq.auth.create_certificates(directory, SERVER)
        shutil.copy(server, issued)
        public, _ = zmq.auth.create_certificates(issued, PRODUCER)
        shutil.copyfile(public, heard)
    except OSError as error:
        raise CurveKeysError(f"can't make keys in {directory}: {error}") from error
    return issued


def guard(socket: "zmq.Socket[bytes]", directory: Path) -> None:
    """Have the service's socket, before it is bound, speak only to those who prove a key.

    Which keys are good is then asked of whoever answers ZAP.

    Raises:
        CurveKeysError, OpenToOthersError: if the service's keys can't be used.
    """
    _, socket.curve_secretkey = _pair(directory, SERVER)
    socket.curve_server = True


def prove(socket: "zmq.Socket[bytes]", directory: Path) -> None:
    """Have a producer's socket, before it connects, prove its key, and speak only to the service that it is for.

    Raises:
        CurveKeysError, OpenToOthersError: if the producer's keys can't be used.
    """
    socket.curve_publickey, socket.curve_secretkey = _pair(directory, PRODUCER)
    socket.curve_serverkey, _ = _loaded(directory / f"{SERVER}.key")


def version(directory: Path) -> tuple[int, frozenset[str]]:
    """Read, quickly, what differs once a producer was added, replaced or removed.

    Raises:
        OSError: if the directory can't be read.
    """
    producers = directory / PRODUCERS
    # The time alone is too coarse: it stands still for some ms.
    return producers.stat().st_mtime_ns, frozenset(path.name for path in producers.iterdir())


def admitted(directory: Path) -> frozenset[str]:
    """Read the public keys of those who may send.

    Raises:
        CurveKeysError: if one can't be used.
    """
    return frozenset(_loaded(path)[0].decode() for path in (directory / PRODUCERS).glob("*.key"))


def _pair(directory: Path, name: str) -> tuple[bytes, bytes]:
    path = directory / f"{name}.key_secret"
    public, secret = _loaded(path)
    check(directory)
    if secret is None:
        raise _unusable(path, "it holds no secret key")
    return public, secret


def _loaded(path: Path) -> tuple[bytes, bytes | None]:
    try:
        public, secret = zmq.auth.load_certificate(path)
    except (OSError, ValueError) as error:
        raise _unusable(path, str(error)) from error
    if any(len(key) != KEY_CHARS or not key.isascii() for key in (public, secret) if key is not None):
        raise _unusable(path, f"a key has {KEY_CHARS} characters")
    return public, secret


def _unusable(path: Path, why: str) -> CurveKeysError:
    return CurveKeysError(f"can't use {path} ({why}): `books-relayer enroll NAME` makes such files")
