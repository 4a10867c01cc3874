"""A generated glossary of any size with varied words, in the user's format, always the same."""

import random
from itertools import accumulate
from pathlib import Path

# Syllables of names and of other words: names do not occur within most words.
_NAMES = "ka lo mi ren tos vel ari don sha quo pel nim bru fex gil hov jat wyn zor cem"
_OTHERS = "an ber cor dis em fun gra hal in jo kel lum mon nor op pra que ra sti ton"
_COMMON = """system data request service network value process method user page server field
state record market price index model change access control signal frame object token"""
SECTIONS = ("Common Applications", "Safety Considerations", "Related Terms or Concepts")

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
        words = ["".join(chance.choices(_NAMES.split(), k=chance.randint(2, 3))).capitalize()]
        words += chance.choices(_COMMON.split(), k=chance.randint(0, 2))
        found[" ".join(words)] = None
    return list(found)


class _Writer:
    """Writes prose from some 3,000 words; the later a word in the list, the rarer it is.

    A thousand characters mention about four terms, mostly the text's own and well-known ones, and
    contain some ten names within words: as often as in real glossaries.
    """

    def __init__(self, every: list[str], chance: random.Random):
        self.every = every
        self.chance = chance
        rare = {
            "".join(chance.choices(_OTHERS.split(), k=chance.randint(2, 4))) for _ in range(3_000)
        }
        self.words = [*_COMMON.split(), *sorted(rare)]
        self.weights = list(accumulate(1 / (place + 10) for place in range(len(self.words))))

    def sentence(self, count: int, name: str = "") -> str:
        words = self.chance.choices(self.words, cum_weights=self.weights, k=count)
        if name and self.chance.random() < 0.35:
            well_known = int(len(self.every) ** self.chance.random())
            words[count // 2] = self.chance.choice([name, self.every[-well_known]])
        return " ".join([words[0].capitalize(), *words[1:]]) + "."

    def paragraph(self, sentences: int, name: str) -> str:
        return " ".join(self.sentence(self.chance.randint(8, 16), name) for _ in range(sentences))

    def body(self, name: str) -> str:
        """Return a text as long and structured as those of the glossary that the project is for."""
        parts = [self.paragraph(6, name)]
        for section in SECTIONS:
            parts.append(f"## {section}")
            parts += [f"### {self.sentence(2)[:-1]}\n{self.paragraph(3, name)}" for _ in range(3)]
        return "\n\n".join(parts) + "\n"


def texts(count: int) -> list[tuple[str, str]]:
    """Return the names and texts of ``count`` files, with five relations each."""
    chance = random.Random(count)
    every = names(count, chance)
    writer = _Writer(every, chance)
    made = []
    for number, name in enumerate(every):
        text = TEXT.format(
            name=name,
            icon=chance.choice(["book", "code-json", "earth", "lock"]),
            category=f"Category {number % 8}",
            vertical=f"Vertical {number % 24}",
            first=writer.sentence(9),
            second=writer.sentence(6),
            related=", ".join(chance.sample(every, 5)),
            body=writer.body(name),
        )
        made.append((f"{name.lower().replace(' ', '-')}.md", text))
    return made


def write(folder: Path, count: int) -> list[tuple[str, str]]:
    folder.mkdir(parents=True)
    made = texts(count)
    for name, text in made:
        (folder / name).write_text(text)
    return made
