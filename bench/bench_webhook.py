"""Admission over HTTP: `polgate serve` beside servers that do next to nothing, by the same HTTP settings.

Bodies are about 5 KB long, and policies those of `bench.reviews`. On a busy machine trust the processor time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import orjson

from bench.load_generator import Case, LoadGenerator, NoGoError, Report, built_load_generator
from bench.reviews import PATH, POD_SECURITY, TEAM, Admission, review_of
from bench.serving import Serving, Tls, bare, polgate, two_cores
from tests.e2e.certificates import Authority

GOAL = 0.4  # of the requests per second that an echo of the body answers
CONNECTIONS, POLICIES = 16, 20
TABLE_CONNECTIONS, TABLE_POLICIES, TABLE_WORKERS = (1, 16, 64), (20, 100), (1, 2)
WARM = 3_000  # requests, enough for every worker to have seen some
SIDES = {
    "echo": "bare ASGI, echoes the body",
    "allow": "bare ASGI, decodes and allows",
    "polgate": "polgate serve",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratio, and a table of how it goes with more of everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--no-table", action="store_true")
    options = parser.parse_args(arguments)
    try:
        with built_load_generator() as load, tempfile.TemporaryDirectory() as folder:
            for admission in (TEAM, POD_SECURITY):
                _ratio(load, admission, Path(folder), options.rounds, options.seconds)
            if not options.no_table:
                _table(load, TEAM, Path(folder), options.seconds)
    except NoGoError as error:
        print(error)
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")


def _ratio(load: LoadGenerator, admission: Admission, folder: Path, rounds: int, seconds: float) -> None:
    core, load_core = two_cores()
    reports: dict[str, list[Report]] = {name: [] for name in SIDES}
    cpu_us: dict[str, list[float]] = {name: [] for name in SIDES}
    with ExitStack() as running:
        sides = {
            "echo": running.enter_context(bare("echo", core=core)),
            "allow": running.enter_context(bare("allow", core=core)),
            "polgate": running.enter_context(polgate(_policies(admission, folder, POLICIES), core=core)),
        }
        _check(sides["polgate"], admission)
        cases = {name: [_case(server, admission)] for name, server in sides.items()}
        for name, server in sides.items():
            load.run(server, PATH, cases[name], connections=CONNECTIONS, requests=WARM, core=load_core)
        for _ in range(rounds):
            for name, server in sides.items():
                before = server.cpu_s()
                report = load.run(
                    server, PATH, cases[name], connections=CONNECTIONS, seconds=seconds, core=load_core
                )
                reports[name].append(report)
                cpu_us[name].append((server.cpu_s() - before) / report.requests * 1e6)
    size = len(review_of(admission.good))
    print(f"{POLICIES} {admission.name} ({size} bytes)")
    print(f"one worker, {CONNECTIONS} connections, {'a core for each side' if load_core else 'cores shared'}")
    for name, text in SIDES.items():
        rate = statistics.median(report.per_second for report in reports[name])
        rounds_of_both = zip(reports[name], reports["echo"], strict=True)
        share = statistics.median(own.per_second / echo.per_second for own, echo in rounds_of_both)
        own_us, echo_us = statistics.median(cpu_us[name]), statistics.median(cpu_us["echo"])
        print(
            f"{text:30} {rate:7.0f} requests/s: {share:.2f} of echo   "
            f"{own_us:4.0f} µs of processor time each: {echo_us / own_us:.2f}",
            f"(goal: at least {GOAL})" if name == "polgate" else "",
        )
    print(flush=True)


def _table(load: LoadGenerator, admission: Admission, folder: Path, seconds: float) -> None:
    core, load_core = two_cores()
    authority = Authority(folder / "tls", "bench")
    pair = authority.issue("server", hosts=["127.0.0.1"])
    tls = Tls(certificate=pair.certificate, key=pair.key, authority=authority.certificate)
    print(f"{admission.name}; one worker has a core of its own, two share both with the load")
    print("workers policies       connections requests/s       p50       p99")
    for workers in TABLE_WORKERS:
        for count in TABLE_POLICIES:
            for way in (None, tls):
                cores = (core, load_core) if workers == 1 else (None, None)
                policies = _policies(admission, folder, count)
                with polgate(policies, "--workers", str(workers), tls=way, core=cores[0]) as server:
                    _check(server, admission)
                    cases = [_case(server, admission)]
                    load.run(server, PATH, cases, connections=64, requests=WARM, core=cores[1])
                    for connections in TABLE_CONNECTIONS:
                        report = load.run(
                            server, PATH, cases, connections=connections, seconds=seconds, core=cores[1]
                        )
                        print(
                            f"{workers:7} {count:8} {'plain' if way is None else 'TLS':5} {connections:11} "
                            f"{report.per_second:10.0f} {_ms(report.p50_us)} {_ms(report.p99_us)}",
                            flush=True,
                        )


def _policies(admission: Admission, folder: Path, count: int) -> Path:
    return admission.write(folder / f"policies-{admission.good['kind']}-{count}", count)


def _case(server: Serving, admission: Admission) -> Case:
    """Take the server's first answer for what every other one has to be."""
    body = review_of(admission.good)
    return Case(body=body, answers=[server.post(PATH, body)])


def _check(server: Serving, admission: Admission) -> None:
    """Be sure that policies are at work: what is fast because it does nothing is not measured."""
    allowed = orjson.loads(server.post(PATH, review_of(admission.good)))["response"]
    assert allowed["allowed"] is True, allowed
    denied = orjson.loads(server.post(PATH, review_of(admission.bad)))["response"]
    assert denied["allowed"] is False, denied
    assert admission.reason in denied["status"]["message"], denied


def _ms(us: float) -> str:
    return f"{us / 1e3:6.2f} ms"


if __name__ == "__main__":
    main()
