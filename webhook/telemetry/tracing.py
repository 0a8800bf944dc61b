"""OpenTelemetry traces, for whoever installs the extra `tracing` and sets OTEL_EXPORTER_OTLP_ENDPOINT.

Source: opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables.
"""

from __future__ import annotations

import os
import time
from typing import Protocol

from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.verdict import Verdict
from policy_engine.errors import InputError

_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Tracer(Protocol):
    """Whoever records a span for each review."""

    def reviewed(self, request: AdmissionRequest, verdict: Verdict, seconds: float) -> None:
        """Record a review that was answered."""

    def close(self) -> None:
        """Send what is not sent yet."""


def tracer_from_environment() -> Tracer | None:
    """Make a tracer where an endpoint is set. Raises: InputError where one is set and the extra is missing."""
    if not any(os.environ.get(variable) for variable in _VARIABLES):
        return None
    try:
        return _OpenTelemetry()
    except ImportError as error:
        raise InputError(
            f"{_VARIABLES[0]} is set, but traces need another package: {error}",
            help="install `polgate[tracing]`, or unset the variable",
        ) from None


class _OpenTelemetry:
    """Sends spans in batches, in a thread of its own; when nobody takes them, they are dropped."""

    def __init__(self) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._provider = TracerProvider(resource=Resource.create({"service.name": "polgate"}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("polgate")

    def reviewed(self, request: AdmissionRequest, verdict: Verdict, seconds: float) -> None:
        """Record a review as a span that ends now."""
        end = time.time_ns()
        resource = request.request_resource
        span = self._tracer.start_span("admission.review", start_time=end - int(seconds * 1e9))
        span.set_attributes(
            {
                "polgate.uid": request.uid,
                "polgate.operation": request.operation.value,
                "polgate.resource": str(resource.group_resource),
                "polgate.namespace": request.namespace,
                "polgate.allowed": not verdict.denied,
                "polgate.denied_by": sorted({denial.policy for denial in verdict.denials}),
            }
        )
        span.end(end)

    def close(self) -> None:
        """Send what is not sent yet."""
        self._provider.shutdown()
