"""The sidecar: what term files do not hold survives a new installation."""

import io
import json
import time
from datetime import date

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from PIL import Image

from terms.changes.operation import CannotRefactor
from terms.changes.rename import undo_set
from terms.editing.metadata import items_of
from terms.files.exporting import export
from terms.formats.paths import SIDECAR
from terms.formats.sidecar import Item, SidecarText, flat, nested
from terms.media.uploads import add_picture
from terms.models import (
    Alias,
    ChangeSet,
    DeclinedRelation,
    Event,
    Glossary,
    MentionDecision,
    Page,
    Picture,
    SidecarFile,
    Term,
)
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS, address, fields_of
from tests.factory import default_glossary, make_term, text_of

pytestmark = pytest.mark.django_db

ALIASED = """\
---
term: Flask
description: A framework.
aliases:
  - Pallets Flask
  - "No: really"
---
Flask is like Django, and serves WSGI.
"""

WRITTEN = """\
# What the term files do not hold. Glossary CMS reads and writes this file.

flask.md:
  owner: ana <ana@example.org>
  review_by: 2027-01-31
  linked: false
  aliases:
    "No: really": hidden
    Pallets Flask: former
  links:
    django: web/django.md
    wsgi: never
  unrelated:
    web/django.md: declined
web/django.md:
  owner: ben
"""


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ORIGINALS_ROOT = tmp_path / "originals"


@pytest.fixture
def people():
    make = User.objects.create_user
    return make("ana", "ana@example.org"), make("ben")


@pytest.fixture
def glossary(people):
    """A glossary with everything that files do not hold, and a picture."""
    found = default_glossary()
    Glossary.objects.filter(pk=found.pk).update(keeps="sidecar")
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, "PNG")
    picture = add_picture(found, out.getvalue(), "chart.png")
    django = make_term("Django", path="web/django.md", body=f"![A](../{picture.path})")
    flask = make_term("Flask", path="flask.md", text=ALIASED)
    ana, ben = people
    Term.objects.filter(pk=flask.pk).update(owner=ana, review_by=date(2027, 1, 31), is_linked=False)
    Term.objects.filter(pk=django.pk).update(owner=ben)
    Alias.objects.filter(name="Pallets Flask").update(kind="former")
    Alias.objects.filter(name="No: really").update(kind="hidden")
    MentionDecision.objects.create(term=flask, key="wsgi")
    MentionDecision.objects.create(term=flask, key="django", target=django)
    DeclinedRelation.objects.create(term=flask, target_uid=django.uid, at=timezone.now())
    return Glossary.objects.get()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "words"


def exported(folder, **options):
    found = export(Glossary.objects.get(), folder, **options).files
    return {file.path: (file.status, file.reason) for file in found}


def imported(folder, **options):
    out = io.StringIO()
    code = 0
    try:
        call_command("import_terms", str(folder), stdout=out, json=True, **options)
    except SystemExit as error:
        code = error.code
    return json.loads(out.getvalue())["sidecar"] | {"code": code}


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forget_everything():
    """Leave an empty installation with its accounts."""
    Picture.objects.all().delete()
    Term.with_trash.all().delete()
    Glossary.objects.all().delete()


def edit(folder, before, after):
    text = (folder / SIDECAR).read_text()
    assert before in text
    (folder / SIDECAR).write_text(text.replace(before, after))


def test_sidecar_is_off_by_default(folder):
    term = make_term("Flask")
    Term.objects.filter(pk=term.pk).update(is_linked=False)
    exported(folder)
    assert not (folder / SIDECAR).exists()


def test_sidecar_is_written_in_fixed_order(glossary, folder):
    assert exported(folder)[SIDECAR] == ("written", "")
    assert (folder / SIDECAR).read_text() == WRITTEN
    assert exported(folder)[SIDECAR] == ("unchanged", "")
    assert exported(folder, check=True)[SIDECAR] == ("unchanged", "")


def test_everything_survives_a_new_installation(glossary, folder):
    exported(folder)
    items, before = items_of(glossary), contents(folder)
    forget_everything()

    assert imported(folder) == {"taken": 9, "not_taken": [], "conflicts": [], "code": 0}

    new = Glossary.objects.get()
    assert new.keeps == "sidecar"
    assert items_of(new) == items
    flask = Term.objects.get(name="Flask")
    assert (flask.owner.username, flask.review_by) == ("ana", date(2027, 1, 31))
    assert dict(flask.aliases.values_list("name", "kind")) == {
        "Pallets Flask": "former", "No: really": "hidden",
    }  # fmt: skip
    assert Picture.objects.get().path == "images/chart.png"
    assert {status for status, _ in exported(folder).values()} == {"unchanged"}
    assert contents(folder) == before
    assert imported(folder)["taken"] == 0


