"""`polgate serve` as a person starts it on a laptop: real processes, real sockets, no cluster."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.processes import eventually, free_port
from tests.unit.webhook.documents import policy, review, write

NO_RED = policy("no-red", "object.data.colour != 'red'")
NO_BLUE = policy("no-blue", "object.data.colour != 'blue'")


class Running:
    """A server that was started by its command."""

    def __init__(self, policies: Path, *options: str, ready_at: int = 0) -> None:
        self.port = free_port()
        self._ready_at = ready_at or self.port
        command = [sys.executable, "-m", "policy_engine", "serve", "--policies", str(policies)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *options], stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Running:
        eventually(self._is_ready)
        return self

    def __exit__(self, *error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        assert self.process.stderr is not None
        if not self.process.stderr.closed:
            self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """End it as Kubernetes does, and give its exit code and its log."""
        self.process.send_signal(signal.SIGTERM)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log

    def get(self, path: str, *, port: int = 0) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port or self.port}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def is_allowed(self, colour: str) -> bool:
        body = json.dumps(review(object={"data": {"colour": colour}})).encode()
        url = f"http://127.0.0.1:{self.port}/validate?timeout=5s"
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            response: dict[str, Any] = json.load(answer)["response"]
        return bool(response["allowed"])

    def workers(self) -> list[int]:
        """Give the processes that answer: those that it has started, but for Python's own helper."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if "spawn_main" in _command(int(pid))]

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.process.communicate()
        try:
            return bool(json.loads(self.get("/readyz", port=self._ready_at))["ready"])
        except OSError:
            return False


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def refused(*options: str) -> str:
    """Start a server that cannot start, and give what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "policy_engine", "serve", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "policies.yaml", [NO_RED])


@pytest.fixture
def server(file: Path) -> Iterator[Running]:
    with Running(file) as server:
        yield server


def test_it_answers_takes_up_a_change_and_ends_in_order(server: Running, file: Path) -> None:
    assert not server.is_allowed("red")
    assert server.is_allowed("blue")
    write(file, [NO_BLUE])
    eventually(lambda: server.is_allowed("red"))
    assert not server.is_allowed("blue")
    file.write_text("kind: [")
    eventually(lambda: json.loads(server.get("/policies"))["problems"])
    assert not server.is_allowed("blue")
    code, log = server.stop()
    assert code == 0
    assert "policies not taken, those before go on" in log
    assert [json.loads(line)["level"] for line in log.splitlines()]


def test_it_describes_itself(server: Running) -> None:
    paths = json.loads(server.get("/openapi.json"))["paths"]
    assert {"/healthz", "/readyz", "/metrics", "/policies"} <= paths.keys()
    assert "swagger" in server.get("/docs")


def test_an_admin_port_has_everything_but_reviews(file: Path) -> None:
    admin = free_port()
    with Running(file, "--admin-port", str(admin), ready_at=admin):
        request = urllib.request.Request(f"http://127.0.0.1:{admin}/validate", b"{}")
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(request)


def test_with_an_admin_port_the_other_one_tells_nothing(file: Path) -> None:
    admin = free_port()
    with Running(file, "--admin-port", str(admin), ready_at=admin) as server:
        assert server.get("/healthz") == "ok"
        for path in ("/policies", "/metrics", "/readyz", "/openapi.json", "/docs"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                server.get(path)


def test_workers_share_a_port_and_their_metrics_and_are_replaced(file: Path) -> None:
    with Running(file, "--workers", "2") as server:
        assert len(server.workers()) == 2
        for _ in range(40):
            assert not server.is_allowed("red")
        counted = 'polgate_admission_reviews_total{group="",operation="CREATE",outcome="denied"'
        lines = [line for line in server.get("/metrics").splitlines() if line.startswith(counted)]
        assert [float(line.rpartition(" ")[2]) for line in lines] == [40]
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        eventually(lambda: first not in (now := server.workers()) and len(now) == 2)
        assert second in server.workers()
        assert not server.is_allowed("red")
        code, log = server.stop()
        assert code == 0
        assert f"worker {first} ended with -9" in log


def test_workers_end_when_their_supervisor_is_killed(file: Path) -> None:
    with Running(file, "--workers", "2") as server:
        workers = server.workers()
        server.process.kill()
        server.process.wait()
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused("--policies", "policies", "--port", port)
    assert f"cannot listen on `127.0.0.1` port {port}: address already in use" in said


@pytest.mark.parametrize("workers", ["1", "2"])
def test_policies_that_do_not_load_are_shown_with_their_place(tmp_path: Path, workers: str) -> None:
    broken = write(tmp_path / "broken.yaml", [policy("broken", "object.data.")])
    said = refused("--policies", str(broken), "--port", str(free_port()), "--workers", workers)
    assert f"{broken}:1:" in said
    assert "spec.validations[0].expression" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "there is nothing to judge by"),
        (["-p", "x", "--kubeconfig", "y"], "nothing asks for one"),
        (["-p", "x", "--tls-cert", "c"], "a certificate needs its key"),
        (["-p", "x", "--tls-cert", "c", "--tls-key", "k", "--tls-secret", "n/s"], "leave out one of them"),
        (["-p", "x", "--tls-secret", "n/s"], "needs to know the names to certify"),
        (["-p", "x", "--tls-secret", "s"], "expected NAMESPACE/NAME, found `s`"),
        (["-p", "x", "--webhook-url", "https://h"], "no configuration to write it to"),
        (["-p", "x", "--webhook-config", "w"], "needs one address of this server"),
        (["-p", "x", "--webhook-config", "w", "--webhook-url", "http://h"], "expected an https:// address"),
        (["-p", "x", "--webhook-config", "w", "--webhook-url", "https://h"], "by https only"),
        (["-p", "x", "--webhook-config", "w", "--webhook-service", "n/s:x"], "NAMESPACE/NAME:PORT"),
        (["-p", "x", "--certificate-lifetime", "90"], "expected a number with a unit"),
        (["-p", "does-not-exist"], "does-not-exist"),
    ],
)
def test_options_that_do_not_go_together_are_told(options: Sequence[str], message: str) -> None:
    assert message in refused(*options, "--port", "0")
