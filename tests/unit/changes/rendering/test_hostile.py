"""What a change may try: to read files of the machine, to reach the network, to use it up."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time

import pytest

from policy_engine.changes.rendering.bounded import Bounds, Task, run
from policy_engine.changes.rendering.codes import RenderingError
from policy_engine.changes.settings.decode_rendering import MIN_MEMORY_MB
from policy_engine.changes.settings.model import Rendering
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, Files, data_of, problem, rendered


def chart(expression: str, **more: str) -> Files:
    template = CONFIG_MAP.replace("info", f"{{{{ {expression} | quote }}}}")
    return {"web/Chart.yaml": CHART, "web/templates/a.yaml": template, **more}


@pytest.mark.parametrize(
    "expression",
    [
        '.Files.Get "/etc/passwd"',
        '.Files.Get "../../etc/passwd"',
        '.Files.Get "../other.yaml"',
        'tpl "{{ .Files.Get \\"../../../../../etc/passwd\\" }}" .',
        '(.Files.Glob "/etc/*").AsConfig',
        'join "" (.Files.Lines "/etc/passwd")',
        'getHostByName "localhost"',
        'lookup "v1" "Secret" "kube-system" "" | toJson | replace "{}" ""',
    ],
)
def test_a_chart_reads_nothing_outside_itself(expression: str) -> None:
    made = rendered({**chart(expression), "other.yaml": "s3cret"})
    assert data_of(made) in ({"level": ""}, {"level": "{}"}, {"level": "{}\n"})


@pytest.mark.parametrize("name", ["env", "expandenv"])
def test_a_template_has_no_function_for_the_environment(name: str) -> None:
    assert f'function "{name}" not defined' in problem(rendered(chart(f'{name} "HOME"')))[3]


@pytest.mark.parametrize(
    "expression", ['.Files.Get "x"', '(get . (cat "Fi" "les" | nospace)).Get "x"', '"nothing"']
)
def test_a_link_in_a_chart_is_never_read_nor_taken_for_nothing(expression: str) -> None:
    code, path, _, message = problem(rendered(chart(expression), links={"web/x": "/etc/passwd"}))
    assert (code, path) == ("rendering-refused", "web/x")
    assert message == "belongs to the chart web, and is a symbolic link not followed"


def test_values_that_are_a_link_are_no_values() -> None:
    made = rendered(chart(".Values.a"), links={"web/values.yaml": "/etc/passwd"})
    assert problem(made)[:2] == ("rendering-refused", "web/values.yaml")


def test_a_chart_that_loops_for_ever_is_ended() -> None:
    loop = "{{ range $i := until 100000 }}{{ range $j := until 100000 }}{{ end }}{{ end }}"
    files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": loop}
    code, path, _, message = problem(rendered(files, Rendering(timeout_s=0.5)))
    assert (code, path, message) == ("rendering-timeout", "web/Chart.yaml", "took more than 0.5 s")


def test_a_chart_that_calls_itself_for_ever_is_ended() -> None:
    loop = '{{ define "f" }}{{ include "f" . }}{{ end }}{{ include "f" . }}'
    code, path, _, message = problem(rendered({"web/Chart.yaml": CHART, "web/templates/a.yaml": loop}))
    assert (code, path) == ("rendering-failed", "web/templates/a.yaml")
    assert "nested" in message


def test_a_chart_that_takes_memory_without_end_is_ended() -> None:
    files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": '{{ repeat 2000000000 "x" | upper | len }}'}
    code, path, _, message = problem(rendered(files, Rendering(memory_mb=64)))
    assert (code, path, message) == ("rendering-too-large", "web/Chart.yaml", "needs more than 64 MB of memory")


TAKE = """\
import ctypes, time
size, integer = ctypes.c_size_t, ctypes.c_int
reserve = ctypes.CDLL(None).mmap
reserve.restype, reserve.argtypes = size, [size, size, integer, integer, integer, ctypes.c_long]
assert reserve(0, {reserved} << 20, 0, 0x4022, -1, 0) != size(-1).value
held = bytearray({held} << 20)
held[::4096] = bytes(len(held[::4096]))
print("held", flush=True)
time.sleep({seconds})
"""


def take(*, memory_mb: int, reserved: int, held: int, seconds: float) -> bytes:
    """Run a program that reserves addresses and holds memory, both in MB."""
    script = TAKE.format(reserved=reserved, held=held, seconds=seconds)
    bounds = Bounds(timeout_s=20, memory_mb=memory_mb, output_bytes=100_000)
    return run(Task(program=[sys.executable, "-I", "-c", script]), "/", "/", bounds).output


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process holds")
@pytest.mark.parametrize("memory_mb", [64, 128, 256, 640])
def test_addresses_that_a_program_only_reserves_are_no_memory(memory_mb: int) -> None:
    assert take(memory_mb=memory_mb, reserved=4096, held=1, seconds=0) == b"held\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a process holds")
def test_a_program_that_holds_more_memory_than_it_may_is_ended() -> None:
    started = time.monotonic()
    with pytest.raises(RenderingError) as caught:
        take(memory_mb=64, reserved=1, held=100, seconds=60)
    assert caught.value.code == "rendering-too-large"
    assert caught.value.message == "needs more than 64 MB of memory"
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("memory_mb", [MIN_MEMORY_MB, 128, 192, 256, 384, 640])
def test_a_small_chart_needs_no_more_memory_than_the_least_that_may_be_set(memory_mb: int) -> None:
    assert data_of(rendered(chart('"info"'), Rendering(memory_mb=memory_mb))) == {"level": "info"}


@pytest.mark.usefixtures("kustomize")
@pytest.mark.parametrize("memory_mb", [MIN_MEMORY_MB, 128, 192, 256, 384, 640])
def test_a_small_kustomization_needs_no_more_memory_than_the_least_that_may_be_set(memory_mb: int) -> None:
    files = {"kustomization.yaml": "resources: [a.yaml]", "a.yaml": CONFIG_MAP}
    assert data_of(rendered(files, Rendering(memory_mb=memory_mb))) == {"level": "info"}


def test_more_output_than_one_file_may_have_is_not_read_to_its_end() -> None:
    bounds = Bounds(timeout_s=20, memory_mb=256, output_bytes=100_000)
    with pytest.raises(RenderingError) as caught:
        run(Task(program=["/bin/cat", "/dev/zero"]), "/", "/", bounds)
    assert caught.value.code == "rendering-too-large"
    assert caught.value.message == "renders more than 100000 bytes"


def test_errors_without_end_are_not_kept() -> None:
    bounds = Bounds(timeout_s=0.5, memory_mb=256, output_bytes=1000)
    with pytest.raises(RenderingError) as caught:
        run(Task(program=["/bin/sh", "-c", "cat /dev/zero >&2"]), "/", "/", bounds)
    assert caught.value.code == "rendering-timeout"


def test_all_that_a_program_started_ends_with_it(tmp_path: object) -> None:
    bounds = Bounds(timeout_s=0.5, memory_mb=256, output_bytes=1000)
    folder = str(tmp_path)
    script = f"sleep 60 & echo $! > {folder}/pid; sleep 60"
    with pytest.raises(RenderingError):
        run(Task(program=["/bin/sh", "-c", script]), folder, folder, bounds)
    with open(f"{folder}/pid") as file:
        pid = int(file.read())
    for _ in range(100):  # it is dead, but its entry stays until the system has noticed
        if not is_running(pid):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there")


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def output_of(script: str, folder: str) -> str:
    ended = run(
        Task(program=["/bin/sh", "-c", script]),
        folder,
        folder,
        Bounds(timeout_s=20, memory_mb=256, output_bytes=100_000),
    )
    return ended.output.decode()


def test_no_variable_of_our_environment_is_visible(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("FORGE_TOKEN", "s3cret")
    seen = output_of("env", str(tmp_path))
    assert "s3cret" not in seen
    allowed = {"PATH", "HOME", "TMPDIR", "LANG", "KUBECONFIG", "GIT_ALLOW_PROTOCOL", "GOMAXPROCS", "GOMEMLIMIT"}
    names = {line.partition("=")[0] for line in seen.splitlines()}
    assert {name for name in names if not name.lower().endswith("_proxy")} <= {*allowed, "PWD", "LC_CTYPE", "_"}


def may_leave_the_network() -> bool:
    call = "import ctypes, sys; sys.exit(ctypes.CDLL(None).unshare(0x50000000) != 0)"
    return subprocess.run([sys.executable, "-c", call], check=False).returncode == 0


def test_there_is_no_network_but_a_loopback_that_is_down() -> None:
    devices = re.findall(r"^ *(\S+):", output_of("cat /proc/net/dev", "/"), re.M)
    assert devices == ["lo"] or not may_leave_the_network()


def test_where_there_is_a_network_programs_are_told_a_way_that_leads_nowhere() -> None:
    seen = output_of("env", "/")
    assert "HTTPS_PROXY=http://127.0.0.1:9\n" in seen
    assert "GIT_ALLOW_PROTOCOL=none\n" in seen


def test_files_larger_than_a_message_cannot_be_written(tmp_path: object) -> None:
    folder = str(tmp_path)
    output_of(f"head -c 5000000 /dev/zero > {folder}/big", folder)
    assert os.path.getsize(f"{folder}/big") <= 1024 * 1024


EXEC = """\
apiVersion: x.example/v1
kind: Evil
metadata:
  name: evil
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: ./evil.sh
"""


@pytest.mark.usefixtures("kustomize")
@pytest.mark.parametrize("field", ["generators", "transformers", "validators"])
@pytest.mark.parametrize(
    "how", ["exec: {path: ./evil.sh}", "container: {image: 'evil:1'}", "starlark: {path: evil.star}"]
)
def test_a_kustomization_runs_no_program(field: str, how: str) -> None:
    function = EXEC.replace("exec:\n        path: ./evil.sh", how)
    files = {
        "kustomization.yaml": f"resources: [a.yaml]\n{field}: [f.yaml]\n",
        "a.yaml": CONFIG_MAP,
        "f.yaml": function,
        "evil.sh": "#!/bin/sh\necho ran > ran\n",
    }
    assert problem(rendered(files))[:2] == ("rendering-failed", "kustomization.yaml")


@pytest.mark.usefixtures("kustomize")
def test_a_kustomization_reads_no_file_above_its_own_folder() -> None:
    files = {"a/kustomization.yaml": "configMapGenerator: [{name: x, files: [../b.txt]}]", "b.txt": "s3cret"}
    code, path, _, message = problem(rendered(files))
    assert (code, path) == ("rendering-failed", "a/kustomization.yaml")
    assert "is not in or below" in message
    assert "s3cret" not in message


@pytest.mark.parametrize("path", ["/etc/passwd", "../../outside", "https://example.com/x", "link"])
@pytest.mark.parametrize(
    "field", ["resources: [{}]", "patches: [{{path: '{}'}}]", "configMapGenerator: [{{name: a, files: ['{}']}}]"]
)
def test_a_kustomization_that_names_what_is_not_its_own_is_never_run(field: str, path: str) -> None:
    files = {"k/kustomization.yaml": field.format(path)}
    made = rendered(files, links={"k/link": "/etc/passwd"})
    assert problem(made)[:2] == ("rendering-refused", "k/kustomization.yaml")


@pytest.mark.parametrize("tool", ["helm", "kustomize"])
def test_a_tool_that_is_missing_is_an_error_that_says_what_to_do(
    tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("policy_engine.changes.rendering.renderers._HELM_PACKAGE", "no_such_package")
    files = chart('"x"') if tool == "helm" else {"kustomization.yaml": "namePrefix: a"}
    made = rendered(files)
    assert problem(made)[0] == "renderer-missing"
    assert "install" in made.broken[0].help
    assert f"`rendering.{tool}: false`" in made.broken[0].help


def test_a_program_in_the_current_folder_is_no_tool(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    folder = str(tmp_path)
    for name in ("kustomize", "kubectl"):
        with open(f"{folder}/{name}", "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as file:
            file.write("#!/bin/sh\necho ran\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", ".")
    assert problem(rendered({"kustomization.yaml": "namePrefix: a"}))[0] == "renderer-missing"
