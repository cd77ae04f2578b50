"""One log format for every process: structlog renders Django's, Celery's and our own records alike."""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor


def _plain(logger: Any, name: str, event: EventDict) -> EventDict:
    """uvicorn sends its messages a second time, with colours in them."""
    event.pop("color_message", None)
    return event


_SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
    structlog.stdlib.ExtraAdder(),
    _plain,
]


def formatter() -> logging.Formatter:
    """Returns the formatter of the console handler (named in settings.LOGGING); routes our own loggers there."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        pad_event_to=0,
        # The default shows the local variables of every frame: prompts and keys among them.
        exception_formatter=structlog.dev.plain_traceback,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, console],
    )


# How uvicorn's and websockets' lines begin that ExpectedAnswers drops. The second one has the whole address.
_EXPECTED = (
    "ASGI callable returned without completing",
    '%s - "WebSocket %s"',
    "connection open",
    "connection closed",
    "connection rejected",
)


class ExpectedAnswers(logging.Filter):
    """Drops lines about answers that are as they should be.

    Django's of refusals, and of /readyz while we start; uvicorn's of an answer that ends in the middle, which is
    how the gateway shows its client that the provider broke off (it logs that itself), and of WebSockets, one of
    which is refused before it is one.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request":
            status = getattr(record, "status_code", 0)
            return not (400 <= status < 500 or status == 503)
        return not str(record.msg).startswith(_EXPECTED)
