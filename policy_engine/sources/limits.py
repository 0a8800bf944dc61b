"""How much input is too much. Past a limit the answer is an error that names it: never a skip, never a crash."""

from __future__ import annotations

from policy_engine.records import record

# A dump of a busy namespace has some MiB; decoded it takes ten times as much memory.
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_DOCUMENTS = 100_000  # one file for a whole cluster's objects has some 10,000
MAX_DEPTH = 100  # the deepest built-in schemas (JSON schemas in CustomResourceDefinitions) nest about 40 levels
MAX_NODES = 4_000_000  # a document of MAX_FILE_BYTES at 16 bytes a node; aliases count as what they stand for
# k8s.io/apiserver pkg/server/config.go, MaxRequestBodyBytes: no server takes more.
MAX_SCALAR_LENGTH = 3 * 1024 * 1024


@record(kw_only=True)
class Limits:
    """The limits one reading keeps to. The defaults suit a file that a person or a tool hands in.

    file_bytes: of one file as it is stored.
    documents: in one file.
    depth: of nested mappings and sequences in a document, aliases followed.
    nodes: mappings, sequences, keys and scalars of a document, aliases followed: with those, 414 bytes of
        text can stand for 2 GB.
    scalar_length: of one string, in code points.
    """

    file_bytes: int = MAX_FILE_BYTES
    documents: int = MAX_DOCUMENTS
    depth: int = MAX_DEPTH
    nodes: int = MAX_NODES
    scalar_length: int = MAX_SCALAR_LENGTH


DEFAULT_LIMITS = Limits()
