"""A glossary of any size with varied words, in the user's format, the same each time."""

import random
from pathlib import Path

_SYLLABLES = [
    "ka",
    "lo",
    "mi",
    "ren",
    "tos",
    "vel",
    "ari",
    "don",
    "sha",
    "quo",
    "pel",
    "nim",
    "bru",
    "fex",
    "gil",
    "hov",
    "jat",
    "wyn",
    "zor",
    "cem",
]
_WORDS = [
    "system",
    "data",
    "request",
    "service",
    "network",
    "value",
    "process",
    "method",
    "user",
    "page",
    "server",
    "field",
    "state",
    "record",
    "market",
    "price",
    "index",
    "model",
    "change",
    "access",
    "control",
    "signal",
    "frame",
    "object",
    "token",
]

TEXT = """\
---
term: {name}
icon: 'mdi:{icon}'
category: {category}
vertical: {vertical}
description: >-
  {first}
  {second}
details:
  - title: Category
    value: {category}
  - title: Industry
    value: {vertical}
  - title: Related Terms
    value: '{related}'
---
{body}"""


def names(count: int, chance: random.Random) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 3))).capitalize()]
        words += chance.choices(_WORDS, k=chance.randint(0, 2))
        found[" ".join(words)] = None
    return list(found)


def texts(count: int) -> list[tuple[str, str]]:
    """``count`` files: their names and texts, with five relations each."""
    chance = random.Random(count)
    every = names(count, chance)

    def sentence(words: int) -> str:
        return " ".join(chance.choices(_WORDS, k=words)).capitalize() + "."

    def paragraph() -> str:
        return " ".join(sentence(chance.randint(8, 18)) for _ in range(5))

    made = []
    for number, name in enumerate(every):
        category = f"Category {number % 8}"
        body = paragraph() + "\n\n## Common Applications\n\n"
        body += "".join(f"### {sentence(2)[:-1]}\n{paragraph()}\n\n" for _ in range(4))
        text = TEXT.format(
            name=name,
            icon=chance.choice(["book", "code-json", "earth", "lock"]),
            category=category,
            vertical=f"Vertical {number % 24}",
            first=sentence(9),
            second=sentence(6),
            related=", ".join(chance.sample(every, 5)),
            body=body,
        )
        made.append((f"{name.lower().replace(' ', '-')}.md", text))
    return made


def write(folder: Path, count: int) -> list[tuple[str, str]]:
    folder.mkdir(parents=True)
    made = texts(count)
    for name, text in made:
        (folder / name).write_text(text)
    return made
