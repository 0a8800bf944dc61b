"""The requests of a change, written as the API server would send them to a webhook."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable

from policy_engine.admission import AdmissionRequest
from policy_engine.admission.inputs import request_value
from policy_engine.sources.values import JsonObject

_NAMESPACE = uuid.UUID("6f1c3a52-27bd-5c0e-9d0e-3d4f9b6a7c11")  # of the uids: the same request has the same one


def write_requests(requests: Iterable[AdmissionRequest], path: str) -> None:
    """Write one AdmissionReview (admission.k8s.io/v1) a line, in the order of the requests.

    What Secrets hold is in there, as in any review. Raises: OSError.
    """
    with open(path, "w", encoding="utf-8") as file:
        for index, request in enumerate(requests):
            file.write(json.dumps(to_review(request, index)) + "\n")


def to_review(request: AdmissionRequest, index: int) -> JsonObject:
    """Give a request as an AdmissionReview. index: of the request, so that equal ones differ in their uid."""
    value: JsonObject = dict(request_value(request, request.request_resource, request.request_kind))
    value["object"] = request.object
    value["oldObject"] = request.old_object
    value["uid"] = str(uuid.uuid5(_NAMESPACE, json.dumps([index, value], sort_keys=True)))
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": value}
