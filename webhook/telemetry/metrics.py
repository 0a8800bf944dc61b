"""What Prometheus gets to see. No label holds the name of an object: there are too many of them.

Source: prometheus.io/docs/practices/naming.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from policy_engine import __version__
from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.verdict import Verdict
from webhook.policies.ruleset import Ruleset
from webhook.reviews.rejections import Rejected
from webhook.telemetry.decision_tally import DecisionTally
from webhook.telemetry.multiprocess import MULTIPROCESS_VARIABLE

disable_created_metrics()  # type: ignore[no-untyped-call]

# From 100 µs, less than which no review takes over HTTP, to the 10 s after which the API server gives up.
_BUCKETS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# Names of resources come with requests. A cluster has a few hundred; whoever makes some up fills no memory.
_MAX_SHAPES = 2000
_OTHER = "other"


class Metrics:
    """The metrics of one process. With several workers, each scrape sums them up over all."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._shapes: dict[tuple[str, ...], tuple[Counter, Histogram]] = {}
        self._decided: dict[tuple[str, ...], Counter] = {}
        self._tally = DecisionTally(self._decide)
        self._reviews = Counter(
            "polgate_admission_reviews",
            "Reviews answered.",
            ["operation", "group", "resource", "subresource", "outcome"],
            registry=registry,
        )
        self._durations = Histogram(
            "polgate_admission_review_duration_seconds",
            "Time from the headers of a review to its answer.",
            ["operation"],
            buckets=_BUCKETS_S,
            registry=registry,
        )
        self._decisions = Counter(
            "polgate_policy_decisions",
            "Decisions, one for each review, policy and binding, or for each validation that does not hold.",
            ["policy", "binding", "action", "outcome"],
            registry=registry,
        )
        self._rejected = Counter(
            "polgate_rejected_bodies",
            "Bodies answered with 4xx: they are no reviews.",
            ["reason"],
            registry=registry,
        )
        self._faults = Counter(
            "polgate_internal_errors", "Faults of polgate itself while evaluating.", ["policy"], registry=registry
        )
        self.lost_logs = Counter(
            "polgate_log_lines_lost", "Lines of the log that nobody took in time.", registry=registry
        )
        self._reloads = Counter(
            "polgate_policy_reloads", "Changes of policies.", ["source", "outcome"], registry=registry
        )
        self._policies = _gauge("polgate_policies_loaded", "Policies in force.", ["source"], registry)
        self._errors = _gauge(
            "polgate_policy_errors", "What is wrong with policies: see /policies.", ["source"], registry
        )
        self._ages = _gauge(
            "polgate_cache_age_seconds", "Time since a cache was last known to be current.", ["resource"], registry
        )
        self._certificates = Gauge(
            "polgate_certificate_expiry_days",
            "Days until a certificate is no longer valid.",
            ["certificate"],
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.registered = _gauge(
            "polgate_webhook_registered", "Whether the API server is told to ask this webhook.", [], registry
        )
        self.ready = Gauge(
            "polgate_ready", "Whether reviews are wanted.", registry=registry, multiprocess_mode="livemin"
        )
        build = _gauge("polgate_build_info", "The version, as a label.", ["version"], registry)
        build.labels(__version__).set(1)

    def reviewed(self, request: AdmissionRequest, verdict: Verdict, seconds: float) -> None:
        """Count a review, and what each policy made of it."""
        outcome = "allowed" if verdict.is_silent else _outcome(verdict)
        resource = request.request_resource
        shape = (
            request.operation.value,
            resource.group,
            resource.resource,
            request.request_subresource,
            outcome,
        )
        found = self._shapes.get(shape)
        if found is None:
            found = self._add_shape(shape)
        reviews, durations = found
        reviews.inc()
        durations.observe(seconds)
        entries = verdict.entries
        if entries:
            self._tally.add(entries)

    def rejected(self, rejected: Rejected) -> None:
        """Count a body that is no review."""
        self._rejected.labels(rejected.kind).inc()

    def fault(self, policy: str) -> None:
        """Count a fault of ours; the policy is empty where none is concerned."""
        self._faults.labels(policy).inc()

    def reloaded(self, source: str, taken: bool) -> None:
        """Count a change of policies."""
        self._reloads.labels(source, "taken" if taken else "refused").inc()

    def sources(self, counts: Mapping[str, tuple[int, int]]) -> None:
        """Say for each source how many policies it has, and how many problems."""
        for source, (policies, problems) in counts.items():
            self._policies.labels(source).set(policies)
            self._errors.labels(source).set(problems)

    def ages(self, ages: Mapping[str, float]) -> None:
        """Say how old each cache is, in seconds."""
        self._ages.clear()
        for resource, seconds in ages.items():
            self._ages.labels(resource).set(seconds)

    def certificates(self, days: Mapping[str, float]) -> None:
        """Say how many days each certificate is valid."""
        for certificate, left in days.items():
            if math.isfinite(left):
                self._certificates.labels(certificate).set(left)

    def forget(self, ruleset: Ruleset) -> None:
        """Forget policies that are no longer in force, so that counters of the past do not pile up."""
        self._tally.flush()
        if os.environ.get(MULTIPROCESS_VARIABLE):
            return  # counters in shared files cannot be removed
        known = {policy.name for policy in ruleset.everything.policies}
        for key in [key for key in list(self._decided) if key[0] not in known]:  # copied: others count meanwhile
            del self._decided[key]
            self._decisions.remove(*key)

    def flush(self) -> None:
        """Count what is only noted so far. With several workers it has to be done before others are scraped."""
        self._tally.flush()

    def text(self) -> bytes:
        """Write everything as Prometheus reads it."""
        self.flush()
        if os.environ.get(MULTIPROCESS_VARIABLE):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self._registry)

    def _add_shape(self, shape: tuple[str, ...]) -> tuple[Counter, Histogram]:
        operation, *_, outcome = shape
        labels = shape if len(self._shapes) < _MAX_SHAPES else (operation, _OTHER, _OTHER, "", outcome)
        found = self._reviews.labels(*labels), self._durations.labels(operation)
        if labels is shape:
            self._shapes[shape] = found
        return found

    def _decide(self, labels: tuple[str, ...], count: int) -> None:
        counter = self._decided.get(labels)
        if counter is None:
            counter = self._decided[labels] = self._decisions.labels(*labels)
        counter.inc(count)


def _gauge(name: str, text: str, labels: list[str], registry: CollectorRegistry) -> Gauge:
    """Make a gauge of which any worker's newest value is right."""
    return Gauge(name, text, labels, registry=registry, multiprocess_mode="livemostrecent")


def _outcome(verdict: Verdict) -> str:
    return "denied" if verdict.denied else "warned" if verdict.warnings else "allowed"
