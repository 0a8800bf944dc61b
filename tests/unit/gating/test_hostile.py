"""Repositories made to harm whoever judges them, judged by the command itself, with every report at once."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from policy_engine.cli.main import main
from policy_engine.reports.formats import FORMATS
from tests.git_repositories import TestRepository, trap
from tests.unit.gating.conftest import SETTINGS, config_map, policy

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
ENDLESS = '{{- define "again" -}}{{ include "again" . }}{{ range until 100000 }}{{ . }}{{ end }}{{- end -}}\n'
LONG = "{{- range $i := until 100000 }}{{ range $j := until 100000 }}{{ $x := add $i $j }}{{ end }}{{ end -}}\n"
CHART = "apiVersion: v2\nname: x\nversion: 1.0.0\n"


class Gated:
    """What the command wrote and answered."""

    def __init__(self, code: int, said: str, folder: Path) -> None:
        self.code = code
        self.said = said
        self.reports = {name: (folder / name).read_text() for name in FORMATS if (folder / name).exists()}

    def __contains__(self, text: str) -> bool:
        return any(text in written for written in (self.said, *self.reports.values()))


Run = Callable[..., Gated]


@pytest.fixture
def run(repository: TestRepository, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Give a function that judges the last commit against `main~1`, and keeps every report."""

    def gate(*options: str) -> Gated:
        folder = tmp_path / "reports"
        folder.mkdir(exist_ok=True)
        outputs = [option for name in FORMATS for option in ("--output", f"{name}={folder / name}")]
        code = main(["gate", "--repo", str(repository.folder), "--base", "HEAD~1", *outputs, *options])
        written = capfd.readouterr()
        return Gated(code, written.out + written.err, folder)

    return gate


def broken_codes(gated: Gated) -> list[str]:
    """Give the codes of what could not be judged."""
    return [broken["code"] for broken in json.loads(gated.reports["json"])["broken"]]


def test_a_yaml_bomb_is_an_error_that_names_the_limit(repository: TestRepository, run: Run) -> None:
    repository.commit({"bomb.yaml": BOMB})
    gated = run()
    assert (gated.code, broken_codes(gated)) == (2, ["too-many-nodes"])


def test_a_file_of_100_megabytes_is_an_error_and_is_not_read(repository: TestRepository, run: Run) -> None:
    repository.commit({"large.yaml": b"#" * (100 * 1024 * 1024)})
    gated = run()
    assert (gated.code, broken_codes(gated)) == (2, ["file-too-large"])


def test_a_file_of_a_change_may_hold_less_than_one_that_somebody_hands_in(
    repository: TestRepository, run: Run
) -> None:
    repository.commit({"many.yaml": "---\na: 1\n" * 5001, "wide.yaml": f"[{'1, ' * 500_001}1]"})
    assert broken_codes(run()) == ["too-many-documents", "too-many-nodes"]


def test_a_link_to_the_passwords_is_told_and_not_followed(repository: TestRepository, run: Run) -> None:
    (repository.folder / "users.yaml").symlink_to("/etc/passwd")
    repository.commit({"a.yaml": config_map("a", "fine")})
    gated = run()
    assert gated.code == 0
    assert "root:" not in gated
    left_out = json.loads(gated.reports["json"])["leftOut"]
    assert [(one["location"]["path"], one["reason"]) for one in left_out] == [
        ("users.yaml", "is a symbolic link, which is not followed")
    ]


@pytest.mark.parametrize(
    ("target", "code"), [("b.yaml", 0), ("evil.txt", 2), ("c.yaml", 2), ("hidden/d.yaml", 2), ("evil", 2)]
)
def test_a_link_stands_for_no_manifest_that_nobody_judges(
    repository: TestRepository, run: Run, target: str, code: int
) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "paths: {exclude: [hidden/]}\n"})
    bad = config_map("x", "bad")
    repository.commit(
        {"b.yaml": config_map("b", "fine"), "evil.txt": bad, "hidden/d.yaml": bad, "evil/e.txt": bad}
    )
    (repository.folder / "c.yaml").symlink_to("evil.txt")
    repository.commit({})
    (repository.folder / "a.yaml").symlink_to(target)
    repository.commit({})
    gated = run()
    assert gated.code == code
    assert broken_codes(gated) == (["link-not-judged"] if code else [])


def test_policies_behind_a_link_are_not_followed(repository: TestRepository, run: Run) -> None:
    (repository.folder / "elsewhere").symlink_to("/etc")
    repository.commit({".polgate.yaml": SETTINGS.replace("[policies]", "[elsewhere]")})
    repository.commit({"a.yaml": config_map("a", "bad")})
    gated = run()
    assert gated.code == 2
    assert "symbolic link, which is not followed" in gated


def test_a_submodule_is_told_and_its_address_is_never_asked(
    repository: TestRepository,
    tmp_path: Path,
    run: Run,
) -> None:
    program, sprung = trap(tmp_path)
    repository.write({".gitmodules": f'[submodule "x"]\n\tpath = x\n\turl = ext::{program}\n'})
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{repository.git('rev-parse', 'HEAD')},x")
    repository.git("add", ".gitmodules")
    repository.git("commit", "--quiet", "--message", "A submodule")
    gated = run()
    assert gated.code == 0
    assert "is a submodule, which is not followed" in gated
    assert not sprung.exists()


