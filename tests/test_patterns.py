"""No regular expression of the code takes quadratic time.

Each is run on texts made from its own parts: the prefix of a repetition, many copies of the
repeated part, and an end that does not match. (Static checkers of patterns do not know possessive
repetitions, which make most of these linear.)
"""

import ast
import importlib
import re
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for folder in ("terms", "glossary_cms")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts and path.stem not in ("wsgi", "rsgi")
)
SHORT, LONG = 4_000, 16_000
LITTLE = 0.03  # seconds

SEARCHING = ("search", "finditer", "findall", "sub", "subn", "split")
_SANITISED = "of sanitised HTML, in which every tag and element ends"
BOUNDED = {
    "terms.formats.rendered_differences._PART": _SANITISED,
    "terms.rendering.macros._LINK": _SANITISED,
    "terms.rendering.markdown._HEADING": _SANITISED,
    "terms.rendering.markdown._NO_PICTURE": _SANITISED,
    "terms.rendering.markdown._TABLE": _SANITISED,
    "terms.rendering.markdown._TAG": _SANITISED,
}


def patterns():
    """Return name → (pattern, methods called on it)."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        source = Path(module.__file__).read_text()
        for key, value in vars(module).items():
            is_here = re.search(rf"^{key} = ", source, re.MULTILINE)
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str) and is_here:
                uses = set(re.findall(rf"\b{key}\.(\w+)\(", source))
                found[f"{name}.{key}"] = value, uses or {"search"}
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and ast.unparse(node.func.value) == "re"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
                and node.func.attr not in ("escape", "compile")
            ):
                pattern = re.compile(node.args[0].value)
                found[f"{name}:{pattern.pattern}"] = pattern, {node.func.attr}
    return found


PATTERNS = patterns()


def example(items):
    """Return a text that matches ``items`` of a parsed pattern, with each repetition once."""
    return "".join(_one(str(op), value) for op, value in items)


def _one(op, value):
    if op == "LITERAL":
        return chr(value)
    if op == "NOT_LITERAL":
        return "b" if value == ord("a") else "a"
    if op == "ANY":
        return "a"
    if op == "IN":
        return _of_class(value)
    if op == "BRANCH":
        return example(value[1][0])
    if op in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return example(value[2])
    if op == "SUBPATTERN":
        return example(value[3])
    if op == "ATOMIC_GROUP":
        return example(value)
    return ""


def _of_class(items):
    names = [(str(op), value) for op, value in items]
    if names and names[0][0] == "NEGATE":
        taken = re.compile("[^" + _source(names[1:]) + "]")
        return next((c for c in "a1 -x!\n\u00e9\t" if taken.match(c)), "\u4e00")
    op, value = names[0]
    if op == "LITERAL":
        return chr(value)
    if op == "RANGE":
        return chr(value[0])
    return {"CATEGORY_WORD": "a", "CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "1",
            "CATEGORY_NOT_WORD": "-", "CATEGORY_NOT_SPACE": "a", "CATEGORY_NOT_DIGIT": "a"}[str(value)]  # fmt: skip


def _source(names):
    shown = {"CATEGORY_WORD": r"\w", "CATEGORY_SPACE": r"\s", "CATEGORY_DIGIT": r"\d",
             "CATEGORY_NOT_WORD": r"\W", "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_NOT_DIGIT": r"\D"}  # fmt: skip
    return "".join(
        re.escape(chr(value)) if op == "LITERAL"
        else f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}" if op == "RANGE"
        else shown[str(value)]
        for op, value in names
    )  # fmt: skip


def repetitions(items, before=""):
    """Yield for each repetition a text for its prefix and one for the repeated part."""
    for op, value in items:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            if value[1] > 100:
                yield before, example(value[2])
            yield from repetitions(value[2], before)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from repetitions(branch, before)
        elif name == "SUBPATTERN":
            yield from repetitions(value[3], before)
        elif name == "ATOMIC_GROUP":
            yield from repetitions(value, before)
        before += _one(name, value)


def attacks(pattern, size):
    parsed = re._parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
    for before, piece in set(repetitions(parsed)):
        for end in ("", "\0", "\n\0"):
            yield before + (piece or "a") * (size // max(1, len(piece))) + end
            both = before + piece
            yield both * (size // max(1, len(both))) + end
        row = before + piece * 40
        yield row * (size // max(1, len(row)))
    whole = example(parsed)
    if whole:
        yield whole[:-1] * (size // max(1, len(whole)))


def spent(pattern, text, uses=SEARCHING):
    start = time.process_time()
    if set(uses) & set(SEARCHING):
        for _ in pattern.finditer(text):
            pass
    else:
        for use in set(uses) & {"match", "fullmatch"}:
            getattr(pattern, use)(text)
    return time.process_time() - start


def test_attacks_find_slow_patterns():
    for slow in (r"\s+$", r"a.*b", r"\w+://", r"<a [^>]*b", r"(?:a|b)*c"):
        pattern = re.compile(slow)
        assert any(
            spent(pattern, long) > max(LITTLE / 3, 6 * spent(pattern, short))
            for short, long in zip(attacks(pattern, SHORT), attacks(pattern, LONG), strict=True)
        ), slow


def test_bounded_patterns_exist():
    assert BOUNDED.keys() <= PATTERNS.keys()


@pytest.mark.parametrize("name", sorted(PATTERNS.keys() - BOUNDED.keys()))
def test_pattern_takes_no_quadratic_time(name):
    pattern, uses = PATTERNS[name]
    for short, long in zip(attacks(pattern, SHORT), attacks(pattern, LONG), strict=True):
        quarter = spent(pattern, short, uses)
        assert quarter < 2, short[:80]
        whole = spent(pattern, long, uses)
        assert whole < LITTLE or whole < 8 * max(quarter, spent(pattern, short, uses)), long[:80]
