"""Bodies that are no review: what is wrong with them, and the status code that says so."""

from __future__ import annotations

from http import HTTPStatus

import orjson

from policy_engine.errors import InputError
from policy_engine.reports.printable import printable

# Kubernetes' reasons (apimachinery pkg/apis/meta/v1, StatusReason), which clients and the API server's log show.
_REASONS = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.REQUEST_TIMEOUT: "Timeout",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "RequestEntityTooLarge",
    HTTPStatus.TOO_MANY_REQUESTS: "TooManyRequests",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "UnsupportedMediaType",
}


class Rejected(InputError):
    """Say that a body cannot be reviewed. kind: what is counted, one of a few words."""

    def __init__(self, kind: str, message: str, *, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(printable(message))  # it may quote the body, and goes into two logs
        self.kind = kind
        self.status = status

    def body(self) -> bytes:
        """Write it as a Status (meta/v1): the API server's log then tells the message, not only a number."""
        return orjson.dumps(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": self.message,
                "reason": _REASONS[self.status],
                "code": int(self.status),
            }
        )
