"""nginx and Caddy in front of a service, with the configurations that operators are given."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from ssl import SSLContext
from tempfile import TemporaryDirectory
from typing import NamedTuple

from broker.messages import Channel
from service.authority import HOST, Authority
from service.running import free_port
from service.waiting import until

CONFIGURATIONS = Path(__file__).parents[2] / "scripts" / "proxies"
END_SECONDS = 10.0
NGINX_MAIN = """\
daemon off;
worker_processes 1;
pid {root}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    include {root}/site.conf;
}}
"""
"""What Debian's /etc/nginx/nginx.conf is to a file of conf.d."""


class Proxy(NamedTuple):
    """A proxy that stands in front of one port, as its clients know it.

    Args:
        port: its own.
        trust: what they trust.
        root: its directory, with its logs.
    """

    port: int
    trust: SSLContext
    root: Path

    def url(self, channel: Channel, key: str | None = None, **parameters: str) -> str:
        """A subscriber's address."""
        query = "&".join(f"{name}={value}" for name, value in {"key": key or "", **parameters}.items())
        return f"wss://{HOST}:{self.port}/ws/{channel}?{query}"


class Kind(NamedTuple):
    """One kind of proxy.

    Args:
        name: of its command and its Debian package.
        before: has one stand in front of a port of loopback, its configuration changed by replacing words.
    """

    name: str
    before: Callable[..., AbstractContextManager[Proxy]]

    @property
    def why_absent(self) -> str | None:
        """Why there is none, if there is none."""
        return None if _command(self.name) else f"{self.name} is not there: scripts/test installs it for root on Debian"

    def __str__(self) -> str:
        return self.name


@contextmanager
def nginx(upstream: int, changes: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """nginx in front of that port."""
    with _prepared() as (proxy, authority):
        main, site = proxy.root / "main.conf", proxy.root / "site.conf"
        main.write_text(NGINX_MAIN.format(root=proxy.root))
        words = {
            "listen 443": f"listen {HOST}:{proxy.port}",
            "127.0.0.1:8080": f"127.0.0.1:{upstream}",
            "/etc/ssl/relay.example.com/fullchain.pem": str(authority.cert_file),
            "/etc/ssl/relay.example.com/privkey.pem": str(authority.key_file),
            "/var/log/nginx": str(proxy.root),
        }
        site.write_text(_changed("nginx.conf", {**words, **(changes or {})}))
        with _run(proxy, "nginx", "-c", str(main), "-p", str(proxy.root), "-e", str(proxy.root / "error.log")):
            yield proxy


@contextmanager
def caddy(upstream: int, changes: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """Caddy in front of that port."""
    with _prepared() as (proxy, authority):
        file = proxy.root / "Caddyfile"
        words = {
            "\nrelay.example.com {\n": f"\n{HOST}:{proxy.port} {{\n\ttls {authority.cert_file} {authority.key_file}\n",
            "127.0.0.1:8080": f"127.0.0.1:{upstream}",
            # Beside that port it would listen on others, too.
            "\tlog {\n": "\tadmin off\n\tauto_https disable_redirects\n\tlog {\n",
        }
        file.write_text(_changed("Caddyfile", {**words, **(changes or {})}))
        with _run(proxy, "caddy", "run", "--adapter", "caddyfile", "--config", str(file)):
            yield proxy


KINDS = (Kind("nginx", nginx), Kind("caddy", caddy))


@contextmanager
def _prepared() -> Iterator[tuple[Proxy, Authority]]:
    with TemporaryDirectory(prefix="proxy-") as directory:
        root = Path(directory)
        authority = Authority(root)
        yield Proxy(free_port(), authority.trust, root), authority


@contextmanager
def _run(proxy: Proxy, name: str, *arguments: str) -> Iterator[None]:
    command = _command(name)
    assert command
    environment = {**os.environ, "HOME": str(proxy.root)}
    with (proxy.root / "output").open("wb") as output:
        process = subprocess.Popen([command, *arguments], env=environment, stdout=output, stderr=output)
    try:
        until(lambda: process.poll() is not None or _listens(proxy.port), f"{name} listens")
        assert process.poll() is None, (proxy.root / "output").read_text()
        yield
    finally:
        process.terminate()
        process.wait(END_SECONDS)


def _command(name: str) -> str | None:
    # Daemons are not on everybody's path.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _changed(name: str, words: Mapping[str, str]) -> str:
    text = (CONFIGURATIONS / name).read_text()
    for word, instead in words.items():
        assert word in text, f"{name} has no {word!r}"
        text = text.replace(word, instead)
    return text
