"""A real history for tests, and a cluster that does what requests say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from policy_engine.admission import AdmissionRequest
from policy_engine.admission.request import Operation
from policy_engine.sources.values import JsonObject
from tests.git_repositories import TestRepository


def microservices_demo(shared: Path, folder: Path) -> tuple[TestRepository, list[str]]:
    """Clone the history of microservices-demo without a work tree. Gives it and its commits, oldest first."""
    bundle = shared / "suites" / "repos" / "microservices-demo.bundle"
    repository = TestRepository.create(folder, "--bare")
    repository.git("fetch", "--quiet", str(bundle), "main:main")
    return repository, repository.git("rev-list", "--reverse", "main").split()


class Cluster:
    """The objects that requests leave behind. One object may be there several times, for several targets."""

    def __init__(self) -> None:
        self.objects: Counter[str] = Counter()

    def apply(self, request: AdmissionRequest) -> None:
        """Do what a request says. An old object that is not there is an error of whoever made the request."""
        if request.operation is not Operation.CREATE:
            assert request.old_object is not None
            old = text_of(request.old_object)
            assert self.objects[old] > 0, f"{request.operation} of what is not there: {old[:200]}"
            self.objects[old] -= 1
        if request.operation is not Operation.DELETE:
            assert request.object is not None
            self.objects[text_of(request.object)] += 1

    def held(self) -> Counter[str]:
        """Give what is there."""
        return +self.objects


def text_of(value: JsonObject) -> str:
    """Write an object so that equal ones are equal texts, without its version: an old one comes converted."""
    rest = {name: part for name, part in value.items() if name != "apiVersion"}
    return json.dumps(rest, sort_keys=True)


def texts_of(values: Iterable[JsonObject]) -> Counter[str]:
    """Count objects as a cluster counts them."""
    return Counter(map(text_of, values))
