"""The frame of the admin: menu, search from everywhere, home, reports, settings."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from terms.changes.removals import approve_removal, ask
from terms.models import Category, Display, Event, Glossary, Grant, Preference, Term
from terms.people.audit_log import record
from terms.review.requests import approve, request_changes, submit
from tests.accounts import logged_in
from tests.admin.forms import NO_GRANTS
from tests.factory import default_glossary, make_live, make_term

pytestmark = pytest.mark.django_db
JUMP = "/admin/terms/term/jump/"


def html(response):
    return response.content.decode()


def side_of(client, address="/admin/"):
    return html(client.get(address)).partition('id="side"')[2].partition("</nav>")[0]


def jump(client, words=""):
    """Return the groups of a search: title → titles of the items."""
    groups = client.get(JUMP, {"q": words}).json()["groups"]
    return {group["title"]: [item["title"] for item in group["items"]] for group in groups}


def person(name):
    user = User.objects.create_user(name, is_staff=True)
    return logged_in(user), user


def member_of(role):
    client, user = person(role.lower())
    user.groups.add(Group.objects.get(name=role))
    return client, user


# The menu


def test_menu_marks_the_current_page(admin):
    term = make_term("Flask")
    for address, current in (
        ("/admin/", "Home"),
        ("/admin/terms/term/", "Terms"),
        (f"/admin/terms/term/{term.pk}/change/", "Terms"),
        ("/admin/terms/term/schedule/", "Schedule"),
        ("/admin/settings/", "Settings"),
    ):
        side = side_of(admin, address)
        assert side.count('aria-current="page"') == 1
        marked = side.partition('aria-current="page"')[2].partition("</a>")[0]
        assert current in marked


def test_menu_has_what_the_role_needs(roles):
    author, _ = member_of("Author")
    side = side_of(author)
    assert "Reviews" in side
    assert "Trash" not in side
    assert "Settings" not in side
    assert author.get("/admin/settings/").status_code == 200


def test_menu_counts_the_reviews_that_wait_for_the_person(roles):
    writer, ann = member_of("Author")
    reviewer, _ = member_of("Reviewer")
    submit(make_term("Flask", author=ann), ann)
    assert '<b class="side-count">1</b>' in side_of(reviewer)
    assert "side-count" not in side_of(writer)


def test_glossary_is_chosen_for_lists_home_and_new_terms(admin):
    make_term("Flask")
    assert "bar-switch" not in html(admin.get("/admin/"))
    other = Glossary.objects.create(slug="other", name="Other words")
    make_term("Oak", glossary=other)
    assert "All glossaries" in html(admin.get("/admin/"))
    way = "/admin/terms/category/"
    sent = {"glossary": other.pk, "next": way}
    assert admin.post("/admin/terms/term/switch/", sent)["Location"] == way
    for address in ("/admin/terms/term/", "/admin/", "/admin/terms/term/work/drafts/"):
        page = html(admin.get(address))
        assert ("Oak" in page, "Flask" in page) == (True, False), address
    page = html(admin.get("/admin/terms/term/"))
    assert "list-filter" in page
    assert "By glossary" not in page
    assert f"?glossary__id__exact={other.pk}" not in page
    page = html(admin.get(f"/admin/terms/term/?glossary__id__exact={default_glossary().pk}"))
    assert "Flask" in page
    page = html(admin.get("/admin/terms/term/add/"))
    assert f'<option value="{other.pk}" selected>' in page
    assert other.pk == Term.objects.get(name="Oak").glossary_id
    admin.post("/admin/terms/term/switch/", {"glossary": ""})
    assert "Flask" in html(admin.get("/admin/terms/term/"))


@pytest.mark.parametrize("way", ["", "//evil.example/", "https://evil.example/", "javascript:x"])
def test_switch_goes_back_to_pages_of_this_site_only(admin, way):
    response = admin.post("/admin/terms/term/switch/", {"glossary": "x", "next": way})
    assert response["Location"] == "/admin/"


def test_glossary_of_others_cannot_be_chosen(roles):
    mine, theirs = default_glossary(), Glossary.objects.create(slug="other", name="Other")
    ann = User.objects.create_user("ann", is_staff=True)
    Grant.objects.create(user=ann, role=Group.objects.get(name="Author"), glossary=mine)
    client = logged_in(ann)
    client.post("/admin/terms/term/switch/", {"glossary": theirs.pk})
    assert Display.objects.get().glossary is None


# Lists


def test_columns_are_chosen_by_each_person(admin):
    make_term("Flask", path="web/flask.md")
    page = html(admin.get("/admin/terms/term/"))
    assert "column-vertical" in page
    assert "web/flask.md" not in page
    sent = {"list": "term", "columns": "1", "column": ["path", "state"], "next": "/x/"}
    assert admin.post("/admin/terms/term/lists/", sent)["Location"] == "/x/"
    page = html(admin.get("/admin/terms/term/"))
    assert "column-vertical" not in page
    assert "web/flask.md" in page
    other = logged_in(User.objects.create_superuser("zoe"))
    assert "column-vertical" in html(other.get("/admin/terms/term/"))


def test_filter_is_saved_used_and_forgotten(admin):
    make_term("Flask")
    page = html(admin.get("/admin/terms/term/?status=draft&p=1"))
    assert 'name="query" value="status=draft"' in page
    sent = {"list": "term", "query": "status=draft&o=1", "title": " My drafts "}
    admin.post("/admin/terms/term/lists/", sent)
    admin.post("/admin/terms/term/lists/", {**sent, "query": "q=flask", "title": "Flasks"})
    page = html(admin.get("/admin/terms/term/?status=draft"))
    assert '<a href="?status=draft" aria-current="true">My drafts</a>' in page
    assert '<a href="?q=flask">Flasks</a>' in page
    admin.post("/admin/terms/term/lists/", {"list": "term", "forget": "My drafts"})
    assert "My drafts" not in html(admin.get("/admin/terms/term/"))


def test_saved_filters_are_bounded(admin):
    for number in range(25):
        sent = {"list": "category", "query": f"q={number}" + "x" * 2000, "title": f"{number}" * 99}
        admin.post("/admin/terms/term/lists/", sent)
    filters = Display.objects.get().lists["category"]["filters"]
    assert len(filters) == 20
    assert all(len(title) <= 60 and len(query) <= 1000 for title, query in filters)
    admin.post("/admin/terms/term/lists/", {"list": "nothing", "query": "x", "title": "x"})
    assert "nothing" not in Display.objects.get().lists


@pytest.mark.parametrize(
    "name",
    [
        "terms/category",
        "terms/picture",
        "terms/event",
        "terms/changeset",
        "auth/user",
        "auth/group",
    ],
)
def test_every_list_has_columns_to_choose(admin, name):
    make_term("Flask")
    page = html(admin.get(f"/admin/{name}/"))
    assert "list-columns" in page
    model = name.partition("/")[2]
    admin.post("/admin/terms/term/lists/", {"list": model, "columns": "1"})
    assert admin.get(f"/admin/{name}/").status_code == 200


def test_pages_are_called_after_what_they_show(admin):
    term = make_term("Flask")
    for address, title in (
        ("/admin/terms/term/", "<h1>Terms</h1>"),
        (f"/admin/terms/term/{term.pk}/change/", "<h1>Flask</h1>"),
        ("/admin/terms/term/add/", "<h1>New term</h1>"),
        ("/admin/terms/category/", "<h1>Categories</h1>"),
    ):
        assert title in html(admin.get(address))


def test_list_of_models_is_the_page_of_settings(admin):
    page = html(admin.get("/admin/terms/", follow=True))
    assert "<h1>Settings</h1>" in page
    assert "Pictures</a>" not in page.partition("<h1>")[2].partition("</main>")[0]
    for title in ("Glossaries", "Categories", "Accounts", "Log"):
        assert f">{title}</a>" in page


# Search from everywhere


def test_search_without_words_lists_pages_and_actions(admin):
    found = jump(admin)
    assert found["Pages"][:3] == ["Home", "Terms", "Reviews"]
    assert found["Actions"] == ["New term", "Notices", "Preferences", "Jobs", "Keys", "Help"]
    assert "Terms" not in found


def test_search_finds_terms_pages_settings_and_offers_a_new_term(admin):
    make_live("Flask")
    make_term("Flask extension")
    make_term("Django", body="Like Flask.")
    found = jump(admin, "flask")
    assert found["Terms"] == ["Flask", "Flask extension"]
    assert found["Actions"] == ["New term “flask”"]
    assert jump(admin, "categ")["Pages"] == ["Categories"]
    items = admin.get(JUMP, {"q": "flask"}).json()["groups"][0]["items"]
    assert [item["detail"] for item in items] == ["live", "draft"]
    assert items[0]["address"] == reverse(
        "admin:terms_term_change", args=[Term.objects.get(name="Flask").pk]
    )


def test_search_finds_words_of_the_text_if_no_name_has_them(admin):
    make_live("Django", body="It has migrations.")
    assert jump(admin, "migrations")["Terms"] == ["Django"]


@pytest.mark.parametrize("words", ["\0", "x" * 5_000, "%", "<b>", "  "])
def test_search_takes_any_text(admin, words):
    assert admin.get(JUMP, {"q": words}).status_code == 200


def test_search_shows_only_what_the_person_may_open(roles):
    make_term("Flask")
    stranger, _ = person("stranger")
    assert "Terms" not in jump(stranger, "flask")
    assert jump(stranger)["Pages"] == ["Home"]
    author, _ = member_of("Author")
    assert "Terms" in jump(author, "flask")
    assert "Pages" not in jump(author, "webhooks")


def cost_with_more_terms(open_page):
    """Return the number of queries with 3 terms, and with 23."""

    def queries():
        with CaptureQueriesContext(connection) as found:
            open_page()
        return len(found)

    for number in range(3):
        make_term(f"Term 2{number}")
    queries()
    before = queries()
    for number in range(20):
        make_term(f"Term 1{number}")
    return before, queries()


def test_search_costs_the_same_for_any_number_of_terms(admin):
    before, after = cost_with_more_terms(lambda: jump(admin, "term"))
    assert after <= before


# Home


def test_home_shows_what_waits_for_the_person(roles):
    author, ann = member_of("Author")
    publisher, bob = member_of("Publisher")
    sent_back, asked = make_term("Flask", author=ann), make_term("Django", author=ann)
    submit(sent_back, ann)
    request_changes(sent_back, bob, "Name the version.")
    submit(asked, ann)

    page = html(author.get("/admin/"))
    assert "publisher asks for changes: Name the version." in page
    assert "Edit: Flask" in page
    assert "waits for your approval" not in page
    assert "Django" in page.partition("Your terms")[2]

    page = html(publisher.get("/admin/"))
    assert ">Django</a> waits for your approval" in page
    assert "asks for changes" not in page
    approve(asked, bob, asked.fingerprint)
    page = html(publisher.get("/admin/"))
    assert "waits for your approval" not in page


def test_text_that_was_submitted_again_is_not_sent_back(roles):
    author, ann = member_of("Author")
    _, bob = member_of("Publisher")
    term = make_term("Flask", author=ann)
    submit(term, ann)
    request_changes(term, bob, "Name the version.")
    submit(term, ann)
    assert "asks for changes" not in html(author.get("/admin/"))


def test_home_groups_what_others_did(admin):
    names = ["Flask", "Django", "WSGI", "CSS", "HTML"]
    terms = [(make_term(name).pk, name) for name in names]
    Event.objects.all().delete()
    record(default_glossary(), Event.Kind.PUBLISHED, terms)
    recent = html(admin.get("/admin/")).partition("What others did")[2].partition("</ul>")[0]
    assert recent.count("<li>") == 1
    assert "A command published" in recent
    assert "and 2 more" in recent


def test_first_steps_end_when_all_are_done(roles):
    author, ann = member_of("Author")
    page = html(author.get("/admin/"))
    assert page.partition("home-steps")[2].partition("</ol>")[0].count("<li>") == 4
    term = make_term("Flask")
    for kind in ("saved", "submitted", "commented"):
        record(default_glossary(), kind, [(term.pk, "Flask")], ann)
    page = html(author.get("/admin/"))
    assert page.partition("home-steps")[2].partition("</ol>")[0].count("<li>") == 1
    Preference.objects.create(person=ann)
    assert "First steps" not in html(author.get("/admin/"))


def test_home_of_a_person_without_a_role_says_so():
    client, _ = person("stranger")
    assert "You have no role in any glossary yet." in html(client.get("/admin/"))


def test_home_costs_the_same_for_any_number_of_terms(admin):
    before, after = cost_with_more_terms(lambda: admin.get("/admin/"))
    assert after <= before <= 30


# Lists


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("terms/term/", "There are no terms yet."),
        ("terms/picture/", "No pictures yet"),
        ("terms/changeset/", "makes the first one"),
        ("terms/category/", "There is nothing here yet."),
    ],
)
def test_empty_list_says_how_to_fill_it(admin, page, words):
    assert words in html(admin.get(f"/admin/{page}"))


def test_list_without_matches_says_so(admin):
    make_term("Flask")
    page = html(admin.get("/admin/terms/term/?q=quart"))
    assert "Nothing matches." in page
    assert "There are no terms yet" not in page


# Accounts


def test_page_of_an_account_shows_no_password_technique(admin):
    ann = User.objects.create_user("ann", password="a-long-passphrase")
    page = html(admin.get(f"/admin/auth/user/{ann.pk}/change/"))
    assert "../password/" in page
    assert "May use the admin" in page
    for word in ("algorithm", "pbkdf2", "Staff status", "Superuser"):
        assert word not in page


def test_new_account_goes_back_to_the_list(admin, roles):
    passphrase = "kite-over-the-lake"
    values = {"username": "ben", "password1": passphrase, "password2": passphrase}
    values |= {"groups": [Group.objects.get(name="Author").pk], **NO_GRANTS}
    done = admin.post("/admin/auth/user/add/", values)
    assert done["Location"] == "/admin/auth/user/"
    ben = User.objects.get(username="ben")
    assert (ben.is_staff, ben.groups.get().name) == (True, "Author")
    assert ben.check_password(passphrase)


# Weight


def test_scripts_of_the_admin_stay_small():
    scripts = Path(finders.find("terms/admin.js")).parent.rglob("*.js")
    for_editors = [file for file in scripts if file.name not in ("site.js", "offline.js")]
    assert sum(file.stat().st_size for file in for_editors) < 60_000


def test_approved_removal_waits_at_home(admin):
    term = make_live("Flask")
    Category.objects.update(approvals_needed=1)
    eve = User.objects.create_superuser("eve")
    asked = ask(term, "delete", eve)
    assert "Delete “flask”" not in html(admin.get("/admin/")).replace("Flask", "flask")
    approve_removal(asked, User.objects.create_superuser("bob"))
    page = html(admin.get("/admin/"))
    assert "Delete Flask</a> is approved" in page
    assert f"/admin/terms/term/{term.pk}/review/" in page


def test_search_finds_settings_before_terms_with_the_word(admin):
    make_term("Idempotence", body="Nothing about settings.")
    groups = jump(admin, "settings")
    assert next(iter(groups)) == "Pages"
    assert "Settings" in groups["Pages"]
    make_term("Settings file")
    assert next(iter(jump(admin, "settings"))) == "Terms"
