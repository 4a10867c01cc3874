"""Imports, names and database writes of a source file, read from its syntax tree."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

WRITES = frozenset(
    f"{prefix}{name}"
    for name in (
        "create", "bulk_create", "get_or_create", "update_or_create", "save", "update",
        "bulk_update", "delete",
    )
    for prefix in ("", "a")
)  # fmt: skip
ROW_WRITERS = frozenset({"insert_rows", "update_rows"})
_SQL = re.compile(
    r"\b(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM)\s+\W?terms_(\w+)",
    re.IGNORECASE,
)


class Source(NamedTuple):
    """A module: dotted name and source text."""

    module: str
    text: str

    @property
    def package(self) -> str:
        """The package, such as ``editing`` of ``terms.editing.gate``, or the top-level module."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == "terms" and len(parts) > 1 else parts[0]

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)


def sources(*folders: str) -> list[Source]:
    """Return all modules in ``folders`` of the project, except migrations."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [
        Source(_name(path), path.read_text()) for path in found if "migrations" not in path.parts
    ]


def _name(path: Path) -> str:
    """Return the dotted name of a module. ``__init__`` stays, as relative imports start there."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def names_used(source: Source) -> dict[str, str]:
    """Return local name → imported name, such as ``Term`` → ``terms.models.Term``."""
    package = source.module.rpartition(".")[0]
    found = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                found[local] = alias.name if alias.asname else local
                found[alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                found[alias.asname or alias.name] = f"{module}.{alias.name}"
    return found


def reached(source: Source) -> set[str]:
    """Return the dotted names of imports and of attributes of imported modules.

    ``models.Term`` after ``from terms import models`` is ``terms.models.Term``.
    """
    names = names_used(source)
    found = set(names.values())
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = _dotted(node).partition(".")
            if first in names and rest:
                found.add(f"{names[first]}.{rest}")
    return found


def _dotted(node: ast.AST) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def written(source: Source, models: set[str], accessors: dict[str, str]) -> Iterator[str]:
    """Yield the models whose rows ``source`` writes, through the ORM or raw SQL.

    ``accessors``: name of a related manager → model. Tables in raw SQL are matched by model name.
    """
    names = names_used(source)
    tables = {model.lower(): model for model in models}
    for scope in _scopes(source.tree):
        held = _held(scope, names, models)
        for node in ast.walk(scope):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from (tables[name] for name in _SQL.findall(node.value) if name in tables)
            if not isinstance(node, ast.Call):
                continue
            if _dotted(node.func).rpartition(".")[2] in ROW_WRITERS and node.args:
                yield from _models_in(node.args[0], names, models, held)
            elif isinstance(node.func, ast.Attribute) and _may_write(node):
                yield from _models_in(node.func.value, names, models, held)
                yield from (
                    accessors[part.attr]
                    for part in ast.walk(node.func.value)
                    if isinstance(part, ast.Attribute) and accessors.get(part.attr) in models
                )


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield functions, methods and other top-level statements."""
    for statement in tree.body:
        if isinstance(statement, ast.ClassDef):
            yield from statement.body
        else:
            yield statement


def _may_write(call: ast.Call) -> bool:
    """Return whether ``call`` may be a writing method of a manager or a row.

    ``update`` with positional arguments is the method of a dict or set.
    """
    name = call.func.attr
    return name in WRITES and not (name in ("update", "aupdate") and call.args)


def _models_in(
    node: ast.AST, names: dict[str, str], models: set[str], held: dict[str, set[str]]
) -> set[str]:
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            found |= held.get(part.id, set())
        if isinstance(part, ast.Name | ast.Attribute):
            first, _, rest = _dotted(part).partition(".")
            whole = f"{names.get(first, first)}.{rest}".split(".")
            if whole[0] == "terms":
                found |= models.intersection(whole)
    return found


def _held(scope: ast.AST, names: dict[str, str], models: set[str]) -> dict[str, set[str]]:
    """Return variable → models for variables assigned, looped over or annotated with a model."""
    held: dict[str, set[str]] = {}
    for node in ast.walk(scope):
        pairs: list[tuple[ast.AST, ast.AST | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            pairs = [(node.target, node.annotation)]
        elif isinstance(node, ast.NamedExpr):
            pairs = [(node.target, node.value)]
        elif isinstance(node, ast.For | ast.comprehension):
            pairs = [(node.target, node.iter)]
        elif isinstance(node, ast.arg):
            pairs = [(ast.Name(node.arg), node.annotation)]
        for target, value in pairs:
            if isinstance(target, ast.Name) and value is not None:
                found = _models_in(value, names, models, held)
                if found:
                    held[target.id] = held.get(target.id, set()) | found
    return held
