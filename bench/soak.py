"""Load a server for long, while its policies change every second: `python -m bench.soak --reviews 1000000`.

The reviews are those that a kube-apiserver sent once, where the shared test data is, or else built ones. Every
second the policies are written anew: as they were, changed, or broken, in which case those before have to go on.
Whatever comes back is compared, byte for byte, with what the engine says by either set. It fails on any other
answer, on any error of HTTP, and when memory grows.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from bench.load_generator import Case, NoGoError, WrongAnswersError, built_load_generator
from bench.reviews import POD_SECURITY, TEAM, bindings, review_of
from bench.serving import ROOT, Serving, polgate
from policy_engine.admission.admission_review import read_review, write_response
from policy_engine.admission.context import Context
from policy_engine.admission.judging import review as judge
from policy_engine.admission.settling import settle
from webhook.policies.directory import PolicyDirectory
from webhook.policies.live import LivePolicies
from webhook.policies.ruleset import Ruleset

PATH = "/validate?timeout=10s"
CONNECTIONS = 16
PARTS = 10
SETTLED_PARTS = 2  # of ten, after which memory has to stay as it is
GROWTH, GROWTH_MB = 0.05, 5.0
_CHANGE_S = 1.0
_LOOK_S = 0.25
_SHARED = Path(os.environ.get("POLGATE_SHARED") or ROOT.parent / "shared")
_OWN_POLICIES = ROOT / "tests" / "golden" / "reviews" / "policies"

CHANGED = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "soak"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}
            ]
        },
        "validations": [
            {"expression": "request.operation == 'DELETE'", "messageExpression": "request.name + ' no'"}
        ],
    },
}
BROKEN = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nspec: {validations: [\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, and give 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reviews", type=int, default=1_000_000, help="how many to post")
    options = parser.parse_args(arguments)
    bodies = _bodies()
    try:
        with tempfile.TemporaryDirectory() as folder, built_load_generator() as load:
            policies = _Policies(Path(folder) / "policies")
            cases = policies.cases(bodies)
            both = sum(len(case.answers) == 2 for case in cases)
            print(f"{len(cases)} reviews again and again, of which {both} are answered in two ways", flush=True)
            with polgate(policies.folder) as server, policies.changing(), _watching(server.pid) as memory:
                for part in range(1, PARTS + 1):
                    report = load.run(
                        server, PATH, cases, connections=CONNECTIONS, requests=options.reviews // PARTS
                    )
                    memory.mark()
                    print(
                        f"{part * 100 // PARTS:3} %: {memory.now_mb:6.1f} MB, {report.per_second:6.0f} reviews/s, "
                        f"p99 {report.p99_us / 1e3:.1f} ms",
                        flush=True,
                    )
                taken, refused = _reloads(server)
            return _verdict(memory, policies, taken, refused)
    except NoGoError as error:
        print(error)
        return 0
    except WrongAnswersError as error:
        print(f"failed: {error}")
        return 1


class _Policies:
    """A folder of policies that are as they were, changed or broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writes = {"valid": 0, "changed": 0, "broken": 0}
        POD_SECURITY.write(folder, 20)
        for source in sorted(_OWN_POLICIES.glob("*.yaml")):
            (folder / source.name).write_bytes(source.read_bytes())
        self._stop = threading.Event()
        self._numbers = itertools.count(1)

    def cases(self, bodies: Sequence[bytes]) -> list[Case]:
        """Work out what each review has to be answered, in this process and by either set."""
        answers: dict[bytes, list[bytes]] = {body: [] for body in bodies}
        for state in ("valid", "changed"):
            self._write(state)
            live = LivePolicies()
            PolicyDirectory([str(self.folder)], live, version="1.36").load()
            for body, known in answers.items():
                answer = _answer(body, live.current)
                if answer not in known:
                    known.append(answer)
        self._write("valid")
        self.writes = dict.fromkeys(self.writes, 0)
        return [Case(body=body, answers=known) for body, known in answers.items()]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Write them anew every second."""
        thread = threading.Thread(target=self._change)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _change(self) -> None:
        for state in itertools.cycle(("changed", "broken", "valid", "broken")):
            if self._stop.wait(_CHANGE_S):
                return
            self._write(state)

    def _write(self, state: str) -> None:
        number = next(self._numbers)
        self.writes[state] += 1
        changed = self.folder / "soak.yaml"
        if state == "broken":
            changed.write_text(f"# {number}\n{BROKEN}")
            return
        # The number makes expressions new: a set that is compiled once more must not leave the one before behind.
        document = json.loads(json.dumps(CHANGED))
        document["spec"]["validations"][0]["expression"] += f" || 'a' == '{number}'"
        if state == "valid":
            document["spec"]["matchConstraints"]["resourceRules"][0]["operations"] = ["CONNECT"]
        changed.write_text(f"{json.dumps(document)}\n---\n{json.dumps(bindings([document])[0])}\n")


class _Memory:
    """What a process holds, looked at again and again. parts: the most that was seen in each."""

    def __init__(self, pid: int) -> None:
        self.now_mb = 0.0
        self.marks: list[float] = []
        self.most: list[float] = []
        self._pid = pid
        self._most_mb = 0.0
        self._lock = threading.Lock()

    def look(self) -> None:
        """Look now."""
        text = Path(f"/proc/{self._pid}/status").read_text()
        with self._lock:
            self.now_mb = int(text.partition("VmRSS:")[2].split()[0]) / 1024
            self._most_mb = max(self._most_mb, self.now_mb)

    def mark(self) -> None:
        """End a part."""
        self.look()
        with self._lock:
            self.marks.append(self.now_mb)
            self.most.append(self._most_mb)
            self._most_mb = 0.0


@contextmanager
def _watching(pid: int) -> Iterator[_Memory]:
    memory, stop = _Memory(pid), threading.Event()

    def watch() -> None:
        while not stop.wait(_LOOK_S):
            memory.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield memory
    finally:
        stop.set()
        thread.join()


def _verdict(memory: _Memory, policies: _Policies, taken: int, refused: int) -> int:
    written = policies.writes
    changed, broken = written["valid"] + written["changed"], written["broken"]
    print(f"policies changed {changed} times, of which {taken} were taken up; broken {broken} times: {refused}")
    settled, most = memory.marks[SETTLED_PARTS - 1], max(memory.most[SETTLED_PARTS:])
    allowed = settled * (1 + GROWTH) + GROWTH_MB
    print(f"memory: {settled:.1f} MB after 20 %, {most:.1f} MB at most later (goal: at most {allowed:.1f} MB)")
    failures = []
    if most > allowed:
        failures.append("memory grows")
    # Whoever stalls for long may find that files have changed twice.
    if taken < changed // 2 or refused < broken // 2:
        failures.append("changes were not taken up")
    for failure in failures:
        print(f"failed: {failure}")
    return 1 if failures else 0


def _reloads(server: Serving) -> tuple[int, int]:
    """Give how many changes were taken, and how many were refused."""
    counts = {"taken": 0, "refused": 0}
    for line in server.get("/metrics").decode().splitlines():
        for outcome in counts:
            if line.startswith("polgate_policy_reloads_total{") and f'outcome="{outcome}"' in line:
                counts[outcome] = int(float(line.rpartition(" ")[2]))
    return counts["taken"], counts["refused"]


def _answer(body: bytes, ruleset: Ruleset) -> bytes:
    context = Context(namespaces=ruleset.namespaces, params=ruleset.params)
    verdict = judge(ruleset.everything, read_review(orjson.loads(body)), context)
    return orjson.dumps(write_response(settle(verdict, ruleset.everything)))


def _bodies() -> list[bytes]:
    recorded = _SHARED / "suites" / "reviews" / "reviews.jsonl.gz"
    if recorded.is_file():
        with gzip.open(recorded) as lines:
            return list(dict.fromkeys(orjson.dumps(orjson.loads(line)["review"]) for line in lines))
    return [
        _numbered(made, n)
        for n in range(40)
        for made in (TEAM.good, TEAM.bad, POD_SECURITY.good, POD_SECURITY.bad)
    ]


def _numbered(made: dict[str, Any], number: int) -> bytes:
    copy = json.loads(json.dumps(made))
    copy["metadata"]["name"] += f"-{number}"
    return review_of(copy)


if __name__ == "__main__":
    sys.exit(main())
