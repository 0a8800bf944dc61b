"""Bodies turned into requests, or refused in words for people."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from policy_engine.admission.admission_review import read_review
from tests.unit.webhook.documents import review
from webhook.reviews.decoding import decode_review
from webhook.reviews.rejections import Rejected


def rejected(body: Any) -> Rejected:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    with pytest.raises(Rejected) as caught:
        decode_review(data)
    return caught.value


def with_request(**request: Any) -> dict[str, Any]:
    return review(**request)


def without(field: str) -> dict[str, Any]:
    document = review()
    del document["request"][field]
    return document


def test_every_recorded_review_is_read_as_the_command_reads_it(shared: Path) -> None:
    with gzip.open(shared / "suites" / "reviews" / "reviews.jsonl.gz") as lines:
        documents = [orjson.loads(line)["review"] for line in lines]
    assert len(documents) == 161
    for document in documents:
        body = orjson.dumps(document)
        assert decode_review(body) == read_review(document, size_bytes=len(body))


def test_fields_that_are_null_count_as_absent() -> None:
    optional = ["subResource", "requestKind", "requestResource", "requestSubResource", "name", "namespace"]
    optional += ["userInfo", "object", "oldObject", "options", "dryRun"]
    document = with_request(**dict.fromkeys(optional))
    body = orjson.dumps(document)
    assert decode_review(body) == read_review(document, size_bytes=len(body))


def test_the_last_of_two_equal_keys_counts_as_in_go() -> None:
    body = orjson.dumps(review()).replace(b'"operation":"CREATE"', b'"operation":"UPDATE","operation":"DELETE"')
    assert decode_review(body).operation == "DELETE"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "expected an object, found a list"),
        (None, "expected an object, found nothing"),
        ({"apiVersion": "admission.k8s.io/v1", "kind": 5}, "kind: expected a string, found a number"),
        (with_request(uid=7), "request.uid: expected a string, found a number"),
        (with_request(kind=None), "request.kind: expected an object, found nothing"),
        (with_request(kind={"group": []}), "request.kind.group: expected a string, found a list"),
        (with_request(resource="pods"), "request.resource: expected an object, found a string"),
        (with_request(requestKind=[]), "request.requestKind: expected an object, found a list"),
        (with_request(subResource={}), "request.subResource: expected a string, found an object"),
        (with_request(dryRun="no"), "request.dryRun: expected a boolean, found a string"),
        (with_request(userInfo={"groups": "dev"}), "request.userInfo.groups: expected a list, found a string"),
        (
            with_request(userInfo={"extra": {"k": [1]}}),
            "request.userInfo.extra[...][0]: expected a string, found a number",
        ),
        (
            with_request(operation="GUESS"),
            "request.operation: expected one of CREATE, UPDATE, DELETE, CONNECT, found `GUESS`",
        ),
        (without("uid"), "request.uid: expected a value, found nothing"),
        (without("operation"), "request.operation: expected a value, found nothing"),
    ],
)
def test_a_field_of_the_wrong_type_is_told_by_its_path(document: Any, message: str) -> None:
    assert rejected(document).message == f"not an AdmissionReview (admission.k8s.io/v1): {message}"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (with_request(object=[]), "request.object: expected an object, found a list"),
        (with_request(object="x"), "request.object: expected an object, found a string"),
        (with_request(oldObject=1e9), "request.oldObject: expected an object, found a number"),
        (with_request(options=True), "request.options: expected an object, found a boolean"),
        (with_request(uid=""), "request.uid: expected the review's uid, found nothing"),
        ({**review(), "request": None}, "request: expected an object, found nothing"),
    ],
)
def test_what_is_missing_or_no_object_is_told(document: Any, message: str) -> None:
    assert rejected(document).message == message


@pytest.mark.parametrize(
    ("api_version", "kind", "found"),
    [
        ("admission.k8s.io/v1beta1", "AdmissionReview", "`AdmissionReview` (`admission.k8s.io/v1beta1`)"),
        ("v1", "Pod", "`Pod` (`v1`)"),
        ("", "", "`` (``)"),
        ("v1\nlevel=error", "Pod\x1b[2J", "`Pod\\x1b[2J` (`v1\\nlevel=error`)"),
        ("v" * 1000, "k", f"`k` (`{'v' * 100}`)"),
    ],
)
def test_another_kind_or_version_is_told_on_one_line(api_version: str, kind: str, found: str) -> None:
    error = rejected({**review(), "apiVersion": api_version, "kind": kind})
    assert (error.kind, error.message) == (
        "version",
        f"expected AdmissionReview (admission.k8s.io/v1), found {found}",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON: Input data was truncated"),
        (orjson.dumps(review())[:-5], "not JSON: Input data was truncated"),
        (b"\xef\xbb\xbf" + orjson.dumps(review()), "not JSON: invalid character (byte 0)"),
        (orjson.dumps(review()) + b"x", "not JSON: trailing characters (byte "),
        (b"<xml/>", "not JSON: invalid character (byte 0)"),
        (orjson.dumps(review("\xff")).replace(b"\xc3\xbf", b"\xff"), "not JSON: a string is not UTF-8"),
        (orjson.dumps(review(object={"a": "Z"})).replace(b'"Z"', b'"\xff"'), "request.object: not JSON: a string"),
        (orjson.dumps(review("Z")).replace(b'"Z"', rb'"\ud800"'), "not JSON: "),
        (orjson.dumps(review(object={"a": "Z"})).replace(b'"Z"', rb'"\udfff"'), "not JSON: invalid utf-16"),
        (orjson.dumps(review(object={"a": "Z"})).replace(b'"Z"', b"NaN"), "not JSON: invalid character"),
        (orjson.dumps(review(object={"a": "Z"})).replace(b'"Z"', b"-Infinity"), "not JSON: invalid character"),
        (orjson.dumps(review(object={"a": "Z"})).replace(b'"Z"', b"1e999"), "request.object: not JSON: number is"),
    ],
)
def test_what_is_no_json_is_told(body: bytes, message: str) -> None:
    error = rejected(body)
    assert (error.kind, error.status) == ("malformed", 400)
    assert error.message.startswith(message), error.message


@pytest.mark.parametrize("field", ["object", "oldObject", "options", "userInfo", "unknown"])
def test_nesting_without_end_is_refused_wherever_it_is(field: str) -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    body = orjson.dumps(review(**{field: "Z"})).replace(b'"Z"', deep)
    assert (rejected(body).kind, rejected(body).message.endswith("nested too deeply")) == ("too-deep", True)


def test_numbers_that_no_integer_holds_become_floating_point_as_in_go() -> None:
    body = orjson.dumps(review(object={"n": "Z"})).replace(b'"Z"', b"9" * 400)
    assert rejected(body).message.startswith("request.object: not JSON: number is infinity")
    body = orjson.dumps(review(object={"n": "Z"})).replace(b'"Z"', b"123456789012345678901234567890")
    assert decode_review(body).object == {"n": 1.2345678901234568e29}


def test_a_hundred_thousand_keys_are_just_an_object() -> None:
    request = decode_review(orjson.dumps(review(object={str(number): number for number in range(100_000)})))
    assert request.object is not None
    assert len(request.object) == 100_000


def test_a_refusal_is_a_status_as_kubernetes_writes_them() -> None:
    error = rejected(b"[]")
    assert orjson.loads(error.body()) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": error.message,
        "reason": "BadRequest",
        "code": 400,
    }
