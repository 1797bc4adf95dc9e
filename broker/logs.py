"""Logging of every process of the service: one line an event on standard error."""

import sys
from typing import Literal

import structlog
from structlog.typing import Processor


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
        # Text and newline in one write: lines of several processes on one pipe must not run into each other.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(process=process)
    return logger
