"""The page of a term and the frame around it, in a browser."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from terms.models import Comment, Notice, Term, Unsaved
from terms.review.comments import comment
from tests.factory import make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def flask():
    make_live("Django")
    return make_live("Flask", body="\n\n".join(f"Passage {n}." for n in range(60)))


def opened(page, term):
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    return page


def shown(page):
    return page.frame_locator(".edit-preview iframe")


# The preview


def test_preview_is_the_page_of_what_is_typed(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    expect(shown(page).locator("h1")).to_contain_text("Flask")
    page.fill("#id_name", "Flask 3")
    page.fill("#id_description", "A framework, as Django.")
    page.fill("#id_body", "Like Django. <script>parent.document.title = 'no'</script>")
    expect(shown(page).locator("h1")).to_contain_text("Flask 3")
    link = shown(page).get_by_role("link", name="Django", exact=True).first
    expect(link).to_have_attribute("target", "_blank")
    assert page.title() != "no"
    with page.context.expect_page() as tab:
        link.click()
    assert tab.value.url.endswith("/glossary/software/full-stack/django/")
    assert page.url.endswith("/change/")


def test_preview_says_what_has_to_be_corrected_and_keeps_the_last_page(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    expect(shown(page).locator("h1")).to_contain_text("Flask")
    page.fill("#id_name", " ")
    expect(page.locator("[data-preview-problem]")).to_have_text("A term needs a name.")
    expect(shown(page).locator("h1")).to_contain_text("Flask")
    page.fill("#id_name", "Quart")
    expect(page.locator("[data-preview-problem]")).to_have_text("")


def test_preview_follows_the_text(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    expect(shown(page).locator("h1")).to_contain_text("Flask")
    place = "document.querySelector('iframe').contentDocument.scrollingElement.scrollTop"
    page.evaluate("document.getElementById('id_body').scrollTop = 10_000")
    for _ in range(100):
        if page.evaluate(place) > 300:
            break
        page.wait_for_timeout(50)
    assert page.evaluate(place) > 300
    page.fill("#id_description", "A framework.")
    expect(shown(page).locator(".definition, .lead").first).to_contain_text("A framework.")
    assert page.evaluate(place) > 300


def test_preview_of_a_new_term_waits_for_its_name(visit, admin_client, flask):
    page = visit(client=admin_client)
    page.goto("/admin/terms/term/add/")
    expect(page.locator("[data-preview-problem]")).to_have_text("")
    page.fill("#id_name", "Quart")
    expect(shown(page).locator("h1")).to_contain_text("Quart")


# Panes


def test_pane_is_remembered(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    expect(page.locator("#id_category")).to_be_hidden()
    page.get_by_role("button", name="Details").click()
    expect(page.locator("#id_category")).to_be_visible()
    expect(page.locator("#id_body")).to_be_visible()
    page.reload()
    expect(page.locator("#id_category")).to_be_visible()


def test_phone_shows_one_pane_and_the_name_first(visit, admin_client, flask):
    page = opened(visit(360, client=admin_client), flask)
    expect(page.locator("#id_name")).to_be_in_viewport()
    expect(page.locator("iframe")).to_be_hidden()
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator("#id_name")).to_be_hidden()
    expect(shown(page).locator("h1")).to_contain_text("Flask")
    page.get_by_role("button", name="Write").click()
    expect(page.locator("#id_name")).to_be_visible()


def test_pane_with_an_error_is_shown(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    page.get_by_role("button", name="Details").click()
    page.locator("#id_review_by").fill("never")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    expect(page.locator("#id_review_by")).to_be_visible()


def test_term_is_written_without_scripts(chromium, live_server, admin_client, flask):
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    session = admin_client.cookies["session"].value
    context.add_cookies([{"name": "session", "value": session, "url": live_server.url}])
    page = opened(context.new_page(), flask)
    page.fill("#id_name", "Flask 3")
    page.fill("#id_icon", "mdi:flask")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".messagelist")).to_contain_text("is live")
    assert Term.objects.get(pk=flask.pk).icon == "mdi:flask"
    page.goto("/admin/")
    page.set_viewport_size({"width": 360, "height": 780})
    page.get_by_role("link", name="Menu").click()
    page.get_by_role("link", name="Schedule").click()
    expect(page.locator("h1")).to_have_text("Schedule")
    context.close()


# Saving


def test_saved_text_is_not_offered_as_unsaved(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    for number in range(3):
        page.fill("#id_description", f"Version {number}.")
        page.wait_for_timeout(3_000 + 500 * number)  # the form is sent every 4 seconds
        page.keyboard.press("Control+s")
        expect(page.locator(".messagelist")).to_contain_text("is saved")
        page.reload()
        expect(page.locator("#id_description")).to_have_value(f"Version {number}.")
        expect(page.get_by_text("You have unsaved changes")).to_have_count(0)
    assert not Unsaved.objects.exists()


def test_first_field_is_near_for_the_keyboard(visit, admin_client, flask):
    page = opened(visit(client=admin_client), flask)
    passed = []
    while len(passed) < 12 and "id_name" not in passed:
        page.keyboard.press("Tab")
        passed.append(page.evaluate("document.activeElement.id"))
    assert passed[-1] == "id_name"


# The frame


def test_search_is_used_by_keyboard(visit, admin_client, flask):
    page = visit(client=admin_client)
    page.goto("/admin/")
    page.keyboard.press("Control+k")
    expect(page.locator("#id_go")).to_be_focused()
    page.keyboard.type("djan")
    options = page.locator(".jump [role=option]")
    expect(options.first).to_contain_text("Django")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#id_name")).to_have_value("Django")
    page.wait_for_load_state()  # keys have no effect until the script is loaded
    page.keyboard.press("Control+k")
    expect(page.locator(".jump")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".jump")).to_have_count(0)


def test_menu_is_a_drawer_on_a_phone(visit, admin_client, flask):
    page = visit(360, client=admin_client)
    page.goto("/admin/")
    side = page.locator("#side")
    expect(side).to_be_hidden()
    page.get_by_role("link", name="Menu").click()
    expect(side).to_be_visible()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    page.get_by_role("link", name="Menu").click()
    page.get_by_role("link", name="Terms", exact=True).click()
    expect(page.locator("h1")).to_have_text("Terms")


def test_bar_of_actions_appears_with_a_selection(visit, admin_client, flask):
    page = visit(client=admin_client)
    page.goto("/admin/terms/term/")
    bar = page.locator(".actions")
    expect(bar).to_be_hidden()
    page.locator("input.action-select").first.check()
    expect(bar).to_be_visible()
    expect(bar).to_be_in_viewport()


def test_filters_close_when_something_else_is_used(visit, admin_client, flask):
    make_term("Draft")
    page = visit(client=admin_client)
    page.goto("/admin/terms/term/")
    page.locator("summary", has_text="Status").click()
    page.locator("a[href$='status=draft']").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    summary = page.locator("summary", has_text="Status")
    expect(summary).to_contain_text("draft")
    summary.click()
    expect(page.locator(".list-filter[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".list-filter[open]")).to_have_count(0)


# The review


def test_wording_is_suggested_for_a_selected_passage_and_used(visit, admin_client, flask):
    User.objects.create_superuser("zoe")
    save_text(flask, text_of("Flask", body="The first passage.\n\nPassage 2.\n"))
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{flask.pk}/review/")
    expect(page.locator(".term-reading ins.changed").first).to_have_text("The first passage")
    page.evaluate(
        "getSelection().selectAllChildren(document.querySelector('.term-reading .changed'))"
    )
    expect(page.locator("#id_quote")).not_to_have_value("")
    page.fill("#id_quote", "first passage")
    page.get_by_text("Suggest a wording").click()
    expect(page.locator("#id_wording")).to_have_value("first passage")
    page.fill("#id_wording", "only passage")
    page.locator("#id_comment").press_sequentially("For @zo")
    page.get_by_role("option", name="zoe").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator("#id_comment")).to_have_value("For @zoe ")
    page.get_by_role("button", name="Comment", exact=True).click()
    page.get_by_role("button", name="Use this wording").click()
    expect(page.get_by_text("used this wording.")).to_be_visible()
    assert Term.objects.get(pk=flask.pk).body.startswith("The only passage.")
    assert Notice.objects.filter(person__username="zoe").exists()


def test_verticals_of_the_category_come_first(visit, admin_client):
    flask = make_live("Flask")
    make_live("Oak", text=text_of("Oak", category="Trees", vertical="Hardwood"))
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{flask.pk}/change/")
    page.get_by_role("button", name="Details").click()
    vertical = page.locator("#id_vertical")
    first = vertical.locator("optgroup").first
    expect(first).to_have_attribute("label", flask.category.name)
    expect(first.locator("option")).to_have_text([flask.vertical.name])
    page.select_option("#id_category", label="Trees")
    expect(first.locator("option")).to_have_text(["Hardwood"])
    expect(vertical).to_have_value(str(flask.vertical_id))


def test_rows_and_categories_are_ordered_by_drag(visit, admin_client):
    term = make_term("Flask", related="One, Two, Three")
    for name in ("Apples", "Pears"):
        make_term(name, text=text_of(name, category=name))
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    page.get_by_role("button", name="Details").click()
    rows = page.locator("#id_related_terms .term-row:not(.term-row-new)")
    rows.nth(2).locator(".drag-handle").drag_to(
        rows.nth(0).locator("input"), target_position={"x": 5, "y": 2}
    )
    names = page.locator("#id_related_terms input[type=text]")
    assert [names.nth(n).input_value() for n in range(3)] == ["Three", "One", "Two"]
    page.goto("/admin/terms/category/")
    rows = page.locator("#result_list tbody tr")
    first, last = rows.first.locator("th").inner_text(), rows.last.locator("th").inner_text()
    rows.last.locator(".drag-handle").drag_to(rows.first, target_position={"x": 5, "y": 2})
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messagelist")).to_be_visible()
    expect(rows.first.locator("th")).to_have_text(last)
    expect(rows.nth(1).locator("th")).to_have_text(first)


def test_saved_text_is_commented_while_writing(visit, admin_client):
    term = make_term("Flask", body="The first passage.")
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    page.evaluate("document.getElementById('id_body').setSelectionRange(4, 17)")
    page.get_by_role("button", name="Comments").click()
    expect(page.locator("#g-quote")).to_have_value("first passage")
    page.fill("#g-words", "Which one?")
    page.fill("#id_body", "Other words.")
    comments = page.locator("[data-pane=comments]")
    comments.get_by_role("button", name="Comment").click()
    expect(comments.get_by_role("status")).to_have_text("Your comment was added.")
    assert page.input_value("#id_body") == "Other words."
    made = Comment.objects.get()
    assert (made.text, made.quote) == ("Which one?", "first passage")
    page.fill("#g-quote", "not in the text")
    page.fill("#g-words", "Lost?")
    comments.get_by_role("button", name="Comment").click()
    expect(comments.get_by_role("status")).not_to_have_text("Your comment was added.")
    expect(comments.get_by_role("status")).not_to_have_text("")
    assert page.input_value("#g-words") == "Lost?"


def test_comment_is_answered_and_resolved_while_writing(visit, admin_client):
    term = make_term("Flask", body="The first passage.")
    made = comment(term, None, "Which one?", "first", guest="Gil")
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    page.fill("#id_body", "Other words.")
    page.get_by_role("button", name="Comments").click()
    thread = page.locator(".term-thread")
    thread.get_by_role("textbox", name="Answer").fill("The second.")
    thread.get_by_role("button", name="Answer").click()
    expect(thread.get_by_role("status")).to_have_text("Your answer was added.")
    thread.get_by_role("button", name="Resolve").click()
    expect(thread.get_by_role("status")).to_have_text("Resolved.")
    assert page.input_value("#id_body") == "Other words."
    made.refresh_from_db()
    assert made.resolved_at
    assert Comment.objects.exclude(pk=made.pk).get().text == "The second."


def test_field_shows_the_side_that_is_chosen_in_a_conflict(visit, admin_client):
    term = make_term("Flask")
    page = visit(client=admin_client)
    page.goto(f"/admin/terms/term/{term.pk}/change/")
    page.fill("#id_description", "Mine, in a sentence.")
    save_text(term, term.newest_revision().text.replace("What Flask is", "Theirs"))
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("#conflict-heading")).to_be_visible()
    field = page.locator("#id_description")
    expect(field).to_have_value("Mine, in a sentence.")
    expect(page.get_by_label("Use mine")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(field).to_have_value("Theirs, in a sentence.")
    page.get_by_label("Use mine").check()
    expect(field).to_have_value("Mine, in a sentence.")
