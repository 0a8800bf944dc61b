"""Whatever is posted, the answer is a refusal in one line or a review with the same uid: never an exception."""

from __future__ import annotations

import asyncio
import copy
import gzip
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.admission.admission_review import read_review
from policy_engine.admission.request import Operation
from tests.conftest import shared_folder
from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import binding, policy, review, write
from webhook.reviews.decoding import decode_review

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_NAME = st.sampled_from(["", "v1", "apps", "pods", "Pod", "status", "web", "ü", "a/b", "\x00", "*"])
_NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_VALUE = st.recursive(
    st.none() | st.booleans() | _NUMBER | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT | _NAME, inner, max_size=4),
    max_leaves=12,
)
_OBJECT = st.none() | st.dictionaries(_TEXT | st.sampled_from(["metadata", "kind", "spec"]), _VALUE, max_size=5)
_KIND = st.fixed_dictionaries({"kind": _NAME}, optional={"group": _NAME, "version": _NAME})
_RESOURCE = st.fixed_dictionaries({"resource": _NAME}, optional={"group": _NAME, "version": _NAME})
_WORDS = st.none() | st.lists(_TEXT, max_size=3)
_USER = st.fixed_dictionaries(
    {},
    optional={
        "username": st.none() | _TEXT,
        "uid": st.none() | _TEXT,
        "groups": _WORDS,
        "extra": st.none() | st.dictionaries(_TEXT, _WORDS, max_size=3),
        "unknown": _VALUE,
    },
)
_REQUEST = st.fixed_dictionaries(
    {
        "uid": _TEXT.filter(bool),
        "kind": _KIND,
        "resource": _RESOURCE,
        "operation": st.sampled_from([operation.value for operation in Operation]),
    },
    optional={
        "subResource": st.none() | _NAME,
        "requestKind": st.none() | _KIND,
        "requestResource": st.none() | _RESOURCE,
        "requestSubResource": st.none() | _NAME,
        "name": st.none() | _TEXT,
        "namespace": st.none() | _NAME,
        "userInfo": st.none() | _USER,
        "object": _OBJECT,
        "oldObject": _OBJECT,
        "options": _OBJECT,
        "dryRun": st.none() | st.booleans(),
        "unknown": _VALUE,
    },
)
_REVIEW = st.builds(
    lambda request: {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}, _REQUEST
)

# What a byte is most likely to be mistaken for.
_SCRAPS = st.sampled_from(
    [
        *(bytes([byte]) for byte in b'"{}[]:,\\ \n\x00\x7f\x80\xc3\xff-0'),
        *(
            b"\\ud800",
            b"\\udc00\\ud800",
            b"\\u0000",
            b"\xed\xa0\x80",
            b"\xef\xbb\xbf",
            b"\xf4\x90\x80\x80",
            b"1e999",
        ),
        *(b"NaN", b"null", b"9" * 80, b"-0", b'"uid":"other",', b"[" * 3000, b'{"a":' * 3000, b"1.5", b"true"),
    ]
)
_CHANGE = st.tuples(st.integers(0, 2**31), st.integers(0, 40), _SCRAPS | st.binary(max_size=3))


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    documents = [
        policy("reads", "!has(object.metadata) || object.metadata.?name.orValue('x') != 'never'"),
        policy("compares", "object != oldObject || object == null", "object == null || !(object in [oldObject])"),
        policy("walks", "object == null || object.all(key, dyn(object[key]) != 'never')"),
        policy(
            "asks", "request.userInfo.?groups.orValue([]).all(group, group != 'never')", failurePolicy="Ignore"
        ),
        policy(
            "tells",
            validations=[{"expression": "false", "messageExpression": "'no ' + request.?name.orValue('?')"}],
            auditAnnotations=[{"key": "user", "valueExpression": "request.userInfo.?username.orValue('nobody')"}],
        ),
        *(binding(name) for name in ("reads", "compares", "walks", "asks")),
        binding("tells", "Warn", "Audit"),
    ]
    logging.getLogger("polgate").setLevel(logging.CRITICAL)  # a hundred thousand lines, all of them expected
    with Gate(write(tmp_path_factory.mktemp("gate") / "policies.yaml", documents)) as gate:
        yield gate
    logging.getLogger("polgate").setLevel(logging.NOTSET)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def bodies() -> list[bytes]:
    """Give bodies to spoil: recorded ones where they are at hand."""
    path = shared_folder() / "suites" / "reviews" / "reviews.jsonl.gz"
    if not path.exists():
        return [orjson.dumps(review())]
    with gzip.open(path) as lines:
        return [orjson.dumps(orjson.loads(line)["review"]) for line in lines]


