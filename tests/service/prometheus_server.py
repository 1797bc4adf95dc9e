"""A real Prometheus that scrapes a service, with our alert rules at a pace for tests."""

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from service.running import Service, free_port
from service.waiting import DEADLINE_SECONDS, until

ROOT = Path(__file__).parents[2]
RULES = ROOT / "scripts" / "monitoring" / "alerts.yml"
UNPACKED = Path(__file__).parent / "prometheus" / "usr" / "bin" / "prometheus"
START_SECONDS = 60.0
PACE = {
    "(books_relayer_observation_age_seconds) > 60": "(books_relayer_observation_age_seconds) > 3",
    "for: 30s": "for: 1s",
}
"""What is a minute in the rules is some seconds here."""


def command() -> str | None:
    """The program, None if it isn't there."""
    return shutil.which("prometheus") or (str(UNPACKED) if UNPACKED.exists() else None)


class Prometheus:
    """A running one.

    Args:
        port: of its API.
    """

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            with urllib.request.urlopen(f"{self._address}/-/ready", timeout=DEADLINE_SECONDS) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def value(self, expression: str) -> float | None:
        """What an expression gives now, None for nothing."""
        result = self._get(f"query?query={quote(expression)}")["result"]
        return float(result[0]["value"][1]) if result else None

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {each["labels"]["alertname"] for each in self._get("alerts")["alerts"] if each["state"] == "firing"}

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._address}/api/v1/{path}", timeout=DEADLINE_SECONDS) as response:
            return json.load(response)["data"]


@contextmanager
def scraping(service: Service) -> Iterator[Prometheus]:
    """A Prometheus of its own, which ends with the block."""
    program = command()
    assert program
    with TemporaryDirectory(prefix="prometheus-") as directory:
        rules = RULES.read_text()
        for ours, theirs in PACE.items():
            assert ours in rules
            rules = rules.replace(ours, theirs)
        (Path(directory) / "alerts.yml").write_text(rules)
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["alerts.yml"],
            "scrape_configs": [
                {
                    "job_name": "books-relayer",
                    "static_configs": [{"targets": [f"127.0.0.1:{service.http_port}"]}],
                }
            ],
        }
        # JSON is YAML.
        file = Path(directory) / "prometheus.yml"
        file.write_text(json.dumps(config))
        port = free_port()
        process = subprocess.Popen(
            [
                program,
                f"--config.file={file}",
                f"--storage.tsdb.path={directory}/data",
                f"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
            ]
        )
        try:
            prometheus = Prometheus(port)
            until(prometheus.is_ready, "Prometheus is ready", START_SECONDS)
            yield prometheus
        finally:
            process.terminate()
            process.wait()
