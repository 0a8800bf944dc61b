"""What goes wrong between this server and the Kubernetes API."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.errors import PolicyEngineError

NO_ANSWER = 0

# Asked again later, these may well succeed; 401, since credentials are rotated and then read anew.
_TRANSIENT = frozenset({NO_ANSWER, 401, 408, 429, 500, 502, 503, 504})

_HELP = {
    401: "the API server does not accept the credentials: check the ServiceAccount's token, or the kubeconfig",
    403: "grant the access with RBAC, see docs/reference/cluster-access.md",
}


class KubeError(PolicyEngineError):
    """Say that the Kubernetes API did not do what it was asked.

    status: the HTTP status, 0 where there was no answer.
    reason: Kubernetes' word for it, such as `NotFound`, or empty.
    transient: whether the same call may succeed later.
    retry_after_s: how long the server asks to be left alone, or None.
    """

    code = "kubernetes-api"

    def __init__(
        self,
        message: str,
        *,
        status: int = NO_ANSWER,
        reason: str = "",
        transient: bool | None = None,
        retry_after_s: float | None = None,
        help: str = "",
    ) -> None:
        super().__init__(message, help=help or _HELP.get(status, ""))
        self.status = status
        self.reason = reason
        self.transient = status in _TRANSIENT if transient is None else transient
        self.retry_after_s = retry_after_s

    @classmethod
    def from_answer(cls, call: str, status: int, body: JsonValue, headers: Mapping[str, str]) -> KubeError:
        """Make an error of an answer. call: what was asked, `GET /api/v1/namespaces`; body: decoded, or None."""
        answer = body if isinstance(body, dict) else {}
        reason = _text(answer.get("reason"))
        said = _one_line(_text(answer.get("message"))) or reason or "no reason given"
        return cls(
            f"`{call}` was answered {status}: {said}",
            status=status,
            reason=reason,
            retry_after_s=_retry_after_s(headers, answer),
        )

    @classmethod
    def from_failure(cls, call: str, failure: BaseException) -> KubeError:
        """Make an error of a call that got no answer."""
        return cls(f"`{call}` got no answer: {_cause(failure)}")

    @classmethod
    def from_status(cls, call: str, status: JsonObject) -> KubeError:
        """Make an error of a Status object, as a watch sends it."""
        code = status.get("code")
        return cls.from_answer(call, code if isinstance(code, int) else 500, status, {})


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _retry_after_s(headers: Mapping[str, str], answer: JsonObject) -> float | None:
    """Read how long to wait, from the header or from the Status: the API server writes whole seconds into both."""
    details = answer.get("details")
    told = headers.get("Retry-After") or (details.get("retryAfterSeconds") if isinstance(details, dict) else None)
    try:
        seconds = float(told) if told is not None else None
    except (TypeError, ValueError):
        return None  # a date, which no API server writes
    return seconds if seconds is not None and 0 < seconds < float("inf") else None


def _cause(failure: BaseException) -> str:
    """Say why there was no answer: what the operating system says, where it says something.

    The errors of the HTTP library around that repeat addresses of objects and pools.
    """
    told: OSError | None = None
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, OSError):
            told = seen
        seen = seen.__cause__ or seen.__context__
    if isinstance(told, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {told.verify_message}"
    if isinstance(told, TimeoutError):
        return "timed out"
    if told is None:
        return "the connection broke in the middle of an answer"
    return _lower_first(_one_line(told.strerror or str(told)))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