def test_changes_of_both_sides_are_merged(glossary, folder):
    exported(folder)
    edit(folder, "review_by: 2027-01-31", "review_by: 2028-02-29")
    Term.objects.filter(name="Flask").update(owner=None)
    assert imported(folder)["taken"] == 1
    assert Term.objects.get(name="Flask").review_by == date(2028, 2, 29)
    assert exported(folder)[SIDECAR][0] == "written"
    assert (folder / SIDECAR).read_text() == WRITTEN.replace(
        "  owner: ana <ana@example.org>\n", ""
    ).replace("2027-01-31", "2028-02-29")


def test_export_leaves_what_was_changed_in_the_folder(glossary, folder):
    exported(folder)
    edit(folder, "review_by: 2027-01-31", "review_by: 2028-02-29")
    Term.objects.filter(name="Django").update(review_by=date(2029, 1, 1))
    exported(folder)
    text = (folder / SIDECAR).read_text()
    assert "review_by: 2028-02-29" in text
    assert "review_by: 2029-01-01" in text
    assert imported(folder)["taken"] == 1
    assert Term.objects.get(name="Flask").review_by == date(2028, 2, 29)


@pytest.mark.parametrize(("side", "day"), [("ours", "2030-01-01"), ("theirs", "2028-02-29")])
def test_same_item_changed_on_both_sides_is_conflict(glossary, folder, side, day):
    exported(folder)
    edit(folder, "review_by: 2027-01-31", "review_by: 2028-02-29")
    Term.objects.filter(name="Flask").update(review_by=date(2030, 1, 1))
    found = imported(folder)
    assert found["conflicts"] == [
        ["flask.md", f"{SIDECAR}: review_by was changed in the folder and here"]
    ]
    assert found["code"] == 1
    assert imported(folder, **{side: ["flask.md"]})["code"] == 0
    exported(folder)
    assert Term.objects.get(name="Flask").review_by == date.fromisoformat(day)
    assert f"review_by: {day}" in (folder / SIDECAR).read_text()


def test_removed_items_become_defaults(glossary, folder):
    exported(folder)
    for line in ("  linked: false\n", "    wsgi: never\n", "  review_by: 2027-01-31\n"):
        edit(folder, line, "")
    edit(folder, "    Pallets Flask: former\n", "")
    edit(folder, "  owner: ben\n", "  note: ours\n")
    assert imported(folder)["taken"] == 5
    flask = Term.objects.get(name="Flask")
    assert (flask.is_linked, flask.review_by) == (True, None)
    assert flask.aliases.get(name="Pallets Flask").kind == "alternative"
    assert not flask.decisions.filter(key="wsgi").exists()
    assert Term.objects.get(name="Django").owner is None


def test_removed_sidecar_says_nothing_and_is_written_again(glossary, folder):
    exported(folder)
    items = items_of(glossary)
    (folder / SIDECAR).unlink()
    assert imported(folder)["taken"] == 0
    assert items_of(glossary) == items
    exported(folder)
    assert (folder / SIDECAR).read_text() == WRITTEN


def test_comments_unknown_keys_and_line_ends_are_kept(glossary, folder):
    exported(folder)
    edit(folder, "flask.md:\n", "# Ours\nflask.md: # the small one\n  mood: good\n")
    edit(folder, "web/django.md:\n", "other.md:\n  mood: [a, b]\nweb/django.md:\n")
    text = (folder / SIDECAR).read_text().replace("\n", "\r\n")
    (folder / SIDECAR).write_bytes(text.encode())
    Term.objects.filter(name="Flask").update(review_by=date(2029, 1, 1))
    exported(folder)
    changed = text.replace("2027-01-31", "2029-01-01")
    assert (folder / SIDECAR).read_bytes() == changed.encode()


def test_unknown_people_are_reported_and_stay_in_the_file(glossary, folder):
    exported(folder)
    before = contents(folder)
    forget_everything()
    User.objects.all().delete()
    assert imported(folder)["not_taken"] == [
        [SIDECAR, "There is no active user “ana <ana@example.org>”. (entry “flask.md”)"],
        [SIDECAR, "There is no active user “ben”. (entry “web/django.md”)"],
    ]
    exported(folder)
    assert contents(folder) == before
    User.objects.create_user("anna", "ANA@example.org")
    assert len(imported(folder)["not_taken"]) == 1
    assert Term.objects.get(name="Flask").owner.username == "anna"


def test_user_with_other_email_is_not_the_owner(glossary, folder):
    exported(folder)
    forget_everything()
    User.objects.filter(username="ana").update(email="other@example.org")
    assert len(imported(folder)["not_taken"]) == 1
    assert Term.objects.get(name="Flask").owner is None


