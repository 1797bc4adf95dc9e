"""What others on the host see of a process, in /proc."""

import subprocess
import sys
from pathlib import Path

SECRET = "pn_live_" + "s" * 32
PROGRAM = """
import sys
from broker.process_title import entitle
entitle("worker-1")
print(flush=True)
sys.stdin.read()
"""


def test_the_title_takes_the_command_lines_place_and_leaves_the_environment() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, SECRET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"MARK": "here"},
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout
        process.stdout.readline()
        proc = Path("/proc", str(process.pid))
        assert (proc / "cmdline").read_bytes().rstrip(b"\0") == b"books-relayer: worker-1"
        assert b"MARK=here" in (proc / "environ").read_bytes()