def test_filters_text_converters_and_hooks_of_the_repository_never_run(
    repository: TestRepository,
    tmp_path: Path,
    run: Run,
) -> None:
    program, sprung = trap(tmp_path)
    repository.commit({".gitattributes": "*.yaml filter=x diff=x merge=x\n", "a.yaml": config_map("a", "fine")})
    for setting in ("filter.x.smudge", "filter.x.clean", "filter.x.process", "diff.x.textconv", "diff.external"):
        repository.git("config", setting, str(program))
    for setting in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor"):
        repository.git("config", setting, str(program))
    hooks = repository.folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (hooks / name).write_bytes(program.read_bytes())
        (hooks / name).chmod(0o755)
    assert run().code == 0
    assert run("--strict", "--all").code == 0
    assert not sprung.exists()


def test_a_path_that_leads_out_of_the_repository_is_an_error(repository: TestRepository, run: Run) -> None:
    blob = repository.blob(config_map("a", "bad").encode())
    inner = repository.tree([("100644", blob, "a.yaml")])
    commit = repository.commit_tree(repository.tree([("40000", inner, "..")]), "HEAD")
    gated = run("--head", commit, "--base", "HEAD")
    assert gated.code == 2
    assert "leads out of the repository" in gated or "`..`" in gated or "../a.yaml" in gated


def test_a_chart_gets_nothing_from_outside_and_none_runs_for_ever(repository: TestRepository, run: Run) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "rendering: {timeoutSeconds: 2}\n"})
    reads = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n"
    reads += '  key: {{ .Files.Get "../../../../etc/passwd" | quote }}\n  env: {{ env "HOME" | quote }}\n'
    repository.commit({"chart/Chart.yaml": CHART, "chart/templates/a.yaml": reads.replace('env "HOME"', '""')})
    gated = run()
    assert gated.code == 0
    assert "root:" not in gated
    repository.commit({"chart/templates/b.yaml": LONG})
    gated = run()
    assert (gated.code, broken_codes(gated)) == (2, ["rendering-timeout"])
    repository.commit({"chart/templates/b.yaml": ENDLESS + '{{ include "again" . }}\n'})
    gated = run()
    assert gated.code == 2
    assert set(broken_codes(gated)) <= {"rendering-failed", "rendering-timeout", "rendering-too-large"}


def test_what_secrets_hold_is_in_no_report(repository: TestRepository, run: Run) -> None:
    tells = policy("tells", "false", resources="secrets")
    tells += "    messageExpression: \"'found ' + object.data.key + ' and ' + object.stringData.plain\"\n"
    repository.commit({"policies/tells.yaml": tells})
    encoded = base64.b64encode(b"hunter2hunter2").decode()
    secret = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\ndata:\n  key: {encoded}\n"
    secret += "stringData:\n  plain: correct horse\n"
    repository.commit({"a.yaml": secret, "broken.yaml": secret.replace("  plain:", "  plain: [")})
    gated = run()
    assert gated.code == 2
    for hidden in (encoded, "hunter2", "correct horse"):
        assert hidden not in gated
    assert "found ***" in gated


HOSTILE = (
    "\x1b[31mred",
    "::error::owned",
    "##[command]owned",
    "::stop-commands::x",
    "[click](https://evil.example)",
    "<img src=x onerror=alert(1)>",
    "@everyone #1 |",
    "\u202eright to left",
)


def test_names_and_messages_command_no_terminal_and_no_forge(repository: TestRepository, run: Run) -> None:
    says = policy("says", "false", resources="configmaps")
    says += "    messageExpression: string(object.data.key)\n"
    repository.commit({"policies/says.yaml": says})
    repository.commit(
        {
            f"dir{number}/{text.replace('/', '_')}.json": json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": f"{text}-{number}"},
                    "data": {"key": f"first\n{text}\r\n{text}"},
                }
            )
            for number, text in enumerate(HOSTILE)
        }
    )
    gated = run()
    assert gated.code == 1, gated.said
    for report in (gated.said, *gated.reports.values()):
        assert "\x1b" not in report
        assert "\u202e" not in report
    commands = [line for line in gated.reports["github-annotations"].splitlines() if line.startswith("::")]
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in commands)
    assert not [line for line in gated.reports["text"].splitlines() if line.lstrip().startswith(("::", "##["))]
    page = MarkdownIt("commonmark").enable("table").render(gated.reports["markdown"])
    assert "<img" not in page
    assert "<a " not in page


def test_anything_that_git_tracks_is_judged_without_a_traceback(repository: TestRepository, run: Run) -> None:
    files: dict[str, str | bytes | None] = {
        "nul.yaml": b"\0\0\0",
        "latin.yaml": "a: \xe4".encode("latin-1"),
        "utf16.yaml": config_map("wide", "bad").encode("utf-16"),
        "deep.yaml": "[" * 30_000,
        "deep.json": "[" * 30_000,
        "empty.yaml": "",
        "comment.yaml": "# nothing\n---\n---\n",
        "odd.yaml": "kind: ConfigMap\napiVersion: v1\nmetadata: a\ndata: 7\n",
        "list.yaml": "apiVersion: v1\nkind: List\nitems: [1, {kind: ConfigMap}]\n",
        "Chart.yaml": "[",
        "sub/kustomization.yaml": "resources: {a: b}",
        "bad\nname.yaml": config_map("line", "bad"),
    }
    repository.commit(files)
    gated = run()
    assert gated.code == 2
    assert "Traceback" not in gated
    assert "internal error" not in gated
    found = {finding["object"]["name"] for finding in json.loads(gated.reports["json"])["findings"]}
    assert {"wide", "line"} <= found
