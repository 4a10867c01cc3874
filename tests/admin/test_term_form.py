import difflib
import re

import pytest

from terms.changes.rename import rename_classification
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.models import Category, Revision, Term
from tests.admin.forms import address, fields_of, post
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def text(term):
    return Term.objects.get(pk=term.pk).newest_revision().text


def changed_lines(before, after):
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_unchanged_form_creates_no_revision(admin, shared):
    for corpus in ("glossary", "iotatlas"):
        apply_import(plan_import(default_glossary(), shared / "corpora" / corpus))
    before = Revision.objects.count()
    for term in Term.objects.all():
        response = post(admin, term)
        assert response.status_code == 302, (term.path, response.context["errors"])
    assert Revision.objects.count() == before


AWKWARD = [
    "---\r\nterm: A\r\ndescription: |\r\n  two \r\n  lines\r\n---\r\n Body \r\n\r\n",
    "---\nterm: A\n---\n\n\n  indented code\n\ttab\n\n",
    "---\nterm: A\n---\nno final newline",
    "---\nterm: 'A '\naliases: [x, ' y ']\n---\nmixed\r\nends\n",
    '---\nterm: "A\\nB"\ndetails:\n  - title: "t\\nu"\n    value: |\n      v\n\n      w\n---\n',
    "---\nterm: A\ndetails:\n  - title: Related Terms\n    value: A ,B,  C\n  - title: ''\n    value: x\n---\n",
    "\ufeff---\nterm: A\ncategory: [a, b]\ndetails: text\naliases: {a: b}\n---\nx",
    "---\nterm: A\ndetails:\n  - title: Related Terms\n    value: B, C, B\n---\n",
    "---\nterm: A\naliases: [B, C, B]\ndetails:\n" + "  - title: T\n    value: x\n" * 2 + "---\n",
    "---\nterm: A\ndetails:\n" + "  - title: Related Terms\n    value: B, A, A\n" * 2 + "---\n",
    "---\nterm: A\naliases: [B, '', null, ~]\ncategory: null\ndescription: ~\ndetails: null\n---\n",
    "---\nterm: [broken\n---\nx\r\n",
    "no header at all\n",
    "",
]


@pytest.mark.parametrize("content", AWKWARD)
def test_unusual_files_are_saved_unchanged(admin, content):
    term = make_term("A", path="a.md", text=content)
    response = post(admin, term)
    assert response.status_code == 302, response.context["errors"]
    assert text(term) == content
    assert Revision.objects.count() == 1


def test_name_that_is_in_the_file_twice_can_stay(admin):
    term = make_term("Flask", related="B, C, B")
    assert post(admin, term, description="New.").status_code == 302
    assert "value: 'B, C, B'" in text(term)
    assert post(admin, term, **{"related_terms-label": ["B", "B", "D"]}).status_code == 302
    assert "value: 'B, B, D'" in text(term)
    response = post(admin, term, **{"related_terms-label": ["B", "B", "B"]})
    assert "“B” is in the list twice." in response.content.decode()


def test_edited_value_changes_only_its_lines(admin):
    term = make_term("Flask", related="Django, C#")
    before = text(term)
    post(admin, term, description="No", reason="Shorter")
    assert changed_lines(before, text(term)) == ["-  What Flask is, in a sentence.", "+  No"]
    revision = Term.objects.get().newest_revision()
    assert (revision.author.username, revision.reason) == ("ana", "Shorter")


def test_related_terms_are_reordered_added_and_removed(admin):
    term = make_term("Flask", related="Django, C#")
    before = text(term)
    post(admin, term, **{"related_terms-label": ["C#", "Werkzeug", ""]})
    assert changed_lines(before, text(term)) == [
        "-    value: 'Django, C#'", "+    value: 'C#, Werkzeug'",
    ]  # fmt: skip
    post(admin, term, **{"related_terms-label": [""]})
    assert "value: 'None'" in text(term)


def test_ambiguous_related_name_is_refused(admin):
    term = make_term("Flask", related="Django")
    response = post(admin, term, **{"related_terms-label": ["Detection, and Response"]})
    assert "cannot be told from the other related terms" in response.content.decode()
    make_term("Detection, and Response", path="d.md")
    assert (
        post(admin, term, **{"related_terms-label": ["Detection, and Response"]}).status_code == 302
    )


