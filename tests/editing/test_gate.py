import threading

import pytest
from django.db import IntegrityError, connection

from terms.editing.gate import BadPath, Draft, StaleWrite, save, save_one
from terms.formats.document import changed
from terms.formats.fingerprint import fingerprint_of
from terms.models import Category, Relation, Revision, Term
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def labels(term):
    return [(r.label, r.target and r.target.name) for r in term.relations.select_related("target")]


def test_saved_text_is_indexed():
    term = make_term("Flask", category="Web", vertical="Python", related="Django, Jinja")

    term.refresh_from_db()
    assert (term.name, term.slug, term.version, term.status) == ("Flask", "flask", 1, "draft")
    assert (term.category.name, term.vertical.slug) == ("Web", "python")
    assert [detail.title for detail in term.details.all()] == [
        "Category", "Industry", "Related Terms",
    ]  # fmt: skip
    assert labels(term) == [("Django", None), ("Jinja", None)]
    assert term.newest_revision().text == text_of(
        "Flask", category="Web", vertical="Python", related="Django, Jinja"
    )


def test_unchanged_text_creates_no_revision():
    term = make_term()
    assert save_text(term, text_of()) is None
    assert Revision.objects.count() == 1


def test_stale_write_is_refused():
    term = make_term()
    save_text(term, text_of(body="Theirs"))

    with pytest.raises(StaleWrite):
        save_text(term, text_of(body="Mine"), seen=1)

    term.refresh_from_db()
    assert (term.version, term.body) == (2, "Theirs\n")
    assert Revision.objects.count() == 2


def test_drafts_are_saved_all_or_none():
    first, second = make_term("A"), make_term("B")
    save_text(second, text_of("B", body="Theirs"))
    drafts = [
        Draft("a.md", text_of("A", body="x"), first, 1),
        Draft("b.md", text_of("B", body="x"), second, 1),
    ]
    with pytest.raises(StaleWrite):
        save(default_glossary(), drafts)
    first.refresh_from_db()
    assert first.version == 1


@pytest.mark.parametrize(
    "path", ["../x.md", "/x.md", "a//b.md", "x.txt", "a\nb.md", "é" * 300 + ".md"]
)
def test_invalid_path_is_refused(path):
    with pytest.raises(BadPath):
        save_one(default_glossary(), Draft(path, text_of()))


@pytest.mark.parametrize("path", ["flask.md", "FLASK.md"])
def test_paths_are_unique_ignoring_case(path):
    make_term(path="Flask.md")
    with pytest.raises(StaleWrite):
        save_one(default_glossary(), Draft(path, text_of()))


def test_database_checks_constraints():
    term = make_term()
    with pytest.raises(IntegrityError):
        Term.objects.filter(pk=term.pk).update(version=0)


def test_wanted_term_resolves_when_it_is_created():
    flask = make_term("Flask", related="Django, C#")
    assert labels(flask) == [("Django", None), ("C#", None)]
    make_term("Django")
    assert labels(flask) == [("Django", "Django"), ("C#", None)]


def test_wanted_term_resolves_when_alias_is_added():
    flask = make_term("Flask", related="SIEM")
    siem = make_term("Security Information and Event Management (SIEM)", path="siem.md")
    assert labels(flask) == [("SIEM", None)]
    save_text(siem, changed(siem.document(), aliases=["SIEM"]))
    assert labels(flask) == [("SIEM", siem.name)]


def test_name_with_commas_is_one_relation_once_it_exists():
    soar = "Security Orchestration, Automation, and Response (SOAR)"
    flask = make_term("Flask", related=f"Docker, {soar}, Django")
    assert len(labels(flask)) == 5
    make_term(soar, path="soar.md")
    assert labels(flask) == [("Docker", None), (soar, soar), ("Django", None)]


def test_related_none_means_no_relation():
    assert labels(make_term("Flask", related="None")) == []


def test_relation_follows_renamed_term():
    flask = make_term("Flask", related="Django")
    django = make_term("Django")
    save_text(django, changed(django.document(), {"name": "Django Framework"}))
    save_text(flask, changed(flask.document(), {"description": "Other"}))
    assert labels(flask) == [("Django", "Django Framework")]


def test_invalid_header_is_kept():
    text = "---\nterm: [a\n---\nBody\n"
    term = make_term("x", path="x.md", text=text)
    assert "is not closed" in term.problem
    assert term.newest_revision().text == text
    assert term.name == "x"


def test_save_keeps_kinds_of_aliases():
    term = make_term()
    save_text(term, changed(term.document(), aliases=["A", "B"]))
    term.aliases.filter(name="A").update(kind="abbreviation")
    term.refresh_from_db()
    save_text(term, changed(term.document(), {"description": "x"}))
    assert dict(term.aliases.values_list("name", "kind")) == {
        "A": "abbreviation",
        "B": "alternative",
    }


def test_categories_get_unique_slugs():
    make_term("A", category="C")
    make_term("B", category="C++")
    assert set(Category.objects.values_list("slug", flat=True)) == {"c", "c-2"}


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_of_one_term_lose_nothing():
    term = make_term(body="Lines:")
    acknowledged, errors = [], []

    def write(writer):
        try:
            for number in range(12):
                while True:
                    seen = Term.objects.get(pk=term.pk)
                    document = seen.document()
                    line = f"{writer}-{number}"
                    text = changed(document, body=document.body + line + "\n")
                    try:
                        save_one(seen.glossary, Draft(seen.path, text, seen, seen.version))
                    except StaleWrite:
                        continue
                    acknowledged.append(line)
                    break
        except Exception as error:  # asserted in the main thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    term.refresh_from_db()
    assert sorted(term.body.split()[1:]) == sorted(acknowledged)
    assert len(acknowledged) == 48
    assert term.version == Revision.objects.count() == 49
    assert fingerprint_of(term.newest_revision().text) == term.fingerprint


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_of_different_terms_succeed():
    names = ["A", "B", "C", "D"]
    for name in names:
        make_term(name, related=", ".join(["Later", *names]))
    errors = []

    def write(name):
        try:
            for number in range(10):
                term = Term.objects.get(name=name)
                save_text(term, text_of(name, body=str(number), related=f"x{number}, A, B, C, D"))
                make_term(f"{name} {number}", related="A, B, C, D")
        except Exception as error:  # asserted in the main thread
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert Revision.objects.count() == 84
    assert not Relation.objects.wanted().filter(key__in=["a", "b"]).exists()
