"""The page's own logic, run by node's test runner, and what holds of all its files."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from broker import closing
from broker.closing import Reconnect

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "broker" / "http" / "page"
TESTS = Path(__file__).parent / "page"
OWN = sorted(path for path in PAGE.rglob("*") if path.is_file() and "vendor" not in path.parts)

WITHOUT = {
    "chart.js": "uPlot in the page's colours",
    "dom.js": "elements",
    "main.js": "wiring",
    "motion.js": "animations",
    "rest.js": "requests",
    "screens.js": "wiring",
    "session.js": "the browser's storage",
}
"""Modules that only a browser can run, as it runs all in views/: tests/service/test_page.py."""

ADVICE = {
    Reconnect.NO: "forget",
    Reconnect.NOT_WANTED: "leave",
    Reconnect.WITH_JITTER: "spread",
    Reconnect.AFTER_FIX: "back off",
    Reconnect.BACK_OFF: "back off",
}
"""What the page makes of each; it can't mend itself, so it tries again less and less often."""

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not there: it runs the page's own tests")


def node(*arguments: str) -> str:
    """Have node do something, and give what it prints."""
    done = subprocess.run(["node", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@needs_node
@pytest.mark.parametrize("name", sorted(path.name for path in TESTS.glob("*.test.mjs")))
def test_the_page_reckons_right(name: str) -> None:
    node("--test", str(TESTS / name))


def test_every_module_is_tested() -> None:
    modules = {path.name for path in PAGE.glob("*.js")}
    assert modules - set(WITHOUT) == {path.name.replace(".test.mjs", ".js") for path in TESTS.glob("*.test.mjs")}
    assert set(WITHOUT) < modules


@needs_node
def test_the_page_follows_the_table_of_close_codes() -> None:
    rows = [[row.code, row.reason] for row in closing.ALL]
    script = (
        f"import {{ afterClose }} from {json.dumps(str(PAGE / 'reconnecting.js'))};"
        f"console.log(JSON.stringify({json.dumps(rows)}.map(([code, reason]) => afterClose(code, reason))))"
    )
    assert json.loads(node("--input-type=module", "--eval", script)) == [ADVICE[row.reconnect] for row in closing.ALL]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_no_file_leads_to_another_address(path: Path) -> None:
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("path", [path for path in OWN if path.suffix == ".js"], ids=lambda path: path.name)
def test_no_text_is_read_as_html(path: Path) -> None:
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b", path.read_text())


def test_the_content_security_policy_has_nothing_to_forbid() -> None:
    html = (PAGE / "index.html").read_text()
    assert not re.search(r"<style|\bstyle=|\bon\w+=|<script(?![^>]*\bsrc=)", html)


def test_the_chart_library_is_the_noted_version_and_has_its_licence() -> None:
    version = json.loads((PAGE / "package.json").read_text())["dependencies"]["uplot"]
    vendored = PAGE / "vendor" / "uplot"
    assert f"(v{version})" in (vendored / "uPlot.iife.min.js").read_text()
    assert "MIT License" in (vendored / "LICENSE").read_text()


def test_an_installed_package_has_every_file(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "broker", source / "broker", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = "import setuptools.build_meta as build; print(build.build_wheel('..'))"
    wheel = subprocess.run([sys.executable, "-c", build], cwd=source, capture_output=True, text=True, check=True)
    shutil.unpack_archive(tmp_path / wheel.stdout.splitlines()[-1], tmp_path / "wheel", "zip")
    installed = tmp_path / "wheel" / "broker" / "http" / "page"
    assert {path.relative_to(installed) for path in installed.rglob("*")} == {
        path.relative_to(PAGE) for path in PAGE.rglob("*")
    }
