import re

import pytest
from playwright.sync_api import expect

from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.models import Revision, Term
from tests.factory import default_glossary, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def change_page(page, term):
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    return page


def save(page):
    page.locator(".edit-more summary").click()
    page.get_by_role("button", name="Save and close").click()
    page.wait_for_url("**/admin/terms/term/")


def newest(term):
    return Term.objects.get(pk=term.pk).newest_revision().text


def test_saving_real_files_unchanged_creates_no_revision(visit, admin_client, shared):
    apply_import(plan_import(default_glossary(), shared / "corpora" / "glossary"))
    before = Revision.objects.count()
    page = visit(client=admin_client)
    for term in Term.objects.all():
        save(change_page(page, term))
    assert before == Revision.objects.count() == 95


AWKWARD = [
    "---\r\nterm: A\r\ndescription: |\r\n  two \r\n  lines\r\n---\r\n Body \r\n\r\n",
    "---\nterm: A\n---\n\n\n  leading blank lines\n\ttab \n\n\n",
    "---\nterm: 'A '\naliases: [x, ' y ']\n---\nmixed\r\nends, no final newline",
    '---\nterm: "A\\nB"\ndetails:\n  - title: "t\\nu"\n    value: |\n      v\n\n      w\n---\n',
    "---\nterm: [broken\n---\nx\r\n",
    '---\nterm: A &amp; <b> "q"\n---\n</textarea><script>x</script>\n',
]


@pytest.mark.parametrize("content", AWKWARD)
def test_unusual_files_are_saved_unchanged(visit, admin_client, content):
    term = make_term("A", path="a.md", text=content)
    save(change_page(visit(client=admin_client), term))
    assert newest(term) == content


def test_edited_value_changes_only_its_line(visit, admin_client):
    term = make_term("Flask", text=text_of("Flask").replace("\n", "\r\n"))
    page = change_page(visit(client=admin_client), term)
    page.fill("#id_name", "Flask 3")
    save(page)
    assert newest(term) == text_of("Flask").replace("\n", "\r\n").replace(
        "term: Flask", "term: Flask 3"
    )


def test_tab_leaves_the_text_and_undo_works(visit, admin_client):
    page = change_page(visit(client=admin_client), make_term("Flask", body="Start"))
    body = page.locator("#id_body")
    body.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("one ")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "id_body"
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "id_body"
    assert "\t" not in body.input_value()
    for _ in range(8):
        page.keyboard.press("Control+Z")
    assert "one" not in body.input_value()


def test_related_terms_are_suggested_moved_and_added(visit, admin_client):
    make_term("Django")
    term = make_term("Flask", related="A, B")
    page = change_page(visit(client=admin_client), term)
    page.get_by_role("button", name="Details").click()
    rows = page.locator(".field-related_terms .term-row")
    rows.nth(2).locator("input").fill("Django")
    page.wait_for_selector(".field-related_terms [data-state=known]")
    assert page.locator("#id_related_terms_names option[value=Django]").count() == 1
    rows.nth(2).get_by_label("Move up").click()
    rows.nth(2).get_by_label("Remove").click()
    save(page)
    assert "value: 'A, Django'" in newest(term)


def test_enter_in_a_list_moves_to_next_row(visit, admin_client):
    term = make_term("Flask", related="A, B")
    page = change_page(visit(client=admin_client), term)
    page.get_by_role("button", name="Details").click()
    rows = page.locator(".field-related_terms .term-row")
    rows.nth(1).locator("input").press("Enter")
    expect(rows.nth(2).locator("input")).to_be_focused()
    page.keyboard.type("Quar")
    page.keyboard.press("Enter")
    expect(rows.nth(3).locator("input")).to_be_focused()
    page.keyboard.press("Enter")  # an empty row has no next row
    expect(page.locator("#id_name")).to_have_value("Flask")
    assert "Quar" not in newest(term)


def test_name_of_new_term_is_focused(visit, admin_client):
    page = visit(client=admin_client)
    page.goto("/admin/terms/term/add/")
    expect(page.locator("#id_name")).to_be_focused()


def test_details_are_added_as_rows(visit, admin_client):
    term = make_term("Flask")
    page = change_page(visit(client=admin_client), term)
    page.get_by_role("button", name="Details").click()
    new = page.locator(".field-detail_rows .term-row").nth(3)
    new.get_by_placeholder("Title").fill("Since")
    new.get_by_placeholder("Value").fill("2010\n2011")
    save(page)
    assert "  - title: Since\n    value: |-\n      2010\n      2011\n" in newest(term)


def test_icon_is_chosen_from_pictures(visit, admin_client):
    term = make_term("Flask")
    page = change_page(visit(client=admin_client), term)
    page.get_by_role("button", name="Details").click()
    page.click("text=Choose…")
    page.get_by_label("Search icons").fill("flask")
    page.get_by_role("button", name="mdi:flask", exact=True).click()
    assert page.input_value("#id_icon") == "mdi:flask"
    assert page.locator(".term-icon-picture svg").count() == 1
    save(page)
    assert "icon: 'mdi:flask'" in newest(term)


