"""An import by keyboard alone, from the upload to the change set."""

import pytest

from terms.models import Term
from tests.accounts import logged_in
from tests.factory import make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)


def press(page, role, name):
    page.get_by_role(role, name=name).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_import_is_decided_by_keyboard(visit, ann):
    flask = make_term("Flask", body="One.\n\nTwo.")
    text = flask.newest_revision().text
    save_text(flask, text.replace("One.", "Here."))
    files = [
        {"name": name, "mimeType": "text/markdown", "buffer": content.encode()}
        for name, content in (
            ("flask.md", text.replace("One.", "There.")), ("kite.md", text_of("Kite")),
        )
    ]  # fmt: skip
    page = visit(360, client=logged_in(ann))
    page.goto(f"/admin/terms/glossary/{flask.glossary_id}/import/")
    page.get_by_label("Zip archive or term files").set_input_files(files)
    press(page, "button", "Upload and compare")
    assert "1 conflict needs a decision." in page.inner_text("#content-main")
    press(page, "link", "Decide flask.md")
    page.get_by_label("Both, the file’s first").focus()
    page.keyboard.press("Space")
    press(page, "button", "Decide")
    press(page, "link", "Back to the plan")
    press(page, "button", "Refuse kite.md")
    press(page, "button", "Update 1")
    press(page, "link", "Show or undo the change set")
    assert "/changeset/" in page.url
    assert Term.objects.get().body == "There.\nHere.\n\nTwo.\n"
