"""How a log line looks: one line, the request's id where there is one, never a body or a header."""

import json
import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any, Final

import structlog

_EACH_SECOND: Final = "usage.tasks.post_batches"
_OF_TASKS: Final = ("beat", "worker.strategy", "worker.request", "app.trace")


class LineFormatter(logging.Formatter):
    """`12:03:04 WARNING logger: message`, one line even where the message has several."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        message = super().format(record).replace("\n", " ⏎ ")
        return f"{moment} {record.levelname:<7} {record.name}: {message}"


class JsonFormatter(logging.Formatter):
    """One JSON object on a line, for whoever collects logs: an event's facts are fields."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": getattr(record, "event", None) or record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str, ensure_ascii=False)


def logging_settings(*, level: str, form: str) -> dict[str, Any]:
    """Give Django's settings of the log; `form` is `line` or `json`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter}, "json": {"()": JsonFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "filters": {"nothing": {"()": lambda: drop}, "routine": {"()": lambda: is_no_routine}},
        "loggers": {
            "axes": {"level": "WARNING"},
            **{f"celery.{name}": {"filters": ["routine"]} for name in _OF_TASKS},
            "django.request": {"level": "ERROR"},
            "fido2": {"level": "WARNING"},  # it tells of each passkey
            "django.template": {"filters": ["nothing"]},
            "mcp": {"level": "WARNING"},  # it tells of each request
        },
    }


def join_structlog() -> None:
    """Let structlog's events be lines of the same log, with their facts behind the message.

    Its own printing shows the local variables of a traceback wherever `rich` is installed, and
    those hold credentials: here a traceback has lines of code alone.
    """
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _as_record],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _as_record(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> tuple[tuple[str], dict[str, Any]]:
    trace = {"exc_info": event.pop("exc_info", None)}
    said, facts = str(event.pop("event")), dict(event)
    words = [said, *(f"{name}={value}" for name, value in facts.items())]
    return (" ".join(words),), trace | {"extra": {"event": said, "facts": facts}}


def is_no_routine(record: logging.LogRecord) -> bool:
    """Leave out that what runs each second was sent, came and went well: three lines each time."""
    return record.levelno > logging.INFO or _EACH_SECOND not in record.getMessage()


def drop(_record: logging.LogRecord) -> bool:
    """Drop what a logger says: a page's missing variable is told with the page's whole context."""
    return False
