"""What kube-apiserver says to a client about a verdict.

Source: k8s.io/apiserver pkg/admission/plugin/policy/validating/dispatcher.go and policy_decision.go,
pkg/admission/errors.go, pkg/endpoints/filters/warning.go.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from policy_engine.admission.decisions import Decision, Origin
from policy_engine.admission.request import AdmissionRequest, display_name
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.records import record

_CODES = {"Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413, "Invalid": 422}
_MAX_WARNING_RUNES = 4 * 1024  # warning.go, truncateAtTotalRunes
_MAX_ITEM_RUNES = 256  # warning.go, truncateItemRunes


@record(kw_only=True)
class Wire:
    """The answer on the wire. code, reason and message are empty where the request is allowed.

    cause: `details.causes[0].message`. warnings: the texts of the Warning headers.
    """

    allowed: bool
    code: int = 0
    reason: str = ""
    message: str = ""
    cause: str = ""
    warnings: tuple[str, ...] = ()


def wire_response(request: AdmissionRequest, denials: Sequence[Decision], warnings: Iterable[str]) -> Wire:
    """Word the answer: only the first denial is told."""
    headers = tuple(warning_headers(warnings))
    missing = next((denial for denial in denials if denial.origin is Origin.NAMESPACE), None)
    if missing is not None:
        return Wire(allowed=False, code=404, reason="NotFound", message=missing.message, warnings=headers)
    if not denials:
        return Wire(allowed=True, warnings=headers)
    first = denials[0]
    reason = first.reason or "Invalid"
    resource = request.request_resource.group_resource
    subject = f"{resource} {quote(display_name(request))} is forbidden" if resource else "forbidden"
    return Wire(
        allowed=False,
        code=_CODES.get(reason, 422),
        reason=reason,
        message=f"{subject}: {first.headline}",
        cause=first.headline,
        warnings=headers,
    )


def warning_headers(warnings: Iterable[str]) -> list[str]:
    """Give the texts that Warning headers carry.

    Each is told once. Texts with control characters cannot be told at all. Once all together are longer than
    4,096 characters, every one is cut to 256, and those past the limit are left out.
    """
    recorded: dict[str, None] = {}
    headers: list[str] = []
    written = 0
    truncating = False
    for text in warnings:
        if not text or text in recorded or (truncating and written >= _MAX_WARNING_RUNES):
            continue
        recorded[text] = None
        if not truncating and _is_printable(text) and written + len(text) > _MAX_WARNING_RUNES:
            truncating = True
            headers = [
                earlier[:_MAX_ITEM_RUNES] for earlier in recorded if _is_printable(earlier[:_MAX_ITEM_RUNES])
            ]
            written = sum(map(len, headers))
            continue
        shown = text[:_MAX_ITEM_RUNES] if truncating else text
        if _is_printable(shown):
            headers.append(shown)
            written += len(shown)
    return headers


def _is_printable(text: str) -> bool:
    return not any(unicodedata.category(char) == "Cc" for char in text)
