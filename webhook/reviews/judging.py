"""One review judged: at once where that takes no time, in a thread where it might.

Nearly every review takes a fraction of a millisecond and is judged on the event loop, where a switch of threads
would cost more than the judgement. One that turns out to take long, or that wants an answer from the cluster, is
started over in a thread, so that it holds up no other.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from policy_engine.admission.context import Context
from policy_engine.admission.judging import review, undecided
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.settling import settle
from policy_engine.admission.verdict import Verdict
from webhook.policies.live import LivePolicies
from webhook.policies.ruleset import Ruleset, Share
from webhook.reviews.surroundings import Deferred, Surroundings, View

_log = logging.getLogger("polgate.reviews")

_GLANCE_S = 0.005  # on the event loop; a hundred times what a review takes as a rule
_GRACE_S = 0.1  # after the deadline, for an evaluation to notice that it has passed
_THREADS = 16  # reviews at a time that wait for the cluster or take long

TIMED_OUT = "polgate could not evaluate it within the time that the API server allows"
INTERNAL_ERROR = "an internal error of polgate kept it from being evaluated"


class Reviewer:
    """Judges reviews by the policies in force. on_fault: told of each fault of this program, with the policy."""

    def __init__(
        self,
        live: LivePolicies,
        surroundings: Surroundings,
        *,
        on_fault: Callable[[str], None] = lambda policy: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._live = live
        self._surroundings = surroundings
        self._on_fault = on_fault
        self._clock = clock
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="review")
        self._until = 0.0
        self._quick: tuple[Ruleset, Context] | None = None

    def close(self) -> None:
        """End the threads. Reviews under way are answered first."""
        self._pool.shutdown()

    async def review(self, request: AdmissionRequest, share: Share, *, deadline: float) -> Verdict:
        """Judge a request. deadline: on the clock; what is not decided by then is left to failurePolicy."""
        ruleset = self._live.current
        policies = ruleset.shares[share]
        try:
            return self._at_once(ruleset, policies, request, deadline)
        except Deferred:
            pass
        except Exception as error:  # outside of any policy: all that concern the request are concerned
            return self._failed(policies, request, error)
        return await self._in_a_thread(ruleset, policies, request, deadline)

    async def _in_a_thread(
        self, ruleset: Ruleset, policies: PolicySet, request: AdmissionRequest, deadline: float
    ) -> Verdict:
        under_way = asyncio.get_running_loop().run_in_executor(
            self._pool, self._patiently, ruleset, policies, request, deadline
        )
        try:
            return await asyncio.wait_for(under_way, max(deadline + _GRACE_S - self._clock(), 0))
        except TimeoutError:
            _log.warning("a review was not decided in time", extra={"uid": request.uid})
            return undecided(policies, request, TIMED_OUT)
        except Exception as error:
            return self._failed(policies, request, error)

    def _at_once(
        self, ruleset: Ruleset, policies: PolicySet, request: AdmissionRequest, deadline: float
    ) -> Verdict:
        # One at a time, on the event loop: so what it needs is made once for a ruleset, and not for each review.
        self._until = min(self._clock() + _GLANCE_S, deadline)
        quick = self._quick
        if quick is None or quick[0] is not ruleset:
            view = self._surroundings.quick(ruleset)
            quick = self._quick = ruleset, _context(view, self._glance, math.inf)
        return self._judge(policies, request, quick[1])

    def _glance(self) -> float:
        """Tell the time to a review in the fast lane, as long as it has any."""
        now = self._clock()
        if now > self._until:
            raise Deferred
        return now

    def _patiently(
        self, ruleset: Ruleset, policies: PolicySet, request: AdmissionRequest, deadline: float
    ) -> Verdict:
        view = self._surroundings.patient(ruleset, deadline)
        return self._judge(policies, request, _context(view, self._clock, deadline))

    def _judge(self, policies: PolicySet, request: AdmissionRequest, context: Context) -> Verdict:
        def on_fault(policy: str, error: Exception) -> None:
            self._on_fault(policy)
            _log.error(
                "a policy could not be evaluated: this is a fault of polgate, please report it",
                exc_info=error,
                extra={"uid": request.uid, "policy": policy},
            )

        return settle(review(policies, request, context, on_fault=on_fault), policies)

    def _failed(self, policies: PolicySet, request: AdmissionRequest, error: Exception) -> Verdict:
        self._on_fault("")
        _log.error(
            "a review could not be judged: this is a fault of polgate, please report it",
            exc_info=error,
            extra={"uid": request.uid},
        )
        return undecided(policies, request, INTERNAL_ERROR)


def _context(view: View, clock: Callable[[], float], deadline: float) -> Context:
    return Context(
        namespaces=view.namespaces,
        params=view.params,
        authorizer=view.authorizer,
        clock=clock,
        deadline=deadline,
    )
