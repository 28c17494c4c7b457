"""One log for all: our own lines and those of the libraries, one line a step.

On a terminal they are for eyes, elsewhere JSON lines. Bodies, secrets and subjects never
reach a log, so libraries that would show them are held at INFO.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

# imapclient shows every answer of the server at DEBUG, aiosmtpd every line of a mail, and
# every command at INFO.
_HELD = ("imapclient", "asyncio")
_QUIET = ("mail", "mail.log", "mail.debug", "mail.error", "huey", "waitress")


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logging to `stream` (standard error) from now on."""
    stream = stream or sys.stderr
    on_terminal = stream.isatty()
    renderer: Processor = (
        structlog.dev.ConsoleRenderer()
        if on_terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not on_terminal:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    _hold(logging.getLogger().getEffectiveLevel())


def _hold(level: int) -> None:
    for name in _HELD:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