def test_pasted_picture_is_inserted_and_can_be_undone(visit, admin_client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    page = change_page(visit(client=admin_client), make_term("Flask", body="Text"))
    paste = """async (kind) => {
        const canvas = document.createElement('canvas');
        const blob = await new Promise(done => canvas.toBlob(done));
        const data = new DataTransfer();
        data.items.add(new File([kind === 'bad' ? 'x' : blob], 'My diagram.png', {type: 'image/png'}));
        const editor = document.querySelector('#id_body');
        editor.focus();
        editor.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(paste, "good")
    expect(page.locator("#id_body")).to_have_value(
        re.compile(r"!\[My diagram\]\(images/my-diagram\.png\)")
    )
    page.keyboard.press("Control+Z")
    assert "![" not in page.input_value("#id_body")


def test_second_editor_resolves_conflict(visit, admin_client):
    term = make_term("Flask", body="Start")
    page = change_page(visit(client=admin_client), term)
    save_text(term, text_of("Flask", body="Theirs"))
    page.fill("#id_body", "Mine")
    page.get_by_role("button", name="Save draft").click()
    page.wait_for_selector("text=while you were editing")
    assert page.input_value("#id_body") == "Mine"
    expect(page.get_by_label("Use mine", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Use theirs", exact=True)).to_be_checked()
    page.fill("#id_description", "And my sentence")
    save(page)
    term.refresh_from_db()
    assert (term.body, term.description) == ("Theirs\n", "And my sentence")


def test_enter_saves_in_the_same_window(visit, admin_client):
    term = make_term("Flask")
    page = change_page(visit(client=admin_client), term)
    page.fill("#id_name", "Quart")
    page.press("#id_name", "Enter")
    expect(page.locator(".messagelist")).to_contain_text("is saved")
    assert len(page.context.pages) == 1
    assert page.url.endswith("/change/")
    assert "term: Quart" in newest(term)


def test_file_preview_opens_in_new_window(visit, admin_client):
    page = change_page(visit(client=admin_client), make_term("Flask"))
    page.fill("#id_name", "Quart")
    page.locator(".edit-more summary").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview the file").click()
    expect(opened.value.locator("ins:has-text('Quart')")).to_have_count(1)


def test_typed_text_survives_closing_the_browser(visit, admin_client):
    term = make_term("Flask")
    page = change_page(visit(client=admin_client), term)
    page.fill("#id_description", "Typed and never saved")
    expect(page.locator("[data-kept]")).to_contain_text("a copy is kept", timeout=15_000)
    page.context.close()  # like a crash of the browser
    page = change_page(visit(client=admin_client), term)
    page.get_by_role("link", name="Continue editing").click()
    expect(page.locator("#id_description")).to_have_value("Typed and never saved")
    save(page)
    assert Term.objects.get().description == "Typed and never saved"


def test_leaving_with_unsaved_changes_asks_for_confirmation(visit, admin_client):
    term = make_term("Flask")
    page = change_page(visit(client=admin_client), term)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="History").click()  # no dialog without changes
    page.wait_for_url("**/history/")
    change_page(page, term)
    page.locator("#id_description").press_sequentially("x")
    page.get_by_role("link", name="History").click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    save(page)
    assert asked == ["beforeunload"]


def test_other_editor_of_the_term_is_shown(visit, admin_client):
    from django.contrib.auth.models import User

    from tests.accounts import logged_in

    term = make_term("Flask")
    ben = logged_in(User.objects.create_superuser("ben", password="x"))
    change_page(visit(client=ben), term).wait_for_timeout(500)
    page = change_page(visit(client=admin_client), term)
    expect(page.locator("[data-others]")).to_contain_text("ben also has this term open.")


def test_selected_passage_is_quoted_in_comment(visit, admin_client):
    term = make_term("Flask", body="It **follows** WSGI.")
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{term.pk}/review/")
    page.evaluate(
        "() => document.getSelection().selectAllChildren("
        "document.querySelector('.term-reading p:last-child'))"
    )
    expect(page.locator("#id_quote")).to_have_value("It follows WSGI.")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#id_comment").press_sequentially("Which version?")
    page.locator(".object-tools a").click(no_wait_after=True)
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]
    # A decision takes the comment along.
    page.get_by_role("button", name="Send for review").click()
    expect(page.locator(".messagelist")).to_contain_text("Your comment was added, too.")
    expect(page.locator(".term-passages mark")).to_contain_text("It **follows** WSGI")
    expect(page.locator(".term-reading mark").first).to_have_text("It")
    page.locator("#id_comment").press_sequentially("And this?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".term-thread")).to_have_count(2)
    assert asked == ["beforeunload"]


def test_home_page_field_finds_or_adds_a_term(visit, admin_client):
    flask = make_term("Flask")
    page = visit(client=admin_client)
    page.goto("/admin/")
    page.get_by_label("Name of a new term").press_sequentially("flask")
    note = page.locator("[data-known]")
    expect(note).to_have_text("A term is known by this name already: Flask")
    page.get_by_label("Name of a new term").fill("flaks")
    expect(note).to_have_text("Is it one of these? Flask")
    expect(note.get_by_role("link")).to_have_attribute(
        "href", f"/admin/terms/term/{flask.pk}/change/"
    )
    page.get_by_label("Name of a new term").fill("Quart")
    expect(page.locator("[data-known]")).to_have_text("")
    page.get_by_role("button", name="New term").click()
    expect(page.locator("#id_name")).to_have_value("Quart")


def test_quality_findings_are_shown_while_typing(visit, admin_client):
    term = make_term("Flask")
    page = change_page(visit(client=admin_client), term)
    checks = page.get_by_role("button", name="Checks")
    expect(checks).to_have_text("Checks")
    checks.click()
    expect(page.locator(".term-better")).to_contain_text("Nothing to improve.")
    page.fill("#id_body", "# A heading")
    finding = page.locator(".term-better li")
    expect(finding).to_contain_text(
        "text, line 1: “A heading” skips a level: write ##.", timeout=15_000
    )
    expect(checks).to_have_text("Checks 1")
    finding.get_by_role("button", name="Fix it").click()
    expect(page.locator("#id_body")).to_have_value("## A heading")
    expect(finding).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.locator("#id_body")).to_have_value("# A heading")
