"""What tools said, recorded, and what is made of it."""

from __future__ import annotations

import pytest

from policy_engine.changes.rendering.messages import MAX_LENGTH, helm_error, kustomize_error

FOLDER = "/tmp/polgate-render-x/tree"

HELM = [
    (
        "web/templates/a.yaml:3:3\n"
        '  executing "web/templates/a.yaml" at <include "help" .>:\n'
        "    error calling include:\n"
        "web/templates/_h.tpl:2:10\n"
        '  executing "help" at <.Values.a.b>:\n'
        "    nil pointer evaluating interface {}.b",
        ("web/templates/_h.tpl", 2, 'executing "help" at <.Values.a.b>: nil pointer evaluating interface {}.b'),
    ),
    (
        'Error: template: web/templates/a.yaml:12:4: executing "web/templates/a.yaml" at <index .Values.l 5>: '
        "error calling index: index out of range: 5\n\nUse --debug flag to render out invalid YAML",
        (
            "web/templates/a.yaml",
            12,
            'executing "web/templates/a.yaml" at <index .Values.l 5>: error calling index: index out of range: 5',
        ),
    ),
    ("execution error at (web/templates/a.yaml:25:16): say which", ("web/templates/a.yaml", 25, "say which")),
    (
        'parse error at (web/templates/a.yaml:1): function "x" not defined',
        ("web/templates/a.yaml", 1, 'function "x" not defined'),
    ),
    (
        f"cannot load values.yaml: {FOLDER}/web/values.yaml: no",
        ("", 0, "cannot load values.yaml: web/values.yaml: no"),
    ),
    ("", ("", 0, "it does not say why")),
]


@pytest.mark.parametrize(("said", "expected"), HELM)
def test_what_helm_says_becomes_one_line_at_a_template(said: str, expected: tuple[str, int, str]) -> None:
    error = helm_error(said, FOLDER)
    assert (error.file, error.line, error.message) == (
        *expected[:2],
        f"Helm cannot render this: {expected[2]}",
    )


# What comes out is no YAML: the lines are those of the output, which nobody has.
UNREADABLE = [
    (
        "Error: YAML parse error on web/templates/x.yaml: error converting YAML to JSON: yaml: line 7: "
        "mapping values are not allowed in this context\n\nUse --debug flag to render out invalid YAML\n",
        "line 7 of the output: mapping values are not allowed in this context",
    ),
    (
        "YAML parse error on web/templates/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot "
        "unmarshal string into Go value of type releaseutil.SimpleHead",
        "another type is expected than string",
    ),
    (
        "YAML parse error on web/templates/x.yaml: error unmarshaling JSON: while decoding JSON: json: cannot "
        "unmarshal number 4711 into Go struct field SimpleHead.metadata of type struct { Name string "
        '"json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }',
        "`metadata`: another type is expected than number",
    ),
    (
        "YAML parse error on web/templates/x.yaml: error converting YAML to JSON: yaml: cannot decode !!str "
        "`s3cret` as a !!int",
        "cannot decode !!str `…` as a !!int",
    ),
    (
        "YAML parse error on web/templates/x.yaml: error converting YAML to JSON: yaml: invalid map key: "
        'map[interface {}]interface {}{"a":"s3cret"}',
        "invalid map key: …",
    ),
]


@pytest.mark.parametrize(("said", "reason"), UNREADABLE)
def test_output_that_helm_cannot_read_is_a_fault_of_its_template(said: str, reason: str) -> None:
    error = helm_error(said, FOLDER)
    assert (error.file, error.line) == ("web/templates/x.yaml", 0)
    assert error.message == f"renders what cannot be read: {reason}"


