"""Mutation testing: small faults put into the code, one at a time, that some test must notice.

    make mutants ARGS="terms/editing terms/review --count 40 --seed 1"

Each mutant changes one place of one file: a comparison, a condition, a constant, a call that is
left out. The tests of the same folder run first, then those of the folders that use it; a mutant
that none of them notices has survived, and is printed as a diff. The code is copied first, so that
the checkout stays as it is.

Which places are changed is drawn at random. The same seed draws the same ones.
"""

import argparse
import ast
import difflib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
TIMEOUT = 300  # seconds of one run of tests; a mutant that runs longer is noticed
# The tests of a folder, and of folders that use it.
TESTS = {
    "editing": (("editing",), ("files",)),
    "files": (("files",), ("test_extending.py",)),
    "formats": (("formats",), ("files", "editing")),
    "publishing": (("publishing",), ("pages", "changes")),
    "quality": (("quality",), ("test_extending.py",)),
    "review": (("review",), ("changes", "admin/test_review_page.py")),
}
COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr}


class Mutant(NamedTuple):
    path: Path
    line: int
    text: str  # of the whole file


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of a file."""
    source = path.read_text()
    count = len(list(_places(ast.parse(source))))
    for number in range(count):
        tree = ast.parse(source)
        node, change = list(_places(tree))[number]
        change(node)
        ast.fix_missing_locations(tree)
        yield Mutant(path, node.lineno, ast.unparse(tree))


def _places(tree):
    """Each place that can be changed, with the function that changes it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
            yield node, _change_comparison
        elif isinstance(node, ast.BoolOp):
            yield node, _change_and_or
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            yield node, _change_operator
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test, _negate
        elif isinstance(node, ast.comprehension) and node.ifs:
            yield node.ifs[0], _negate
        elif isinstance(node, ast.Constant) and type(node.value) in (bool, int):
            yield node, _change_constant
        if isinstance(node, ast.FunctionDef):
            yield from _statements(node)


def _statements(function):
    """Statements of a function that can be left out."""
    for parent in ast.walk(function):
        for statement in getattr(parent, "body", []) if isinstance(parent, ast.stmt) else []:
            is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            if is_call or isinstance(statement, ast.AugAssign | ast.Raise | ast.Continue):
                yield statement, lambda node, parent=parent: _leave_out(node, parent)


def _change_comparison(node):
    node.ops[0] = COMPARISONS[type(node.ops[0])]()


def _change_and_or(node):
    node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()


def _change_operator(node):
    node.op = OPERATORS[type(node.op)]()


def _negate(node):
    copy = ast.copy_location(type(node)(**dict(ast.iter_fields(node))), node)
    node.__class__ = ast.UnaryOp
    node.op, node.operand = ast.Not(), copy


def _change_constant(node):
    node.value = (not node.value) if isinstance(node.value, bool) else node.value + 1


def _leave_out(node, parent):
    parent.body[parent.body.index(node)] = ast.copy_location(ast.Pass(), node)


def survivors(paths: list[Path], count: int, seed: int) -> Iterator[Mutant]:
    """Mutants of a random draw that no test noticed; progress is written to the error stream."""
    found = [mutant for path in paths for mutant in mutants_of(path)]
    drawn = random.Random(seed).sample(found, min(count, len(found)))
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / "code"
        left_out = shutil.ignore_patterns(".git", ".venv", ".data", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=left_out)
        for number, mutant in enumerate(drawn, 1):
            noticed = _is_noticed(copy, mutant)
            sign = "noticed" if noticed else "SURVIVED"
            place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
            sys.stderr.write(f"{number}/{len(drawn)} {sign} {place}\n")
            if not noticed:
                yield mutant


def _is_noticed(copy: Path, mutant: Mutant) -> bool:
    target = copy / mutant.path.relative_to(ROOT)
    original = target.read_text()
    target.write_text(mutant.text)
    try:
        room = mutant.path.relative_to(ROOT / "terms").parts[0]
        return any(not _pass(copy, tests) for tests in TESTS[room])
    finally:
        target.write_text(original)


def _pass(copy: Path, tests: tuple[str, ...]) -> bool:
    """Whether these tests pass on the copy."""
    environment = {**os.environ, "DATA_DIR": str(copy / ".data"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--reuse-db", "-m", "not browser"]
    command += ["-p", "no:cacheprovider", *(f"tests/{name}" for name in tests)]
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def difference(mutant: Mutant) -> str:
    before = ast.unparse(ast.parse(mutant.path.read_text())).splitlines()
    name = str(mutant.path.relative_to(ROOT))
    lines = difflib.unified_diff(before, mutant.text.splitlines(), name, name, n=1, lineterm="")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", help="files, or folders of terms/")
    parser.add_argument("--count", type=int, default=40, help="mutants to draw; default: 40")
    parser.add_argument("--seed", type=int, default=1, help="default: 1")
    given = parser.parse_args()
    named = [Path(path).resolve() for path in given.paths]
    paths = [file for path in named for file in ([path] if path.is_file() else path.glob("*.py"))]
    found = 0
    for mutant in survivors(sorted(paths), given.count, given.seed):
        sys.stdout.write(f"{difference(mutant)}\n\n")
        sys.stdout.flush()
        found += 1
    sys.stdout.write(f"{found} survived.\n")


if __name__ == "__main__":
    main()