def test_detail_rows_are_added_edited_and_moved(admin):
    term = make_term("Flask")
    fields = fields_of(admin.get(address(term)))
    assert fields["detail_rows-origin"] == ["0", "1", "2", ""]
    post(
        admin, term,
        **{
            "detail_rows-origin": ["", "1", "0", "2"],
            "detail_rows-title": ["Since", "", "", ""],
            "detail_rows-value": ["2010-04-01", "", "", ""],
            "detail_rows-url": ["", "", "", ""],
        },
    )  # fmt: skip
    rows = [(row.title, row.value) for row in term.details.all()]
    assert rows == [
        ("Since", "2010-04-01"), ("Industry", "Full Stack"), ("Category", "Software"),
        ("Related Terms", "None"),
    ]  # fmt: skip


def test_category_and_its_row_change_together(admin):
    term = make_term("Flask")
    other = Category.objects.create(glossary=default_glossary(), name="Web", slug="web")
    before = text(term)
    post(admin, term, category=str(other.pk))
    assert changed_lines(before, text(term)) == [
        "-category: Software", "+category: Web", "-    value: Software", "+    value: Web",
    ]  # fmt: skip


def test_renaming_a_category_rewrites_its_terms_as_one_change_set(admin):
    first, second = make_term("A"), make_term("B")
    category = Category.objects.get()
    url = f"/admin/terms/category/{category.pk}/change/"
    sent = {"name": "Engineering", "slug": "software", "order": "0", "icon": ""}
    page = admin.post(url, sent).content.decode()
    assert "written into 2 term files" in page
    assert Category.objects.get().name == "Software"  # only a preview
    (digest,) = re.findall(r'name="confirm" value="(\w+)"', page)
    admin.post(url, {**sent, "confirm": digest})
    for term in (first, second):
        assert "category: Engineering\n" in text(term)
    assert Category.objects.get().name == "Engineering"
    assert first.newest_revision is not None
    change_sets = {r.change_set for r in Revision.objects.filter(number=2)}
    assert [str(change_set) for change_set in change_sets] == ["Software renamed to Engineering"]


def test_renaming_keeps_the_row_of_the_category():
    make_term("A")
    category = Category.objects.get()
    rename_classification(category, "New")
    assert Category.objects.get().pk == category.pk
    assert Term.objects.get().category == category


def test_aliases_are_written_as_a_list(admin):
    term = make_term("Flask")
    post(
        admin,
        term,
        **{
            "other_names-name": ["Pallets", "No", ""],
            "other_names-kind": ["former", "hidden", "alternative"],
        },
    )
    assert "aliases:\n  - Pallets\n  - 'No'\n" in text(term)
    assert list(term.aliases.values_list("name", "kind")) == [
        ("Pallets", "former"),
        ("No", "hidden"),
    ]


def test_new_term_gets_a_file(admin):
    category = Category.objects.create(glossary=default_glossary(), name="Web", slug="web")
    fields = fields_of(admin.get("/admin/terms/term/add/"))
    fields.update(
        name=["C++"], description=["A language: fast"], category=[str(category.pk)], body=["Text\r\n"],
        **{"related_terms-label": ["C", ""]},
    )  # fmt: skip
    response = admin.post("/admin/terms/term/add/", fields)
    assert response.status_code == 302, response.context["errors"]
    term = Term.objects.get()
    assert term.path == "c-plus-plus.md"
    assert text(term) == (
        "---\nterm: C++\ncategory: Web\ndescription: 'A language: fast'\ndetails:\n"
        "  - title: Category\n    value: Web\n  - title: Related Terms\n    value: C\n---\nText\n"
    )


def test_new_terms_with_one_name_get_separate_files(admin):
    default_glossary()
    page = "/admin/terms/term/add/"
    fields = {**fields_of(admin.get(page)), "name": ["😀 Flask"]}
    admin.post(page, fields)
    refused = admin.post(page, {**fields, "_publish": "1"}).content.decode()
    assert "There is a term “😀 Flask” already." in refused
    assert "Create a second term with this name" in refused
    assert Term.objects.count() == 1
    admin.post(page, {**fields, "same-name": "1"})
    assert set(Term.objects.values_list("path", flat=True)) == {"flask.md", "flask-2.md"}


