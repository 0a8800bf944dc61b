"""Reading what a test file says of a request: objects, who asks, and what an authorizer answers."""

from __future__ import annotations

from enum import StrEnum

from policy_engine.admission.request import Operation
from policy_engine.authoring.fields import Fields, Problem, name_of_type
from policy_engine.authoring.testing.model import Authorizer, ObjectSource, RequestSpec
from policy_engine.field_paths import FieldPath
from policy_engine.sources.values import JsonValue

_REFERENCE_KEYS = {"file", "document", "base", "patch"}
_REVIEW_HOLDS = (
    "operation",
    "object",
    "oldObject",
    "kind",
    "resource",
    "subresource",
    "name",
    "userInfo",
    "options",
)


class _PatchOperation(StrEnum):
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"
    MOVE = "move"
    COPY = "copy"
    TEST = "test"


class _RuleDecision(StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    NO_OPINION = "noOpinion"


def decode_sources(fields: Fields, key: str) -> tuple[ObjectSource, ...]:
    """Read a list of objects."""
    return tuple(_object_source(item, path, fields.problems) for item, path in fields.items(key))


def decode_source(fields: Fields, key: str) -> ObjectSource | None:
    """Read one object; None where the key is absent, which is not the same as null."""
    if not fields.has(key):
        return None
    return _object_source(fields.value(key), (*fields.path, key), fields.problems)


def _object_source(value: JsonValue, path: FieldPath, problems: list[Problem]) -> ObjectSource:
    """Tell four ways apart: null, a name under `objects`, a reference with a patch, the object itself."""
    if value is None:
        return ObjectSource(path=path)
    if isinstance(value, str):
        return ObjectSource(path=path, base=value)
    if not isinstance(value, dict):
        message = f"expected an object, or the name of one, found {name_of_type(value)}"
        problems.append(Problem(path=path, message=message))
        return ObjectSource(path=path)
    if not value.keys() & _REFERENCE_KEYS or "kind" in value:
        return ObjectSource(path=path, inline=value)
    return _reference(Fields(value, path, problems))


def _reference(fields: Fields) -> ObjectSource:
    document = fields.value("document")
    if document is not None and (not isinstance(document, int) or isinstance(document, bool) or document < 1):
        fields.problem("`document` counts the documents of the file from 1", "document")
        document = None
    source = ObjectSource(
        path=fields.path,
        file=fields.text("file"),
        document=document if isinstance(document, int) else None,
        base=fields.text("base"),
        patch=tuple(_step(item, path, fields.problems) for item, path in fields.items("patch")),
        is_variation=not fields.has("file") and not fields.has("base"),
    )
    if fields.has("file") and fields.has("base"):
        fields.problem("`file` and `base` exclude each other", "base")
    if document is not None and not fields.has("file"):
        fields.problem("`document` needs `file`", "document")
    fields.finish()
    return source


def _step(value: JsonValue, path: FieldPath, problems: list[Problem]) -> dict[str, JsonValue]:
    """Read a step of a JSON patch (RFC 6902)."""
    fields = Fields(value, path, problems)
    fields.choice("op", _PatchOperation, required=True)
    fields.text("path", required=True)
    fields.text("from")
    fields.value("value")
    fields.finish()
    return value if isinstance(value, dict) else {}


def decode_request(fields: Fields) -> RequestSpec:
    """Read a request as far as it is given."""
    user = fields.fields("userInfo")
    if user is not None:
        user.text("username")
        user.text("uid")
        user.texts("groups")
        user.mapping("extra")
        user.finish()
    spec = RequestSpec(
        path=fields.path,
        operation=fields.choice("operation", Operation),
        object=decode_source(fields, "object"),
        old_object=decode_source(fields, "oldObject"),
        kind=_parts(fields, "kind"),
        resource=_parts(fields, "resource"),
        subresource=fields.text("subresource"),
        namespace=fields.text("namespace"),
        name=fields.text("name"),
        namespace_labels=fields.text_map("namespaceLabels"),
        user_info=fields.mapping("userInfo"),
        options=fields.mapping("options"),
        dry_run=fields.flag("dryRun"),
        review=decode_source(fields, "review"),
    )
    if fields.has("review"):
        for key in _REVIEW_HOLDS:
            if fields.has(key):
                fields.problem(f"`review` is a whole request: `{key}` beside it has no meaning", key)
    fields.finish()
    return spec


def _parts(fields: Fields, key: str) -> dict[str, str] | None:
    """Read a kind or resource, any part of which may be left out."""
    parts = fields.fields(key)
    if parts is None:
        return None
    given = {part: text for part in ("group", "version", key) if (text := parts.text(part)) is not None}
    parts.finish()
    return given


def decode_authorizer(fields: Fields) -> Authorizer | None:
    """Read `authorizer`: `allow`, `deny`, or a list of rules; without it the answer is not known."""
    value = fields.value("authorizer")
    if value is None:
        return None
    if value in ("allow", "deny"):
        return Authorizer(allow_all=value == "allow", deny_all=value == "deny")
    if not isinstance(value, list):
        fields.problem("`authorizer`: expected `allow`, `deny` or a list of rules", "authorizer")
        return None
    return Authorizer(rules=tuple(_rule(item, path, fields.problems) for item, path in fields.items("authorizer")))


def _rule(value: JsonValue, path: FieldPath, problems: list[Problem]) -> dict[str, JsonValue]:
    fields = Fields(value, path, problems)
    for key in (
        "verb",
        "apiGroup",
        "resource",
        "subresource",
        "namespace",
        "name",
        "path",
        "user",
        "reason",
        "error",
    ):
        fields.text(key)
    fields.choice("decision", _RuleDecision, required=True)
    fields.finish()
    return value if isinstance(value, dict) else {}
