"""The review page."""

import re

import pytest
from django.contrib.auth.models import Group, User

from terms.changes.change_sets import collect
from terms.models import Category, Comment, Preference, Term
from tests.accounts import logged_in
from tests.admin.forms import address, fields_of, post
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(db):
    return logged_in(User.objects.create_superuser("ben", password="x"))


def page_of(term):
    return f"/admin/terms/term/{term.pk}/review/"


def shown(client, term):
    return client.get(page_of(term)).content.decode()


def act(client, term, do, **values):
    values.setdefault("fingerprint", Term.objects.get(pk=term.pk).fingerprint)
    response = client.post(page_of(term), {"do": do, **values}, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def test_change_is_submitted_approved_and_published(ann, ben):
    term = make_live(author=ann)
    Category.objects.update(approvals_needed=1)
    save_text(term, text_of(body="Better words."), author=ann)
    author = logged_in(ann)
    html = shown(author, term)
    assert "<ins>Better</ins>" in html
    assert "Ask for a review: one person must approve it." in html
    assert 'value="publish">Publish</button>' not in html
    assert 'value="approve"' not in html  # her own change
    assert "A review of “Flask” was requested." in act(author, term, "submit", text="Look!")
    html = shown(ben, term)
    assert "ann asked for a review" in html
    assert "Look!" in html
    assert "You have approved “Flask”" in act(ben, term, "approve")
    assert "ben approved version 2" in shown(author, term)
    assert "“Flask” is live" in act(author, term, "publish")
    assert "This version is published." in shown(author, term)


def test_message_of_an_approval_becomes_a_comment(ann, ben):
    term = make_live(author=ann)
    Category.objects.update(approvals_needed=1)
    save_text(term, text_of(body="Better words."), author=ann)
    assert "Message to the authors" in shown(ben, term)
    act(ben, term, "approve", text=" Well said. ")
    assert term.comments.get().text == "Well said."


def test_failed_action_keeps_typed_text(ann, ben):
    term = make_term(author=ann)
    act(logged_in(ann), term, "submit")
    html = act(ben, term, "changes", text="")
    assert "Describe the changes" in html
    html = act(ben, term, "comment", text="My long remark", quote="not in the text")
    assert "is not in the current text" in html
    assert "My long remark</textarea>" in html
    assert 'value="not in the text"' in html
    assert "was returned to its authors" in act(ben, term, "changes", text="Shorter, please.")
    assert "Shorter, please." in shown(logged_in(ann), term)


def test_comments_are_marked_in_text_and_resolved(ann, ben):
    term = make_term(body="It <b>follows</b> WSGI & more.", author=ann)
    act(ben, term, "comment", text="<script>alert(1)</script>", quote="WSGI & more")
    html = shown(ben, term)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<mark>WSGI &amp; more<sup>" in html
    thread = term.comments.get().pk
    act(logged_in(ann), term, "comment", text="Which one?", thread=thread)
    assert "Which one?" in shown(ben, term)
    act(ben, term, "resolve", thread=thread)
    html = shown(ben, term)
    assert "Resolved by ben." in html
    assert "<mark>" not in html
    act(ben, term, "reopen", thread=thread)
    assert "<mark>" in shown(ben, term)
    for number in ("0", "x", "9" * 30, "-1", "٣", ""):
        assert "no longer exists" in act(ben, term, "resolve", thread=number)
    assert "no longer exists" in act(ben, term, "resolve")


def test_review_shows_rendered_text(ann, ben):
    term = make_term(body="It **follows** WSGI.\n\n<script>alert(1)</script>", author=ann)
    reading = shown(ben, term).split('class="term-reading', 1)[1].split("</section>", 1)[0]
    assert "It <strong>follows</strong> WSGI." in reading
    assert term.description in reading
    assert "<script" not in reading
    make_live("Long", path="long.md", author=ann)
    save_text(term, text_of(body="x" * 100_001), author=ann)
    assert "at most 100,000 can be published" in shown(ben, term)


def test_open_comments_and_change_sets_are_shown(ann, ben):
    term = make_live(author=ann)
    save_text(term, text_of(body="Better words."), author=ann)
    html = shown(ben, term)
    assert "comment is open" not in html
    assert "Part of the change set" not in html
    act(ben, term, "comment", text="Why?")
    act(ben, term, "comment", text="And how?")
    assert "2 comments are open" in shown(ben, term)
    act(ben, term, "resolve", thread=term.comments.first().pk)
    assert "1 comment is open" in shown(ben, term)
    made = collect(term.glossary, [term], "A <b>set</b>", ann)
    html = shown(ben, term)
    assert (
        f'<a href="/admin/terms/changeset/{made.pk}/change/">A &lt;b&gt;set&lt;/b&gt;</a>' in html
    )
    act(ben, term, "publish")
    assert "Part of the change set" not in shown(ben, term)


def test_overlapping_passages_are_each_marked(ann):
    term = make_term(body="one two three four")
    client = logged_in(ann)
    act(client, term, "comment", text="x", quote="one two three")
    act(client, term, "comment", text="y", quote="two three four")
    html = shown(client, term)
    assert html.count("<mark>") == 3
    assert html.count('href="#thread-1"') == 2
    assert html.count('href="#thread-2"') == 2


def test_form_offers_review_if_approval_is_needed(ann):
    client = logged_in(ann)
    term = make_term(author=ann)
    assert 'name="_publish"' in client.get(address(term)).content.decode()
    Category.objects.update(approvals_needed=1)
    html = client.get(address(term)).content.decode()
    assert 'name="_publish"' not in html
    assert "one person must approve it." in html
    response = post(client, term, _review="1", description="New words", reason="Look at it.")
    assert response.url == page_of(term)
    assert Term.objects.get().description == "New words"
    assert term.reviews.open().get().note == "Look at it."
    response = post(client, term, _review="1", description="Newer words")
    assert "is saved. A review was already requested." in client.get(response.url).content.decode()
    response = post(client, term, _publish="1")  # a forged field
    assert not Term.objects.live().exists()


def test_new_term_is_saved_and_submitted_in_one_step(roles):
    def client_of(role):
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        return logged_in(user)

    author = client_of("Author")
    glossary = default_glossary()
    add = "/admin/terms/term/add/"
    assert 'name="_review"' in author.get(add).content.decode()
    typed = {"name": "Quart", "glossary": glossary.pk, "body": "Words.", "_review": "1"}
    response = author.post(add, fields_of(author.get(add)) | typed)
    term = Term.objects.get()
    assert response.url == page_of(term)
    assert term.reviews.open().count() == 1
    publisher = client_of("Publisher")
    assert 'name="_review"' not in publisher.get(add).content.decode()
    Category.objects.create(glossary=glossary, name="S", slug="s", approvals_needed=1)
    assert 'name="_review"' in publisher.get(add).content.decode()


def test_list_shows_and_filters_review_status(ann, ben):
    Category.objects.create(glossary=make_live("Live", author=ann).glossary, name="S", slug="s",
                            approvals_needed=2)  # fmt: skip
    term = make_term("Asked", category="S", author=ann)
    act(logged_in(ann), term, "submit")
    act(ben, term, "approve")
    html = ben.get("/admin/terms/term/").content.decode()
    assert "in review, 1 of 2" in html
    listed = ben.get("/admin/terms/term/?status=review").content.decode()
    assert ">Asked</a>" in listed
    assert ">Live</a>" not in listed


def test_users_choose_when_to_get_mail(ann):
    client = logged_in(ann)
    html = client.get("/admin/terms/term/preferences/").content.decode()
    assert 'value="now"' in html
    client.post("/admin/terms/term/preferences/", {"mail": "daily"})
    assert Preference.objects.get(person=ann).mail == "daily"
    assert client.post("/admin/terms/term/preferences/", {"mail": "x"}).status_code == 200
    assert Preference.objects.get(person=ann).mail == "daily"


# Comments beside the text


def test_open_comments_are_shown_while_writing(admin, ann):
    term = make_live("Flask", body="A small tool for the web.", author=ann)
    form = f"/admin/terms/term/{term.pk}/change/"
    assert "term-thread" not in admin.get(form).content.decode()
    act(admin, term, "comment", text="Done?", quote="web")
    act(admin, term, "comment", text="Too <small>?", quote="small tool")
    act(admin, term, "comment", quote="for the web", wording="for sites")
    act(admin, term, "resolve", thread=Comment.objects.first().pk)
    page = admin.get(form).content.decode()
    pane = page.partition('data-pane="comments"')[2].partition("</section>")[0]
    assert "Too &lt;small&gt;?" in pane
    assert "<ins>" in pane
    assert "Done?" not in pane
    for number in re.findall(r"#thread-(\d+)", pane):
        assert f'id="thread-{number}"' in shown(admin, term)


# Suggested wordings


def test_suggested_wording_is_used_with_one_click(admin, ann):
    term = make_live("Flask", body="A small tool for the web.", author=ann)
    values = {"quote": "small tool", "wording": "light <framework>", "text": ""}
    page = act(admin, term, "comment", **values)
    assert "Your suggestion was added." in page
    assert "&lt;framework" in page
    assert "<framework>" not in page
    thread = Comment.objects.get().pk
    page = act(logged_in(ann), term, "use", thread=thread)
    assert "The suggested wording is in the text now." in page
    assert "ann used this wording." in page
    assert Term.objects.get(pk=term.pk).body == "A light <framework> for the web.\n"
    assert "no longer open" in act(admin, term, "use", thread=thread)


# The text as readers see it


def test_changes_are_marked_in_the_rendered_text(admin):
    term = make_live("Flask", body="A small tool.\n\n- first\n")
    save_text(term, text_of("Flask", body="A small library.\n\n- first\n- second\n"))
    page = shown(admin, term)
    assert '<del class="changed">tool</del> <ins class="changed">library</ins>.' in page
    assert '<li><ins class="changed">second</ins></li>' in page
    after = admin.get(f"{page_of(term)}?show=after").content.decode()
    assert "<p>A small library.</p>" in after
    before = admin.get(f"{page_of(term)}?show=before").content.decode()
    assert "<p>A small tool.</p>" in before
    assert 'class="changed"' not in before + after


def test_published_text_has_nothing_to_compare(admin):
    term = make_live("Flask", body="A small tool.")
    page = admin.get(f"{page_of(term)}?show=before").content.decode()
    assert "<p>A small tool.</p>" in page
    assert "?show=" not in page


def test_comment_that_was_not_sent_goes_with_the_decision(ann, ben):
    term = make_term(author=ann, body="The first passage.")
    act(logged_in(ann), term, "submit")
    unsent = {"unsent-quote": "first passage", "unsent-text": "Which?", "unsent-wording": "one"}
    page = act(ben, term, "changes", text="See my comment", **unsent)
    assert "Your comment was added, too." in page
    made = Comment.objects.get()
    assert (made.text, made.quote, made.wording) == ("Which?", "first passage", "one")
    act(logged_in(ann), term, "submit", **{"unsent-text": " ", "unsent-wording": ""})
    assert Comment.objects.count() == 1


def test_source_is_shown_in_place_of_the_rendered_text(ann, ben):
    term = make_live(author=ann)
    save_text(term, text_of(body="Some **bold** words."), author=ann)
    page = ben.get(page_of(term) + "?show=source").content.decode()
    reading = page.partition('id="g-reading"')[2].partition("</section>")[0]
    assert "Some **bold** words." in reading
    assert "<strong>bold</strong>" not in reading
    assert '<a href="?show=source#g-reading" aria-current="true">Source</a>' in reading