def test_empty_term_is_saved_and_not_published(admin):
    default_glossary()
    page = "/admin/terms/term/add/"
    fields = {**fields_of(admin.get(page)), "name": ["Flask"], "_publish": "1"}
    answer = admin.post(page, fields, follow=True).content.decode()
    assert "It is not published: write a definition or a text first." in answer
    assert Term.objects.get().live_fingerprint == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "a\u202eb"}, "writing direction"),
        ({"description": "a\x07"}, "U+0007"),
        ({"description": "a\n<<<<<<< HEAD\n"}, "Line 2 has a conflict marker"),
        ({"detail_rows-title": [""], "detail_rows-value": ["x"], "detail_rows-url": [""], "detail_rows-origin": [""]}, "has no title"),
        ({"related_terms-label": ["A", "A"]}, "twice"),
        ({"other_names-name": ["x" * 400], "other_names-kind": ["former"]}, "longer than 300"),
    ],
)  # fmt: skip
def test_invalid_values_are_refused_and_typed_text_is_kept(admin, changes, words):
    term = make_term("Flask")
    response = post(admin, term, body="My long text", **changes)
    assert response.status_code == 200
    page = response.content.decode()
    assert words in page
    assert "My long text" in page
    assert Revision.objects.count() == 1


def test_unreadable_file_is_repaired_as_text(admin):
    term = make_term("x", path="x.md", text="---\nterm: [a\n---\nBody\n")
    page = admin.get(address(term)).content.decode()
    assert "The header of this file cannot be read" in page
    assert "Line 2, column 7" in page
    post(admin, term, source="---\r\nterm: Mended\r\n---\r\nBody\r\n")
    assert text(term) == "---\nterm: Mended\n---\nBody\n"
    assert Term.objects.get().name == "Mended"


def test_unknown_keys_are_shown(admin):
    term = make_term("x", path="x.md", text="---\ntitle: X\nweight: 500\n---\n")
    page = admin.get(address(term)).content.decode()
    assert "<dt>weight</dt><dd>500</dd>" in page


SAME_TITLES = text_of("Flask").replace(
    "details:\n",
    "details:\n  - title: Source\n    value: A book\n    page: 12\n"
    "  - title: Source\n    value: A talk\n    minute: 40\n",
)


def rows_after_conflict(admin, theirs, mine):
    """Save the text ``theirs`` while another editor changes rows, and save the merged form."""
    term = make_term("Flask", text=SAME_TITLES)
    fields = fields_of(admin.get(address(term)))
    save_text(term, theirs)
    response = admin.post(address(term), {**fields, **mine(fields)})
    assert response.status_code == 409
    assert admin.post(address(term), fields_of(response)).status_code == 302
    return text(term)


def with_values(fields, **values):
    """Return the rows with other values: old value → new one."""
    found = [values.get(value.replace(" ", "_"), value) for value in fields["detail_rows-value"]]
    return {"detail_rows-value": found}


def test_rows_with_the_same_title_are_not_mixed_up(admin):
    theirs = SAME_TITLES.replace("What Flask is", "What it is")
    found = rows_after_conflict(admin, theirs, lambda fields: with_values(fields, A_talk="A film"))
    assert found == theirs.replace("A talk", "A film")


def test_row_is_removed_beside_one_with_the_same_title(admin):
    def without_first(fields):
        found = {
            name: list(fields[f"detail_rows-{name}"])
            for name in ("title", "value", "url", "origin")
        }
        for values in found.values():
            del values[0]
        return {f"detail_rows-{name}": values for name, values in found.items()}

    theirs = SAME_TITLES.replace("What Flask is", "What it is")
    found = rows_after_conflict(admin, theirs, without_first)
    assert found == theirs.replace("  - title: Source\n    value: A book\n    page: 12\n", "")


def test_rows_with_the_same_title_are_changed_by_both(admin):
    theirs = SAME_TITLES.replace("A book", "A thick book")
    found = rows_after_conflict(admin, theirs, lambda fields: with_values(fields, A_talk="A film"))
    assert found == theirs.replace("A talk", "A film")


