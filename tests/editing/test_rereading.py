"""Texts that are read again after a change of how texts are read."""

import pytest
from django.core.management import call_command

from terms.editing.rereading import reread
from terms.formats.dialects import Dialect
from terms.models import PublishedTerm, Term
from tests.factory import default_glossary, make_live, make_term, text_of

pytestmark = pytest.mark.django_db

TEXT = "---\ntitle: x\nlemma: Zug\nmeaning: A train.\nvariants: [Bahn]\n---\n\nText.\n"
lexicon = Dialect({"name": ("lemma",), "description": ("meaning",), "aliases": ("variants",)})


def test_reread_updates_columns_after_a_new_dialect(settings):
    term = make_term(path="zug.md", text=TEXT)
    other = make_term("Track", related="Zug")
    assert (term.name, other.relations.get().target) == ("x", None)
    settings.DIALECTS = [f"{__name__}.lexicon"]

    assert reread(default_glossary()) == [term.pk]

    after = Term.objects.get(pk=term.pk)
    assert (after.name, after.description, after.name_key) == ("Zug", "A train.", "zug")
    assert [alias.name for alias in after.aliases.all()] == ["Bahn"]
    assert (after.version, after.fingerprint, after.changed_at) == (
        term.version, term.fingerprint, term.changed_at,
    )  # fmt: skip
    assert other.relations.get().target == after
    assert list(after.revisions.values_list("text", flat=True)) == [TEXT]
    assert reread(default_glossary()) == []


def test_reread_changes_nothing_when_texts_are_read_as_before():
    make_live("Flask", text=text_of("Flask", category="Web", aliases=["F"], related="Kite"))
    assert reread(default_glossary()) == []


@pytest.mark.django_db(transaction=True)
def test_rebuild_site_publishes_texts_that_are_read_in_another_way(settings):
    make_live("Zug", path="zug.md", text=TEXT)
    assert PublishedTerm.objects.get().name == "x"
    settings.DIALECTS = [f"{__name__}.lexicon"]
    call_command("rebuild_site", "--if-needed")
    assert PublishedTerm.objects.get().name == "Zug"