def test_broken_entry_is_reported_with_line_and_blocks_nothing(glossary, folder):
    exported(folder)
    edit(folder, "  linked: false\n", "  linked: [\n")
    edit(folder, "  owner: ben\n", "  owner: ana\n")
    (folder / "new.md").write_text(text_of("New"))
    found = imported(folder)
    assert found["taken"] == 1
    assert len(found["not_taken"]) == 1
    assert found["not_taken"][0][1].startswith("line 6: ")
    assert Term.objects.filter(name="New").exists()
    assert Term.objects.get(name="Django").owner.username == "ana"
    assert Term.objects.get(name="Flask").owner.username == "ana"  # not taken away
    before = (folder / SIDECAR).read_bytes()
    status, reason = exported(folder)[SIDECAR]
    assert status == "conflict"
    assert reason.startswith("line 6: ")
    assert (folder / SIDECAR).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("flask.md:\n  review_by: soon\n", "“soon” is no date such as 2027-01-31."),
        ("flask.md:\n  linked: perhaps\n", "“linked” has to be true or false, not “perhaps”."),
        ("flask.md:\n  aliases:\n    Pallets Flask: great\n", "“great” is no kind of alias"),
        ("flask.md:\n  aliases:\n    Nothing: former\n", "There is no alias “Nothing”."),
        ("flask.md:\n  links:\n    x: none.md\n", "There is no term file “none.md”."),
        ("none.md:\n  linked: false\n", "There is no term file “none.md”."),
        ("flask.md:\n  aliases: former\n", "line 1: “aliases” of “flask.md” has to be names"),
        ("flask.md:\n  owner: {a: b}\n", "line 1: “owner” of “flask.md” has to be one value"),
        ("flask.md: x\n", "line 1: This is no entry."),
        ("flask.md:\n  a: b\nflask.md:\n  a: b\n", "line 3: “flask.md” is here a second time."),
        ("- a\n", "line 1: "),
        ("{{{{\n", "line 1: "),
        ("flask.md:\n  owner: &a b\n", "line 2: "),
        ("flask.md:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 40)), "line 9: "),
    ],
)
def test_bad_values_are_reported(folder, text, reason):
    make_term("Flask", text=ALIASED)
    Glossary.objects.update(keeps="sidecar")
    folder.mkdir()
    (folder / "flask.md").write_text(ALIASED)
    (folder / SIDECAR).write_text(text)
    found = imported(folder)["not_taken"]
    assert len(found) == 1
    assert found[0][1].startswith(reason)
    exported(folder)
    assert (folder / SIDECAR).read_text().startswith(text)


def test_huge_or_undecodable_sidecar_is_refused(folder):
    make_term("Flask", text=ALIASED)
    Glossary.objects.update(keeps="sidecar")
    folder.mkdir()
    for content, reason in ((b"#" * 6_000_000, "more than 5 MB"), (b"\xff", "not UTF-8")):
        (folder / SIDECAR).write_bytes(content)
        assert reason in imported(folder)["not_taken"][0][1]
        assert (folder / SIDECAR).read_bytes() == content


def test_renamed_term_takes_its_entry_along(glossary, folder):
    exported(folder)
    (folder / "flask.md").rename(folder / "bottle.md")
    imported(folder)
    exported(folder)
    assert "bottle.md:\n  owner: ana" in (folder / SIDECAR).read_text()
    assert "flask.md" not in (folder / SIDECAR).read_text()
    assert SidecarFile.objects.count() == 1


def test_import_is_undone_and_done_again(glossary, folder):
    exported(folder)
    edit(folder, "2027-01-31", "2028-02-29")
    edit(folder, "Pallets Flask: former", "Pallets Flask: abbreviation")
    edit(folder, "    web/django.md: declined\n", "")
    before = items_of(glossary)
    imported(folder)
    after = items_of(glossary)
    assert len(before.items() - after.items()) == 3
    logged = Event.objects.filter(kind=Event.Kind.ASSIGNED).values_list("name", "detail")
    assert list(logged) == [("Flask", "review_by: 2028-02-29")]
    change_set = ChangeSet.objects.get(title=f"Import of {folder.name}")
    undone = undo_set(change_set)
    assert items_of(glossary) == before
    undo_set(undone)
    assert items_of(glossary) == after


def test_import_is_not_undone_if_an_item_has_changed_since(glossary, folder):
    exported(folder)
    edit(folder, "2027-01-31", "2028-02-29")
    imported(folder)
    Term.objects.filter(path="flask.md").update(review_by=date(2029, 1, 1))
    with pytest.raises(CannotRefactor, match="“review_by” of “Flask” has changed since"):
        undo_set(ChangeSet.objects.get(title=f"Import of {folder.name}"))


