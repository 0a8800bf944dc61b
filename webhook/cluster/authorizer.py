"""The cluster's own authorizer, asked by SubjectAccessReview."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import orjson

from policy_engine.cel.libraries.authz import Answer, Attributes, AuthorizerBackend, Ruling
from policy_engine.records import record
from webhook.cluster.access_review import PATH, review_answer, review_spec
from webhook.cluster.api import ClusterClient
from webhook.cluster.kube_error import KubeError

# kube-apiserver keeps what a webhook authorizer allows for five minutes, what it does not for half a minute. Here
# answers only have to serve one burst of requests: access that is withdrawn ends soon, and access that was just
# granted works at the second try.
ALLOWED_FOR_S: Final = 10.0
NOT_ALLOWED_FOR_S: Final = 3.0
MAX_ANSWERS: Final = 4096
MAX_CACHED_BYTES: Final = 16_384  # of a question; those who ask choose most of it
CALL_TIMEOUT_S: Final = 3.0  # a review that waits has five seconds by default


@record
class _Kept:
    answer: Answer
    until_s: float


class ClusterAuthorizer:
    """Ask the API server, and remember its answers for some seconds.

    Equal questions asked at the same time make one call. Errors are answers with `error`, and are not remembered.
    clock: seconds, never going back.
    """

    def __init__(self, client: ClusterClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()  # the one used last at the end
        self._calls: dict[bytes, Future[Answer]] = {}

    def authorize(self, attributes: Attributes) -> Answer:
        """Answer one question, by a call where it must be."""
        question = _question(attributes)
        with self._lock:
            kept = self._find(question)
            if kept is not None:
                return kept
            under_way = self._calls.get(question)
            call = under_way or self._calls.setdefault(question, Future())
        if under_way is not None:
            return _result_of(under_way)
        try:
            answer = self._ask(question)
        except BaseException as error:
            with self._lock:
                del self._calls[question]
            call.set_exception(error)
            raise
        with self._lock:
            del self._calls[question]
            self._keep(question, answer)
        call.set_result(answer)
        return answer

    def cached(self, signal: Callable[[], BaseException]) -> AuthorizerBackend:
        """Give an authorizer that never calls: what it does not remember makes it raise the signal."""
        return _Cached(self, signal)

    def recall(self, attributes: Attributes) -> Answer | None:
        """Give the answer to a question if it is remembered."""
        with self._lock:
            return self._find(_question(attributes))

    def _find(self, question: bytes) -> Answer | None:
        kept = self._kept.get(question)
        if kept is None:
            return None
        if kept.until_s <= self._clock():
            del self._kept[question]
            return None
        self._kept.move_to_end(question)
        return kept.answer

    def _keep(self, question: bytes, answer: Answer) -> None:
        if answer.error is not None or len(question) > MAX_CACHED_BYTES:
            return
        for_s = ALLOWED_FOR_S if answer.ruling is Ruling.ALLOW else NOT_ALLOWED_FOR_S
        self._kept[question] = _Kept(answer, self._clock() + for_s)
        if len(self._kept) > MAX_ANSWERS:
            self._kept.popitem(last=False)

    def _ask(self, question: bytes) -> Answer:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": orjson.loads(question),
        }
        try:
            return review_answer(self._client.create(PATH, review, timeout_s=CALL_TIMEOUT_S))
        except KubeError as error:
            return Answer(error=error.message)


@record
class _Cached:
    authorizer: ClusterAuthorizer
    signal: Callable[[], BaseException]

    def authorize(self, attributes: Attributes) -> Answer:
        answer = self.authorizer.recall(attributes)
        if answer is None:
            raise self.signal()
        return answer


def _question(attributes: Attributes) -> bytes:
    return orjson.dumps(review_spec(attributes), option=orjson.OPT_SORT_KEYS)


def _result_of(call: Future[Answer]) -> Answer:
    try:
        return call.result(timeout=2 * CALL_TIMEOUT_S)
    except Exception:
        return Answer(error="a SubjectAccessReview under way got no answer")
