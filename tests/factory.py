"""Terms for tests, saved by ``terms.editing.gate``."""

from terms.editing.gate import Draft, save_one
from terms.models import Glossary, Term
from terms.publishing.publish import publish

TEXT = """\
---
term: {name}
icon: 'mdi:file-code'
category: {category}
vertical: {vertical}
description: >-
  What {name} is, in a sentence.
details:
  - title: Category
    value: {category}
  - title: Industry
    value: {vertical}
  - title: Related Terms
    value: {related}
---
{body}
"""


def default_glossary() -> Glossary:
    return Glossary.objects.get_or_create(slug="glossary")[0]


def text_of(name="Flask", **values):
    defaults = {
        "category": "Software",
        "vertical": "Full Stack",
        "related": "None",
        "body": f"{name} is explained here.\n\n## Use\n\nText.",
    }
    related = values.pop("related", None)
    if related is not None:
        values["related"] = "'" + related.replace("'", "''") + "'"
    return TEXT.format(name=name, **{**defaults, **values})


def make_term(name="Flask", path=None, text=None, glossary=None, author=None, **values) -> Term:
    glossary = glossary or default_glossary()
    path = path or f"{name.lower().replace(' ', '-')}.md"
    draft = Draft(path, text if text is not None else text_of(name, **values))
    return Term.objects.get(pk=save_one(glossary, draft, author=author, reason="made").term)


def save_text(term: Term, text: str, seen=None, author=None):
    term = Term.objects.get(pk=term.pk)
    draft = Draft(term.path, text, term, term.version if seen is None else seen)
    return save_one(term.glossary, draft, author=author)


def publish_all() -> None:
    assert publish(default_glossary(), Term.objects.all()) == []


def make_live(name="Flask", **values) -> Term:
    term = make_term(name, **values)
    assert publish(term.glossary, Term.objects.filter(pk=term.pk)) == []
    return term