def test_values_that_change_readers_pages_are_published_again(glossary, folder):
    exported(folder)
    assert imported(folder, publish=True)["taken"] == 0
    assert "Pallets Flask" in Page.objects.get(path="/glossary/flask/").content.decode()
    edit(folder, "Pallets Flask: former", "Pallets Flask: hidden")
    assert imported(folder, publish=True)["taken"] == 1
    assert "Pallets Flask" not in Page.objects.get(path="/glossary/flask/").content.decode()


def test_many_entries_take_linear_time():
    assert spent_on(8_000) < 24 * spent_on(1_000) + 0.1  # 64 times if it were quadratic


def spent_on(count):
    """Return the CPU seconds of writing and reading the sidecar of ``count`` terms."""
    items = {Item(f"t{n}.md", "owner"): "ana <ana@example.org>" for n in range(count)}
    items |= {Item(f"t{n}.md", "aliases", "x"): "former" for n in range(count)}
    found = []
    for _ in range(3):
        start = time.process_time()
        SidecarText(SidecarText("").changed(items)).changed({})
        found.append(time.process_time() - start)
    return min(found)


def test_text_reads_back_whatever_the_names_are():
    names = [
        "a",
        "No",
        "yes",
        "null",
        "12",
        "a: b",
        "#x",
        "- a",
        "[",
        "é",
        '"',
        "\\",
        "a ",
        "\t",
        "?",
    ]
    items = {Item(f"{name}.md", "aliases", name): name for name in names}
    items |= {Item(f"{name}.md", "owner"): name for name in names}
    text = SidecarText("").changed(items)
    read = SidecarText(text)
    assert read.problems == []
    assert read.items == items
    assert flat(nested(items)) == items
    assert read.changed(items) == text


# Header keys


HEADED = ALIASED.replace("term: Flask\n", "term: Flask\nwho: ana # her own\nreviewBy: 2027-01-31\n")


@pytest.fixture
def headed(people):
    default_glossary()
    Glossary.objects.update(keeps="headers", owner_key="who", review_key="reviewBy")
    return Glossary.objects.get()


def test_header_keys_are_read_by_import(headed, folder, people):
    folder.mkdir()
    (folder / "flask.md").write_text(HEADED)
    call_command("import_terms", str(folder), stdout=io.StringIO())
    flask = Term.objects.get()
    assert (flask.owner, flask.review_by) == (people[0], date(2027, 1, 31))
    text = HEADED.replace("who: ana", "who: Ben B. <unknown@example.org>")
    (folder / "flask.md").write_text(text.replace("reviewBy: 2027-01-31\n", ""))
    call_command("import_terms", str(folder), stdout=io.StringIO())
    flask = Term.objects.get()
    assert (flask.owner, flask.review_by) == (people[0], None)
    assert not (folder / SIDECAR).exists()


def test_header_keys_are_written_by_the_form_and_by_many_terms(headed, people, ann):
    admin = logged_in(ann)
    User.objects.update(is_staff=True)
    term = make_term("Flask", text=HEADED)
    fields = fields_of(admin.get(address(term))) | {"owner": [people[1].pk]}
    assert admin.post(address(term), fields).status_code == 302
    text = Term.objects.get().newest_revision().text
    assert text == HEADED.replace("who: ana #", "who: ben #")
    assert Term.objects.get().owner == people[1]

    chosen = {"terms": str(term.pk), "review_by": "2028-01-01", "confirm": "1"}
    assert admin.post("/admin/terms/term/edit/", chosen).status_code == 302
    text = Term.objects.get().newest_revision().text
    assert text == HEADED.replace("who: ana #", "who: ben #").replace("2027-01-31", "2028-01-01")


def test_turning_header_keys_on_writes_what_is_known(people, ann):
    admin = logged_in(ann)
    flask, other = make_term("Flask", text=ALIASED), make_term("Quart")
    Term.objects.filter(pk=flask.pk).update(owner=people[0], review_by=date(2027, 1, 31))
    url = f"/admin/terms/glossary/{flask.glossary_id}/change/"
    data = {
        "name": "Words",
        "slug": "glossary",
        "language": "en",
        "approvals_needed": "0",
        **NO_STEPS,
    }
    data |= {"keeps": "headers", "owner_key": "owner", "review_key": "review_by"}
    for key in ("term", "a b", "x:", "title", "status"):
        assert admin.post(url, data | {"owner_key": key}).status_code == 200, key
    assert admin.post(url, data).status_code == 302
    text = Term.objects.get(pk=flask.pk).newest_revision().text
    assert "\nowner: ana\n" in text
    assert "\nreview_by: " in text
    assert text.replace("owner: ana\n", "").partition("review_by")[0] in ALIASED
    assert Term.objects.get(pk=other.pk).version == 1
    assert ChangeSet.objects.count() == 1
