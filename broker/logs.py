"""Logging of every process of the service: one line an event on standard error."""

import os
import sys
from contextlib import suppress
from typing import Literal

import structlog
from structlog.typing import Processor


class Lines:
    """Writes lines to standard error; those that it doesn't take are lost: a log on a full disk must end nobody."""

    def msg(self, line: str) -> None:
        """Write a line, with its newline at once: those of several processes must not run into each other."""
        with suppress(OSError):
            os.write(sys.stderr.fileno(), f"{line}\n".encode(errors="backslashreplace"))

    debug = info = warning = error = critical = msg


def configure(log_format: Literal["text", "json"], process: str) -> structlog.typing.FilteringBoundLogger:
    """Set up this process' log.

    Args:
        log_format: `text` for key=value lines, `json` for one object a line.
        process: name that every line carries, such as `broker` or `worker-1`.

    Returns:
        The logger to use. What is logged never contains a key.
    """
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "process", "event"])
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=Lines,
    )
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(process=process)
    return logger
