"""What is told of each review, and to whom: counters, the log, traces."""

from __future__ import annotations

import logging

from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.verdict import Verdict
from webhook.reviews.rejections import Rejected
from webhook.telemetry.logs import log_denials
from webhook.telemetry.metrics import Metrics
from webhook.telemetry.tracing import Tracer

_log = logging.getLogger("polgate.admission")


class Observers:
    """Tells everybody who wants to know."""

    def __init__(self, metrics: Metrics, tracer: Tracer | None = None) -> None:
        self._metrics = metrics
        self._tracer = tracer

    def reviewed(self, request: AdmissionRequest, verdict: Verdict, seconds: float) -> None:
        """Note a review that was answered."""
        self._metrics.reviewed(request, verdict, seconds)
        if not verdict.is_silent:
            log_denials(request, verdict)
        if self._tracer is not None:
            self._tracer.reviewed(request, verdict, seconds)

    def rejected(self, rejected: Rejected) -> None:
        """Note a body that is no review."""
        self._metrics.rejected(rejected)
        _log.warning("not a review: %s", rejected.message, extra={"reason": rejected.kind})
