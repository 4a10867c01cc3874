"""The proof of a backup: the content of the database when it was made."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from .archive import BackupError

NOT_KEPT = ("django_session",)  # logins

_TERMS = "SELECT uid, version, fingerprint, live_fingerprint FROM terms_term ORDER BY uid"
_HISTORY = (
    "SELECT t.uid, r.number, r.fingerprint FROM terms_revision r"
    " JOIN terms_term t ON t.id = r.term_id ORDER BY t.uid, r.number"
)
_TEXTS = "SELECT text, fingerprint FROM terms_revision"


def proof_of(execute: Callable[[str], Any]) -> dict[str, Any]:
    """Return rows by table, a digest of all terms and one of their history."""
    tables = [
        name
        for name in sorted(connection.introspection.django_table_names(include_views=False))
        if name not in NOT_KEPT
    ]
    there = _tables_there(execute)
    return {
        "rows": {
            name: next(iter(execute(f"SELECT count(*) FROM {name}")))[0]  # noqa: S608 — our own
            for name in tables
            if name in there
        },
        "terms": _digest(execute(_TERMS)),
        "history": _digest(execute(_HISTORY)),
    }


def _tables_there(execute: Callable[[str], Any]) -> set[str]:
    if connection.vendor == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return {name for (name,) in execute(query)}


def _digest(rows: Any) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update("\0".join(str(value).replace("-", "") for value in row).encode() + b"\n")
    return digest.hexdigest()


def check_proof(manifest: dict, execute: Callable[[str], Any]) -> None:
    found = proof_of(execute)
    for part in ("rows", "terms", "history"):
        if found[part] != manifest["proof"][part]:
            raise BackupError(f"What the backup holds is not what it says it holds ({part}).")
    for text, fingerprint in execute(_TEXTS):
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != fingerprint:
            raise BackupError("A text of the history is damaged in the backup.")


def is_empty() -> bool:
    """Return whether the database has no glossary and no account."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return True
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in ("terms_glossary", "terms_term", "auth_user"):
            if table in tables:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 — our own names
                if cursor.fetchone():
                    return False
    return True