def test_row_that_they_removed_stays_only_if_it_was_edited(admin):
    theirs = SAME_TITLES.replace("  - title: Source\n    value: A book\n    page: 12\n", "")
    found = rows_after_conflict(admin, theirs, lambda fields: with_values(fields, A_talk="A film"))
    assert found == theirs.replace("A talk", "A film")
    theirs = SAME_TITLES.replace("  - title: Source\n    value: A talk\n    minute: 40\n", "")
    Term.objects.all().delete()
    found = rows_after_conflict(admin, theirs, lambda fields: with_values(fields, A_talk="A film"))
    assert "A film" in found
    assert "A book" in found


# Terms that are held back

HELD_BACK = text_of("Flask").replace("term: Flask\n", "term: Flask\ndraft: true # not yet\n")


def test_term_that_is_held_back_is_released_in_the_form(admin):
    term = make_term("Flask", text=HELD_BACK)
    page = admin.get(address(term)).content.decode()
    assert "Stop holding this term back" in page
    assert "The file has “draft: true”, so this text cannot be published." in page
    assert post(admin, term).status_code == 302
    assert text(term) == HELD_BACK
    assert post(admin, term, released="on", _publish="1").status_code == 302
    assert text(term) == text_of("Flask")
    assert Term.objects.get().live_fingerprint
    assert "Stop holding" not in admin.get(address(term)).content.decode()


def test_release_is_kept_when_another_field_has_an_error(admin):
    term = make_term("Flask", text=HELD_BACK)
    page = post(admin, term, released="on", name="").content.decode()
    assert re.search(r'name="released"[^>]* checked', page)


def test_release_survives_a_conflict(admin):
    term = make_term("Flask", text=HELD_BACK)
    fields = fields_of(admin.get(address(term)))
    theirs = HELD_BACK.replace("in a sentence", "in their words")
    save_text(term, theirs)
    mine = {**fields, "description": ["Mine."], "released": ["on"]}
    response = admin.post(address(term), mine)
    assert response.status_code == 409
    assert re.search(r'name="released"[^>]* checked', response.content.decode())
    again = {**fields_of(response), "released": ["on"]}
    assert admin.post(address(term), again).status_code == 302
    assert "draft" not in text(term)


# Two editors


def test_second_save_shows_conflict_and_loses_nothing(admin):
    term = make_term("Flask", related="Django")
    fields = fields_of(admin.get(address(term)))
    save_text(term, text_of("Flask", related="Django", body="Their body"))

    response = admin.post(address(term), {**fields, "description": ["My sentence"]})

    assert response.status_code == 409
    page = response.content.decode()
    assert "saved version 2 while you were editing" in page
    again = fields_of(response)
    assert again["description"] == ["My sentence"]
    assert again["body"] == ["Their body\r\n"]
    assert again["seen"] == ["2"]
    assert Revision.objects.count() == 2

    assert admin.post(address(term), again).status_code == 302
    term.refresh_from_db()
    assert (term.description, term.body, term.version) == ("My sentence", "Their body\n", 3)


@pytest.mark.parametrize(("choice", "body"), [("mine", "My body\n"), ("theirs", "Their body\n")])
def test_choice_resolves_field_that_both_changed(admin, choice, body):
    term = make_term("Flask")
    fields = fields_of(admin.get(address(term)))
    save_text(term, text_of("Flask", body="Their body"))

    response = admin.post(address(term), {**fields, "body": ["My body\r\n"]})

    again = fields_of(response)
    assert "you both changed it" in response.content.decode()
    assert again["body"] == ["My body\r\n"]
    admin.post(address(term), {**again, "take-body": [choice]})
    term.refresh_from_db()
    assert term.body == body


BODY = "First.\n\n## Use\n\nMiddle.\n\n## More\n\nLast."


def both_change(admin, term, theirs, mine):
    """Save ``theirs``, then post ``mine``. Return the HTML and fields of the conflict page."""
    fields = fields_of(admin.get(address(term)))
    save_text(term, text_of("Flask", body=theirs))
    response = admin.post(address(term), {**fields, "body": [mine.replace("\n", "\r\n") + "\r\n"]})
    assert response.status_code == 409
    return response.content.decode(), fields_of(response)


def test_changes_in_different_places_are_merged(admin):
    term = make_term("Flask", body=BODY)
    html, again = both_change(
        admin, term, BODY.replace("First", "Their first"), BODY.replace("Last", "My last")
    )
    assert "you both changed it, in different places" in html
    assert admin.post(address(term), again).status_code == 302
    term.refresh_from_db()
    assert term.body == BODY.replace("First", "Their first").replace("Last", "My last") + "\n"


