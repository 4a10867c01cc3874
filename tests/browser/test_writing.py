"""Keyboard shortcuts for formatting, names after [[, saving and navigation between terms."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from terms.models import Term
from tests.factory import make_term

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def form(visit, admin_client):
    """The open form of Flask, between Django and Quart in the list."""
    for name in ("Django", "Flask", "Quart", "Flask Extension"):
        make_term(name, body="word")
    page = visit(client=admin_client)
    term = Term.objects.get(name="Flask")
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    page.wait_for_selector("markdown-toolbar:defined")
    return page


def body(page):
    return page.input_value("#id_body")


def test_two_brackets_suggest_names(form):
    form.focus("#id_body")
    form.keyboard.press("Control+Home")
    form.keyboard.type("See [[flask ex")
    options = form.locator(".choices li")
    expect(options).to_have_text(["Flask Extension"])
    form.keyboard.press("Enter")
    assert body(form).startswith("See Flask Extensionword")
    expect(options).to_have_count(0)
    preview = form.frame_locator(".edit-preview iframe")
    expect(preview.locator(".body")).to_contain_text("See Flask Extensionword")
    form.keyboard.press("Control+z")
    assert body(form).startswith("See [[flask exword")
    form.keyboard.type("[[zzz")
    form.keyboard.press("Enter")
    assert "[[zzz\n" in body(form)
    form.keyboard.type("[[dja")
    expect(options).to_have_text(["Django"])
    form.keyboard.press("Escape")
    expect(options).to_have_count(0)


def test_list_of_names_is_at_the_cursor(form):
    form.fill("#id_body", "")
    form.locator("#id_body").press_sequentially("See [[dja")
    list_of_names = form.locator(".choices")
    expect(list_of_names).to_be_visible()
    text, names = form.locator("#id_body").bounding_box(), list_of_names.bounding_box()
    assert 30 < names["x"] - text["x"] < 80  # below the brackets
    assert 15 < names["y"] - text["y"] < 60


def test_enter_chooses_while_the_next_answer_is_on_its_way(form):
    form.focus("#id_body")
    form.keyboard.press("Control+Home")
    form.keyboard.type("[[dj")
    expect(form.locator(".choices li")).to_have_text(["Django"])
    held = []
    form.route("**/suggest/?q=*", lambda route: held.append(route))
    form.keyboard.type("a")
    form.keyboard.press("Enter")
    assert body(form).startswith("Djangoword")
    assert held
    for route in held:
        route.continue_()
    expect(form.locator(".choices li")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1280])
def test_suggested_names_are_not_clipped(form, width):
    form.set_viewport_size({"width": width, "height": 800})
    room = form.locator("#id_body").bounding_box()["width"]
    form.fill("#id_body", "x" * round(room / 8.5 - 12) + " ")
    form.locator("#id_body").press_sequentially("[[flask")
    names = form.locator(".choices")
    expect(names).to_be_visible()
    box = names.bounding_box()
    assert box["x"] + box["width"] <= width
    last = form.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.choices') !== null",
        [box["x"] + box["width"] - 4, box["y"] + 12],
    )
    assert last


def test_toolbar_works_with_keys(form):
    form.focus("#id_body")
    form.keyboard.press("Control+Home")
    form.keyboard.press("Shift+Control+ArrowRight")
    form.keyboard.press("Control+b")
    assert body(form) == "**word**\n"
    form.keyboard.press("Control+z")
    assert body(form) == "word\n"
    form.get_by_role("button", name="Section", exact=True).click()
    assert body(form) == "## word\n"
    form.get_by_role("button", name="Bold").focus()
    form.keyboard.press("ArrowRight")
    expect(form.get_by_role("button", name="Italic")).to_be_focused()


def test_heading_button_changes_whole_line(form):
    form.fill("#id_body", "First line\n\nHow it works")
    form.focus("#id_body")
    form.keyboard.press("Control+End")
    section = form.get_by_role("button", name="Section", exact=True)
    section.click()
    assert body(form) == "First line\n\n## How it works"
    form.keyboard.type("!")
    form.get_by_role("button", name="Section within a section").click()
    assert body(form) == "First line\n\n### How it works!"
    section.click()
    section.click()
    assert body(form) == "First line\n\nHow it works!"


def test_formatting_key_steps_over_closing_mark(form):
    form.fill("#id_body", "")
    form.focus("#id_body")
    form.keyboard.type("A ")
    form.keyboard.press("Control+b")
    form.keyboard.type("bold")
    form.keyboard.press("Control+b")
    form.keyboard.type(" and ")
    form.keyboard.press("Control+i")
    form.keyboard.type("slanted")
    form.get_by_role("button", name="Italic").click()
    form.keyboard.type(" word")
    assert body(form) == "A **bold** and _slanted_ word"
    form.keyboard.press("Control+b")
    form.keyboard.press("Control+b")
    assert body(form) == "A **bold** and _slanted_ word"


def test_table_note_and_term_are_inserted(form):
    form.fill("#id_body", "Words.")
    form.focus("#id_body")
    form.keyboard.press("Control+End")
    form.get_by_role("button", name="Note").click()
    form.keyboard.type("The source.")
    assert body(form) == "Words.[^1]\n\n[^1]: The source.\n"
    form.get_by_role("button", name="Table").click()
    assert "| Name | Meaning |" in body(form)
    form.fill("#id_body", "")
    form.get_by_role("button", name="Link to a term").click()
    form.keyboard.type("dja")
    expect(form.locator(".choices li")).to_have_text(["Django"])
    form.keyboard.press("Enter")
    assert body(form) == "Django"


def test_chosen_picture_is_described(form, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, "PNG")
    form.fill("#id_body", "")
    form.get_by_role("button", name="Picture").click()
    expect(form.get_by_role("dialog")).to_contain_text("There are no pictures yet.")
    with form.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Upload…").click()
    file = {"name": "chart one.png", "mimeType": "image/png", "buffer": out.getvalue()}
    chooser.value.set_files(file)
    message = form.locator(".term-markdown-message")
    expect(message).to_contain_text("Describe the picture")
    form.keyboard.type("A red square")
    assert body(form) == "![A red square](images/chart-one.png)"
    expect(message).to_have_text("")
    form.keyboard.press("Control+End")
    form.get_by_role("button", name="Picture").click()
    form.get_by_label("Search pictures").fill("chart")
    form.get_by_role("button", name="Insert images/chart-one.png").click()
    form.keyboard.type("Again")
    assert body(form).endswith("![Again](images/chart-one.png)")


def test_form_is_saved_by_key(form):
    form.fill("#id_body", "New words.")
    form.keyboard.press("Control+s")
    expect(form.locator(".messagelist")).to_contain_text("is saved")
    assert Term.objects.get(name="Flask").body.strip() == "New words."
    form.fill("#id_body", "Newer words.")
    form.keyboard.press("Control+Enter")
    form.wait_for_url("**/admin/terms/term/")
    assert Term.objects.get(name="Flask").body.strip() == "Newer words."


def test_keys_move_between_terms(form):
    def arrived(name):
        expect(form.locator("#id_name")).to_have_value(name)
        form.wait_for_load_state()  # keys have no effect until the script is loaded

    form.keyboard.press("Alt+,")
    arrived("Django")
    assert form.locator("a[rel=prev]").count() == 0
    form.keyboard.press("Alt+.")
    arrived("Flask")
    form.keyboard.press("Alt+/")
    form.keyboard.type("quart")
    expect(form.locator(".jump [aria-selected]")).to_contain_text("Quart")
    form.keyboard.press("Enter")
    arrived("Quart")


def test_cursor_stays_in_the_text_after_saving(visit, admin_client):
    term = make_term("Flask", body="One line.\n\n" * 80)
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    body = page.locator("#id_body")
    body.focus()
    body.evaluate("field => { field.setSelectionRange(600, 600); field.scrollTop = 500; }")
    page.keyboard.type("New ")
    with page.expect_navigation():
        page.keyboard.press("Control+s")
    expect(body).to_be_focused()
    assert body.evaluate("field => field.selectionStart") == 604
    assert body.evaluate("field => field.scrollTop") > 300
    page.reload()
    expect(body).not_to_be_focused()
