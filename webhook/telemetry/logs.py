"""The log: one line of JSON an event, on standard error, and never in the way of a review."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from policy_engine.admission.decisions import Decision
from policy_engine.admission.request import AdmissionRequest, display_name
from policy_engine.admission.verdict import Verdict

_WAITING = 10_000  # lines; more than that and nobody reads them
_OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

_SECRETS = ("", "secrets")

_log = logging.getLogger("polgate.admission")


class JsonFormatter(logging.Formatter):
    """Writes a record as one object: time, level, logger, message, and the fields handed in as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((key, value) for key, value in record.__dict__.items() if key not in _OWN_FIELDS)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class TextFormatter(logging.Formatter):
    """Writes a record for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Write one record, its fields behind the message."""
        fields = [f"{key}={value}" for key, value in record.__dict__.items() if key not in _OWN_FIELDS]
        text = super().format(record)
        return f"{text} ({', '.join(fields)})" if fields else text


class _Queue(logging.handlers.QueueHandler):
    """Hands records to a thread; loses them, and counts that, where they are not taken in time."""

    def __init__(self, waiting: queue.Queue[logging.LogRecord], on_loss: Callable[[], None]) -> None:
        super().__init__(waiting)
        self._on_loss = on_loss

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Leave a record as it is: it does not leave the process."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Take a record."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self._on_loss()


def set_up_logging(
    *, level: str, as_json: bool, on_loss: Callable[[], None] = lambda: None
) -> logging.handlers.QueueListener:
    """Send all logs to standard error, written by a thread of their own: a reader that stalls stops no review.

    Gives what is to be stopped at the end, so that the last lines are written.
    """
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(JsonFormatter() if as_json else TextFormatter())
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(_WAITING)
    root = logging.getLogger()
    root.handlers = [_Queue(waiting, on_loss)]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "urllib3", "kubernetes"):
        other = logging.getLogger(name)
        other.handlers = []
        other.propagate = True
        other.setLevel(max(logging.WARNING, root.level))
    listener = logging.handlers.QueueListener(waiting, output)
    listener.start()
    return listener


def log_denials(request: AdmissionRequest, verdict: Verdict) -> None:
    """Write one line for a denied request: who wanted what, and which policies say no.

    Messages are the policies' own words, which may quote the object: for a Secret they are left out. The objects
    themselves are never written.
    """
    denials = verdict.denials
    if not denials:
        return
    user = request.user
    resource = request.request_resource
    quotable = (resource.group, resource.resource) != _SECRETS
    _log.info(
        "denied",
        extra={
            "uid": request.uid,
            "operation": request.operation.value,
            "group": resource.group,
            "version": resource.version,
            "resource": resource.resource,
            "subresource": request.request_subresource,
            "namespace": request.namespace,
            "object": display_name(request),
            "user": "" if user is None else user.username,
            "dry_run": request.dry_run,
            "denials": [_denial(denial, quotable=quotable) for denial in denials],
        },
    )


def _denial(denial: Decision, *, quotable: bool) -> dict[str, str]:
    return {
        "policy": denial.policy,
        "binding": denial.binding,
        "place": denial.place,
        "evaluation": denial.evaluation.value,
        "message": denial.message if quotable else "(left out: it may quote the Secret)",
    }