TWICE = "may not add resource with an already registered id: ConfigMap.v1.[noGrp]/x.[noNs]"
KUSTOMIZE = [
    (
        "error: accumulating resources: accumulation err='accumulating resources from 'a.yaml': missing Resource "
        f"metadata': must build at directory: '{FOLDER}/q/a.yaml': file is not directory\n",
        "`q/a.yaml`: missing Resource metadata",
    ),
    (
        "error: accumulating resources: accumulation err='merging resources from 'b.yaml': may not add resource "
        "with an already registered id: ConfigMap.v1.[noGrp]/x.[noNs]': must build at directory: "
        f"'{FOLDER}/q/b.yaml': file is not directory\n",
        f"`q/b.yaml`: {TWICE}",
    ),
    (
        f"Error: accumulating resources: accumulation err='accumulating resources from '../b': '{FOLDER}/b' must "
        f"resolve to a file': recursed accumulation of path '{FOLDER}/b': accumulating resources: accumulation "
        "err='merging resources from 'c.yaml': may not add resource with an already registered id: "
        f"ConfigMap.v1.[noGrp]/x.[noNs]': must build at directory: '{FOLDER}/b/c.yaml': file is not directory",
        f"`b/c.yaml`: {TWICE}",
    ),
    (
        f"error: accumulating resources: accumulation err='accumulating resources from 'b': '{FOLDER}/b' must "
        f"resolve to a file': recursed merging from path '{FOLDER}/b': may not add resource with an already "
        "registered id: ConfigMap.v1.[noGrp]/x.[noNs]",
        f"`b`: {TWICE}",
    ),
    (
        'error: accumulating components: accumulateDirectory: "recursed accumulation of path '
        f"'{FOLDER}/c': accumulating resources: accumulation err='merging resources from 'b.yaml': may not add "
        "resource with an already registered id: ConfigMap.v1.[noGrp]/x.[noNs]': must build at directory: "
        f"'{FOLDER}/c/b.yaml': file is not directory\"",
        f"`c/b.yaml`: {TWICE}",
    ),
    (
        f"error: accumulating resources: accumulation err='accumulating resources from '../b': '{FOLDER}/b' must "
        f"resolve to a file': recursed accumulation of path '{FOLDER}/b': accumulating resources: accumulation "
        f"err='accumulating resources from '../a': '{FOLDER}/a' must resolve to a file': cycle detected: "
        f"candidate root '{FOLDER}/a' contains visited root '{FOLDER}/a'",
        "`../a`: cycle detected: candidate root 'a' contains visited root 'a'",
    ),
    (
        "error: accumulating components: loader.New "
        f"\"cycle detected: candidate root '{FOLDER}/a' contains visited root '{FOLDER}/a'\"",
        "cycle detected: candidate root 'a' contains visited root 'a'",
    ),
    (
        f"error: accumulating resources: accumulation err='accumulating resources from 'b': '{FOLDER}/b' must "
        f"resolve to a file': couldn't make target for path '{FOLDER}/b': invalid Kustomization: json: unknown "
        'field "resourcs"',
        '`b`: invalid Kustomization: json: unknown field "resourcs"',
    ),
    (
        f"error: accumulating resources: accumulation err='accumulating resources from 'a.yaml': evalsymlink "
        f"failure on '{FOLDER}/q/a.yaml' : lstat {FOLDER}/q/a.yaml: no such file or directory': must build at "
        f"directory: not a valid directory: evalsymlink failure on '{FOLDER}/q/a.yaml' : lstat",
        "`a.yaml`: evalsymlink failure on 'q/a.yaml' : lstat q/a.yaml: no such file or directory",
    ),
    (
        "# Warning: 'patchesStrategicMerge' is deprecated. Please use 'patches' instead.\n"
        'E1121 08:03:35.321431   22489 run.go:72] "command failed" err="no matches for Id A.v1.g/a.[noNs]"\n',
        "no matches for Id A.v1.g/a.[noNs]",
    ),
    (
        "# Warning: 'vars' is deprecated. Please use 'replacements' instead.\n"
        "panic: runtime error: invalid memory address or nil pointer dereference\n"
        "[signal SIGSEGV: segmentation violation]\n\ngoroutine 1 [running]:\nmain.main()\n",
        "it crashed: runtime error: invalid memory address or nil pointer dereference",
    ),
    (
        "Error: loading KV pairs: env source files: [a.env b.env]: invalid line: PASSWORD hunter2\n",
        "loading KV pairs: env source files: [a.env b.env]: …",
    ),
    (
        "error: merging from generator &{0x1042c0699ad0 <nil>}: id resid.ResId{} does not exist\n",
        "merging from generator …: id resid.ResId{} does not exist",
    ),
    (
        'error: namespace transformation produces ID conflict: [{"apiVersion":"v1","data":{"p":"hunter2"}},{}]\n',
        "namespace transformation produces ID conflict: …",
    ),
    (
        'E1121 06:14:01.987207   16416 run.go:72] "command failed" '
        'err="invalid Kustomization: json: unknown field \\"foo\\""\n',
        'invalid Kustomization: json: unknown field "foo"',
    ),
    (
        f"Error: accumulating resources: accumulation err='accumulating resources from '../b': '{FOLDER}/b' must "
        f"resolve to a file': recursed accumulation of path '{FOLDER}/b': "
        "accumulating resources from 'c.yaml': no",
        "`c.yaml`: no",
    ),
    (
        'E1121 06:14:25 1 run.go:72] "command failed" err=<\n'
        "\ttrouble configuring builtin PatchTransformer with config: `\n\tpath: p.yaml\n\t`: "
        "failed to get the patch file\n >\n",
        "trouble configuring builtin PatchTransformer with config: `…`: failed to get the patch file",
    ),
    ("# Warning: 'commonLabels' is deprecated.\nError: no such thing\n", "no such thing"),
]


@pytest.mark.parametrize(("said", "message"), KUSTOMIZE)
def test_what_kustomize_says_becomes_one_line(said: str, message: str) -> None:
    assert kustomize_error(said, FOLDER).message == f"kustomize cannot render this: {message}"


@pytest.mark.parametrize(
    "said",
    [
        "range can't iterate over s3cret",
        'error calling atoi: strconv.Atoi: parsing "s3cret": invalid syntax',
        "wrong type for value; expected string; got map[password:s3cret user:a]",
        "can't evaluate field x in type map[string]interface {}: map[a:s3cret]",
    ],
)
def test_values_that_helm_repeats_are_left_out(said: str) -> None:
    assert "s3cret" not in helm_error(f"template: web/templates/a.yaml:1:1: {said}", FOLDER).message


@pytest.mark.parametrize(
    "said",
    [
        "loading KV pairs: literal sources [s3cret]: invalid literal source s3cret, expected key=value",
        'unable to parse SM or JSON patch from [patch: "data: s3cret"]',
        "trouble configuring builtin PatchTransformer with config: `\npatch: s3cret\n`: no",
    ],
)
def test_values_that_kustomize_repeats_are_left_out(said: str) -> None:
    assert "s3cret" not in kustomize_error(f"error: {said}", FOLDER).message


def test_a_long_message_is_cut() -> None:
    message = helm_error("x" * 10_000, FOLDER).message
    assert len(message) < MAX_LENGTH + 50
    assert message.endswith("…")
