"""The service under a real systemd: installed, started, killed, hung, reloaded, stopped, upgraded and removed."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from broker.cli.options import read_config
from broker.closing import SERVICE_RESTART
from service.authority import Authority
from service.container import ROOT, booted, why_absent
from service.installed import CONFIG, UNIT, Installed
from service.observed import encode, game, last_word
from service.processes import marked
from service.requesting import request
from service.subscriber import Subscriber
from service.waiting import until
from workers.listener import BACKLOG

SUBSCRIBERS = 8
START_SECONDS = 10.0
HUNG_SECONDS = 10.0
"""Within which a hung broker is replaced."""
QUICK_WATCHDOG = "[Service]\nWatchdogSec=4s\n"
CREDENTIALS = """\
[Service]
LoadCredential=cert.pem:/etc/books-relayer/cert.pem
LoadCredential=key.pem:/etc/books-relayer/key.pem
Environment=BOOKS_RELAYER_TLS_CERT=%d/cert.pem BOOKS_RELAYER_TLS_KEY=%d/key.pem
"""
"""systemd hands copies over with each start."""
GROUP = """\
[Service]
SupplementaryGroups=ssl-cert
Environment=BOOKS_RELAYER_TLS_CERT=/etc/books-relayer/cert.pem BOOKS_RELAYER_TLS_KEY=/etc/books-relayer/key.pem
"""
"""The service reads the files themselves, and sees when they are renewed."""
HIGHEST_EXPOSURE = 1.5
RESTARTED = (SERVICE_RESTART.code, SERVICE_RESTART.reason)
MIGRATION = Path("/proc/sys/net/ipv4/tcp_migrate_req")

needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not there")


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """Installed on a host of its own, where the tests may do what they like."""
    if why := why_absent():
        pytest.skip(why)
    with booted() as container:
        yield Installed(container)


@pytest.fixture
def service(installed: Installed) -> Iterator[Installed]:
    """Likewise, and it runs."""
    installed.systemctl("start")
    yield installed
    # For a test that fails: pytest shows it then.
    print(installed.journal())


def test_it_is_enabled_and_started_only_by_the_operator(installed: Installed) -> None:
    assert installed.show("UnitFileState") == "enabled"
    assert installed.show("ActiveState") == "inactive"
    assert "systemctl start books-relayer" in installed.told


def test_start_returns_when_subscribers_are_welcome(installed: Installed) -> None:
    installed.systemctl("stop")
    assert installed.systemctl("start") < START_SECONDS
    assert request(installed.port, f"/ws/live?key={installed.key}").status == 101
    assert installed.show("StatusText")


def test_its_directories_are_for_the_service_alone(service: Installed) -> None:
    for directory in ("/var/lib/private/books-relayer", "/run/books-relayer"):
        assert service.container.run("stat", "--format=%U %a", directory) == "books-relayer 700\n"


def test_a_key_that_root_makes_opens_and_what_root_publishes_arrives(service: Installed) -> None:
    async def scenario() -> None:
        key = service.new_key()
        until(lambda: request(service.port, f"/ws/live?key={key}").status == 101, "the key opens")
        async with await Subscriber.join(service, "live", key) as subscriber:
            await asyncio.to_thread(service.publish, last_word("published-by-root"))
            await subscriber.until_last("published-by-root")

    asyncio.run(scenario())


def test_a_killed_supervisor_is_started_again_and_the_state_is_there(service: Installed) -> None:
    async def scenario() -> None:
        service.publish([encode(game("outlives-a-kill"))])
        before = service.marker
        os.kill(service.pid("supervisor"), signal.SIGKILL)
        service.until_replaced(before)
        async with await Subscriber.join(service, "live") as subscriber:
            assert '"game_id":"outlives-a-kill"' in subscriber.snapshot

    asyncio.run(scenario())
    assert service.show("NRestarts") == "1"


def test_a_hung_supervisor_is_ended_by_the_watchdog_and_started_again(service: Installed) -> None:
    service.add(QUICK_WATCHDOG)
    try:
        service.systemctl("restart")
        before = service.marker
        os.kill(service.pid("supervisor"), signal.SIGSTOP)
        service.until_replaced(before)
        assert "Failed with result 'watchdog'" in service.journal()
    finally:
        service.drop()
        service.systemctl("restart")


def test_a_hung_broker_is_replaced_and_no_subscriber_disconnected(service: Installed) -> None:
    async def scenario() -> None:
        async with await Subscriber.join(service, "live") as subscriber:
            main, broker = service.show("MainPID"), service.pid("broker")
            os.kill(broker, signal.SIGSTOP)
            until(lambda: service.pids("broker") - {broker}, "there is another broker", HUNG_SECONDS)
            await asyncio.to_thread(service.publish, last_word("after-the-hung-broker"))
            await subscriber.until_last("after-the-hung-broker")
            assert service.show("MainPID") == main

    asyncio.run(scenario())


def test_reload_replaces_the_workers_and_refuses_nobody(service: Installed) -> None:
    async def scenario() -> None:
        main, workers = service.show("MainPID"), service.pids("worker-")
        subscribers = [await Subscriber.join(service, "live") for _ in range(SUBSCRIBERS)]
        with migrating(), arriving(service) as statuses:
            await asyncio.to_thread(service.systemctl, "reload")
            assert not service.pids("worker-") & workers
            assert len(service.pids("worker-")) == len(workers)
        for subscriber in subscribers:
            assert await subscriber.until_closed() == RESTARTED
        assert set(statuses) == {101}
        assert service.show("MainPID") == main

    asyncio.run(scenario())


def test_stop_parts_with_subscribers_and_leaves_nothing_running(service: Installed) -> None:
    async def scenario() -> None:
        service.publish([encode(game("outlives-a-stop"))])
        marker = service.marker
        subscribers = [await Subscriber.join(service, "live") for _ in range(SUBSCRIBERS)]
        await asyncio.to_thread(service.systemctl, "stop")
        for subscriber in subscribers:
            assert await subscriber.until_closed() == RESTARTED
        assert not marked(marker)
        assert (service.show("ActiveState"), service.show("Result")) == ("inactive", "success")
        service.systemctl("start")
        async with await Subscriber.join(service, "live") as subscriber:
            assert '"game_id":"outlives-a-stop"' in subscriber.snapshot

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("section", "mode"), [(CREDENTIALS, "600"), (GROUP, "640")], ids=["LoadCredential", "SupplementaryGroups"]
)
def test_a_key_that_not_everybody_may_read_is_served_with(
    service: Installed, tmp_path: Path, section: str, mode: str
) -> None:
    authority = Authority(tmp_path)

    def install() -> None:
        for file in (authority.cert_file, authority.key_file):
            place = f"/etc/books-relayer/{file.name}"
            words = ("install", f"--mode={mode}", "--group=ssl-cert", "/dev/stdin", place)
            service.container.run(*words, stdin=file.read_bytes())

    def is_served() -> bool:
        try:
            return request(service.port, f"/ws/live?key={service.key}", trust=authority.trust).status == 101
        except OSError:
            return False

    service.container.run("groupadd", "--system", "--force", "ssl-cert")
    install()
    service.add(section)
    try:
        service.systemctl("restart")
        assert is_served()
        if section == GROUP:
            authority = Authority(tmp_path)
            assert not is_served()
            install()
            until(is_served, "the new one is in use")
    finally:
        service.drop()
        service.systemctl("restart")


def test_settings_that_are_wrong_are_told_and_not_tried_again(service: Installed) -> None:
    service.change("cap = 0")
    try:
        service.systemctl("restart", code=1)
        assert (service.show("ActiveState"), service.show("ExecMainStatus")) == ("failed", "2")
        assert "`$.cap`" in service.journal()
    finally:
        service.change("cap = 20000")


def test_what_could_not_start_starts_by_itself_once_nothing_is_in_its_way(service: Installed) -> None:
    service.systemctl("stop")
    with socket.create_server(("127.0.0.1", service.port)):
        service.systemctl("start", code=1)
    until(lambda: service.is_open, "subscribers are welcome")


def test_installing_again_upgrades_and_keeps_the_configuration(service: Installed) -> None:
    before, configuration = service.marker, service.container.run("cat", CONFIG)
    assert "\nnet.ipv4.tcp_migrate_req = 1\n" in service.container.run("cat", "/etc/sysctl.d/60-books-relayer.conf")
    old = service.container.run("realpath", "/opt/books-relayer/current")
    assert "is upgraded and runs" in service.install()
    assert not marked(before)
    assert request(service.port, f"/ws/live?key={service.key}").status == 101
    assert service.container.run("cat", CONFIG) == configuration
    versions = service.container.run("ls", "/opt/books-relayer").split()
    assert len(versions) == 2
    assert Path(old.strip()).name not in versions


# The last one of those who need it installed.
def test_uninstalling_leaves_data_and_configuration_and_nothing_else(service: Installed) -> None:
    marker = service.marker
    told = service.install("--uninstall").splitlines()
    assert told[1:] == ["/var/lib/private/books-relayer", CONFIG]
    assert not marked(marker)
    assert service.container.run("ls", told[1]).split() == ["keys.sqlite3", "relay.lock", "relay.sqlite3"]
    places = ["/opt", "/usr/local", "/etc"]
    left = service.container.run("find", *places, "-name", "*books-relayer*", "-not", "-path", "/usr/src/*")
    assert left.split() == [str(Path(CONFIG).parent)]


def test_a_wrong_option_of_the_installer_is_told_in_a_sentence() -> None:
    ended = subprocess.run([ROOT / "scripts" / "install", "--wrong"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "books-relayer: wrong usage: scripts/install [--uninstall]\n"


def test_the_first_configuration_is_good_also_with_all_that_it_suggests(tmp_path: Path) -> None:
    first = (ROOT / "scripts" / "config.toml").read_text()
    assert read_config(ROOT / "scripts" / "config.toml")["data_dir"] == "/var/lib/books-relayer"
    suggested = tmp_path / "config.toml"
    suggested.write_text(re.sub(r"^# (\w+ = )", r"\1", first, flags=re.MULTILINE))
    assert read_config(suggested)["durability"] == "fsync"


def test_the_kernels_queue_is_as_long_as_the_workers_ask_for() -> None:
    assert f"\nnet.core.somaxconn = {BACKLOG}\n" in (ROOT / "scripts" / "sysctl.conf").read_text()


@needs_analyze
def test_systemd_finds_nothing_wrong_with_the_unit() -> None:
    assert analyze("verify", "--recursive-errors=no") == ""


@needs_analyze
def test_the_service_is_exposed_no_more_than_a_public_service_has_to_be() -> None:
    told = analyze("security", "--offline=true", "--no-pager")
    exposure = re.search(r"Overall exposure level for books-relayer.service: ([\d.]+)", told)
    assert exposure
    assert float(exposure[1]) <= HIGHEST_EXPOSURE


def analyze(*words: str) -> str:
    """What systemd-analyze says about the unit."""
    command = ["systemd-analyze", *words, str(ROOT / "scripts" / UNIT)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


@contextmanager
def migrating() -> Iterator[None]:
    """The kernel set as the service's drop-in has it, which a container may not do."""
    before = MIGRATION.read_text()
    MIGRATION.write_text("1")
    try:
        yield
    finally:
        MIGRATION.write_text(before)


@contextmanager
def arriving(service: Installed) -> Iterator[list[int]]:
    """Subscribers that come one after the other all the time; gives what each was answered, 0 for nothing."""
    statuses: list[int] = []
    over = threading.Event()

    def arrive() -> None:
        while not over.is_set():
            try:
                statuses.append(request(service.port, f"/ws/live?key={service.key}").status)
            except OSError:
                statuses.append(0)

    thread = threading.Thread(target=arrive)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join()