@pytest.mark.parametrize(
    ("choice", "middle"),
    [("mine", "My middle."), ("theirs", "Their middle."), ("both", "My middle.\nTheir middle.")],
)
def test_choice_resolves_passage_that_both_changed(admin, choice, middle):
    term = make_term("Flask", body=BODY)
    html, again = both_change(
        admin,
        term,
        BODY.replace("Middle", "Their middle").replace("First", "Their first"),
        BODY.replace("Middle", "My middle"),
    )
    assert "Passage 1 of 1" in html
    (name,) = [name for name in again if name.startswith("passage-")]
    assert admin.post(address(term), {**again, name: [choice]}).status_code == 302
    term.refresh_from_db()
    assert term.body == BODY.replace("Middle.", middle).replace("First", "Their first") + "\n"


def test_edit_of_merged_text_takes_precedence(admin):
    term = make_term("Flask", body=BODY)
    _, again = both_change(
        admin, term, BODY.replace("Middle", "Theirs"), BODY.replace("Middle", "Mine")
    )
    (name,) = [name for name in again if name.startswith("passage-")]
    typed = {**again, name: ["theirs"], "body": ["By hand.\r\n"]}
    # An error in another field keeps the choices.
    page = fields_of(admin.post(address(term), {**typed, "name": [""]}))
    assert page[name] == ["theirs"]
    assert admin.post(address(term), typed).status_code == 302
    term.refresh_from_db()
    assert term.body == "By hand.\n"


def test_relations_and_aliases_are_merged(admin):
    term = make_term("Flask", related="Django")
    fields = fields_of(admin.get(address(term)))
    save_text(term, text_of("Flask", related="Django, C#"))
    typed = {
        **fields,
        "other_names-name": ["Microframework", ""],
        "other_names-kind": ["former", "alternative"],
    }

    again = fields_of(admin.post(address(term), typed))

    assert again["related_terms-label"][:2] == ["Django", "C#"]
    assert admin.post(address(term), again).status_code == 302
    assert "value: 'Django, C#'" in text(term)
    assert "- Microframework" in text(term)


WITH_ROW = text_of("Flask").replace("details:\n", "details:\n  - title: Coined\n    value: 1983\n")


def test_moved_and_edited_rows_are_merged(admin):
    term = make_term("Flask", text=WITH_ROW)
    fields = fields_of(admin.get(address(term)))
    rows = fields["detail_rows-title"]
    moved = text_of("Flask").replace(
        "    value: 'None'" if "'None'" in WITH_ROW else "    value: None\n",
        "    value: None\n  - title: Coined\n    value: 1983\n",
    )
    save_text(term, moved)
    place = rows.index("Coined")
    values = list(fields["detail_rows-value"])
    values[place] = "1984"

    response = admin.post(address(term), {**fields, "detail_rows-value": values, "name": [" "]})
    assert response.status_code == 200
    fields = fields_of(response)
    assert admin.post(address(term), {**fields, "name": ["Flask"]}).status_code == 409
    again = fields_of(admin.post(address(term), {**fields, "name": ["Flask"]}))
    assert admin.post(address(term), again).status_code == 302

    saved = {row.title: row.value for row in term.details.all()}
    assert saved == {
        "Coined": "1984", "Category": "Software", "Industry": "Full Stack", "Related Terms": "None",
    }  # fmt: skip


def test_choice_is_kept_after_invalid_input(admin):
    term = make_term("Flask")
    fields = fields_of(admin.get(address(term)))
    save_text(term, text_of("Flask", body="Theirs"))
    again = fields_of(admin.post(address(term), {**fields, "body": ["Mine"]}))
    mistaken = admin.post(address(term), {**again, "take-body": ["theirs"], "name": [""]})
    assert "as you chose: Text" in mistaken.content.decode()
    admin.post(address(term), {**fields_of(mistaken), "name": ["Flask"]})
    term.refresh_from_db()
    assert term.body == "Theirs\n"