def check(runner: asyncio.Runner, gate: Gate, body: bytes) -> None:
    """Post a body, and look at the answer."""
    faults = gate.registry.get_sample_value("polgate_internal_errors_total", {"policy": ""}) or 0
    answer = runner.run(gate.call("POST", "/validate", body=body))
    if answer.status == 200:
        assert answer.response["uid"] == decode_review(body).uid
        assert isinstance(answer.response["allowed"], bool)
    else:
        status = answer.json
        assert (answer.status, status["kind"], status["code"]) == (400, "Status", 400)
        assert status["message"].isprintable()
        assert len(status["message"]) < 1000
    assert (gate.registry.get_sample_value("polgate_internal_errors_total", {"policy": ""}) or 0) == faults
    for name in ("reads", "compares", "walks", "asks", "tells"):
        assert gate.registry.get_sample_value("polgate_internal_errors_total", {"policy": name}) is None


@given(_REVIEW)
def test_the_server_reads_every_review_as_the_command_reads_it(document: Any) -> None:
    body = orjson.dumps(document)
    assert decode_review(body) == read_review(orjson.loads(body), size_bytes=len(body))


@given(document=_REVIEW)
@settings(max_examples=200)
def test_every_review_is_answered(gate: Gate, runner: asyncio.Runner, document: Any) -> None:
    answer = runner.run(gate.call("POST", "/validate", body=document))
    assert answer.response["uid"] == document["request"]["uid"]
    check(runner, gate, orjson.dumps(document))


@given(data=st.data())
@settings(max_examples=300)
def test_a_review_with_one_field_of_another_type_is_answered_or_refused(
    gate: Gate, runner: asyncio.Runner, data: st.DataObject
) -> None:
    document = copy.deepcopy(review(subResource="status", dryRun=False, oldObject=None, options=None))
    holder: Any = document
    while True:
        key = data.draw(st.sampled_from(sorted(holder)))
        if not isinstance(holder[key], dict) or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(_VALUE)
    check(runner, gate, orjson.dumps(document))


@given(body=st.binary(max_size=60))
def test_any_bytes_are_refused(gate: Gate, runner: asyncio.Runner, body: bytes) -> None:
    check(runner, gate, body)


@given(number=st.integers(0, 1000), changes=st.lists(_CHANGE, min_size=1, max_size=4))
@settings(max_examples=400)
def test_a_recorded_review_that_is_spoilt_is_answered_or_refused(
    gate: Gate, runner: asyncio.Runner, bodies: list[bytes], number: int, changes: list[tuple[int, int, bytes]]
) -> None:
    body = bytearray(bodies[number % len(bodies)])
    for place, length, scrap in changes:
        start = place % (len(body) + 1)
        body[start : start + length] = scrap
    check(runner, gate, bytes(body))


@given(number=st.integers(0, 1000), end=st.floats(0, 1))
def test_a_recorded_review_that_is_cut_off_is_refused(
    gate: Gate, runner: asyncio.Runner, bodies: list[bytes], number: int, end: float
) -> None:
    body = bodies[number % len(bodies)]
    cut = body[: int(end * (len(body) - 1))]
    assert runner.run(gate.call("POST", "/validate", body=cut)).status == 400


@pytest.mark.parametrize("levels", [10, 100, 500, 900, 1000, 1023, 1024, 1025, 5000])
def test_nesting_is_answered_or_refused_at_every_depth(gate: Gate, runner: asyncio.Runner, levels: int) -> None:
    for opening, closing in ((b'{"a":', b"}"), (b"[", b"]")):
        deep = opening * levels + b"1" + closing * levels
        body = orjson.dumps(review(object={"a": "Z"}, oldObject={"a": "Z"})).replace(b'"Z"', deep)
        check(runner, gate, body)
