"""YAML for new values in a header, in a common style."""

from collections.abc import Iterator

from . import scalars
from .problems import HeaderProblem
from .scalars import ScalarPlace
from .yaml_nodes import Data, compose, to_data


def emitted(value: Data, indent: int, flow: bool, column: int) -> Iterator[str]:
    """Yield candidates for ``value`` after ``key:`` or ``-``, indented more than ``indent``."""
    inner = max(indent, 0) + 2
    if isinstance(value, str):
        yield from (
            f" {text}" for text in reading_back(value, ScalarPlace(inner, column + 1, flow))
        )
    elif not value:
        yield " []" if isinstance(value, list) else " {}"
    elif flow:
        yield " " + _flow(value)
    elif isinstance(value, list):
        items = [next(emitted_item(item, inner, inner + 2)) for item in value]
        yield "".join(f"\n{' ' * inner}{item}" for item in items)
    else:
        yield "".join(f"\n{' ' * inner}{pair}" for pair in _emitted_pairs(value, inner))


def emitted_item(value: Data, indent: int, inner: int) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield (
            "-" + " " * (inner - indent - 1) + f"\n{' ' * inner}".join(_emitted_pairs(value, inner))
        )
    else:
        for text in emitted(value, indent, False, indent + 1):
            yield f"-{text}"


def _emitted_pairs(value: dict[str, Data], indent: int) -> list[str]:
    names = {key: next(reading_back(key, ScalarPlace(0, key=True))) for key in value}
    return [
        f"{names[key]}:" + next(emitted(item, indent, False, indent + len(names[key]) + 1))
        for key, item in value.items()
    ]


def _flow(value: Data) -> str:
    if isinstance(value, str):
        return next(reading_back(value, ScalarPlace(0, 0, flow=True)))
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"


def reading_back(text: str, place: ScalarPlace) -> Iterator[str]:
    """Yield candidates for ``text`` that read back unchanged; the last is double-quoted."""
    for candidate in scalars.new_scalar(text, place):
        inside = candidate.replace("\n" + " " * place.indent, "\n  ")
        probe = f"? {inside}\n" if place.key else f"x: {inside}\n"
        try:
            node = compose(probe)
        except HeaderProblem:
            continue
        data = to_data(node)
        if isinstance(data, dict) and (text in data if place.key else data.get("x") == text):
            yield candidate
    yield scalars.double_quoted(text)