def test_review_date_is_kept_by_a_concurrent_save(admin):
    term = make_term("Flask")
    fields = fields_of(admin.get(address(term)))
    Term.objects.filter(pk=term.pk).update(review_by="2027-01-01")
    admin.post(address(term), {**fields, "description": ["New"]})
    term.refresh_from_db()
    assert (str(term.review_by), term.description) == ("2027-01-01", "New")
    post(admin, term, review_by="2028-02-02")
    term.refresh_from_db()
    assert str(term.review_by) == "2028-02-02"


def test_typed_rows_are_shown_again_after_error(admin):
    term = make_term("Flask", related="Django")
    fields = fields_of(admin.get(address(term)))
    typed = {
        "detail_rows-origin": ["0", "1", "2", ""],
        "detail_rows-title": [*fields["detail_rows-title"][:3], "Only a link"],
        "detail_rows-value": ["", "", "", ""],
        "detail_rows-url": ["", "", "", "https://example.org/"],
    }
    page = admin.post(address(term), {**fields, **typed, "name": [""]})
    again = fields_of(page)
    assert "https://example.org/" in again["detail_rows-url"]
    assert again["detail_rows-title"][:3] == ["Category", "Industry", "Related Terms"]
    assert page.content.decode().count("follows the field above") == 3


def test_category_cannot_take_name_of_another(admin):
    make_term("A", category="One")
    make_term("B", category="Two")
    one = Category.objects.get(name="One")
    data = {"name": "Two", "slug": "one", "order": "0", "icon": ""}
    response = admin.post(f"/admin/terms/category/{one.pk}/change/", data)
    assert "another category with this name" in response.content.decode()
    assert Category.objects.get(pk=one.pk).name == "One"


def test_unusual_values_show_warnings(admin):
    make_term("Flask")
    term = make_term("FLASK", path="other.md")
    response = admin.post(
        address(term), {**fields_of(admin.get(address(term))), "icon": ["mdi:nothing"]}, follow=True
    )
    page = response.content.decode()
    assert "There is another term named" in page
    assert "There is no icon “mdi:nothing”" in page
    itself = post(admin, term, **{"related_terms-label": ["Flask"]})
    assert "cannot be related to itself" in itself.content.decode()
    assert (
        "Nothing was changed"
        in admin.post(
            address(term), fields_of(admin.get(address(term))), follow=True
        ).content.decode()
    )


# File and history


def test_file_and_preview_of_changes_are_shown(admin):
    term = make_term("Flask")
    assert "term: Flask" in admin.get(f"/admin/terms/term/{term.pk}/file/").content.decode()
    fields = fields_of(admin.get(address(term)))
    page = admin.post(
        f"/admin/terms/term/{term.pk}/file/unsaved/", {**fields, "name": ["Quart"]}
    ).content.decode()
    assert "<ins>Quart</ins>" in page
    assert Revision.objects.count() == 1


def test_download_equals_the_file(admin):
    content = "---\r\nterm: É\r\n---\r\nx"
    term = make_term("É", path="sub/é.md", text=content)
    response = admin.get(f"/admin/terms/term/{term.pk}/file/download/")
    assert response.content == content.encode()
    assert "attachment" in response["Content-Disposition"]
    assert "%C3%A9.md" in response["Content-Disposition"]


def test_revisions_are_compared_and_restored(admin):
    term = make_term("Flask", body="One two three")
    save_text(term, text_of("Flask", body="One four three"))
    url = f"/admin/terms/term/{term.pk}/history/"
    page = admin.get(url).content.decode()
    assert "<del>two</del><ins>four</ins>" in page

    admin.post(f"{url}restore/", {"number": "1", "seen": "2"})

    term.refresh_from_db()
    assert (term.version, term.body) == (3, "One two three\n")
    assert term.newest_revision().reason == "Revision 1 restored"
    assert admin.get(url, {"from": "9999999999999", "to": "x"}).status_code == 200
    assert admin.post(f"{url}restore/", {"number": "-1", "seen": "x"}).status_code == 404


def test_stale_restore_is_refused(admin):
    term = make_term("Flask", body="a")
    save_text(term, text_of("Flask", body="b"))
    save_text(term, text_of("Flask", body="c"))
    admin.post(f"/admin/terms/term/{term.pk}/history/restore/", {"number": "1", "seen": "2"})
    term.refresh_from_db()
    assert (term.version, term.body) == (3, "c\n")
