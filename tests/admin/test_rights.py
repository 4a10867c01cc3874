"""Permissions of every address, for every role and HTTP method."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver

from terms.models import (
    Category,
    ChangeSet,
    Event,
    Glossary,
    Grant,
    Job,
    Pattern,
    Picture,
    PublishedTerm,
    Repository,
    SearchMiss,
    Term,
    Vertical,
    Webhook,
)
from tests.accounts import logged_in
from tests.admin.forms import NO_GRANTS, fields_of
from tests.factory import default_glossary, make_live, make_term, text_of

pytestmark = pytest.mark.django_db

ROLES = ["Author", "Reviewer", "Publisher", "Administrator"]
PEOPLE = ["anonymous", "nobody", *ROLES, "superuser", "no one at all"]
# The lowest role with access. Each role includes the one before it.
ALL, STAFF, AUTHOR, REVIEWER, PUBLISHER, ADMINISTRATOR, SUPER, NEVER = PEOPLE

TERM, GLOSSARY = "admin/terms/term/", "admin/terms/glossary/"
# Route → roles for GET and POST; None if the method is not allowed (405).
ADDRESSES = {
    "": (ALL, None),
    "<page:path>": (ALL, None),
    "<slug:glossary>/search": (ALL, None),
    "<slug:glossary>/suggest": (ALL, None),
    "<slug:glossary>/suggestion": (ALL, ALL),
    r"^media/(?P<path>[\w./-]{1,200})$": (ALL, None),
    "hooks/git/<slug:glossary>": (None, NEVER),  # only with a signature
    "preview/<str:token>/": (ALL, ALL),
    "preview/<str:token>/<page:path>": (ALL, None),
    "admin/": (STAFF, STAFF),
    "admin": (ALL, ALL),  # redirects to ``admin/``
    ".well-known/security.txt": (ALL, None),
    "admin/login/": (ALL, ALL),
    "admin/logout/": (ALL, ALL),
    "admin/password_change/": (STAFF, STAFF),
    "admin/password_change/done/": (STAFF, STAFF),
    "admin/autocomplete/": (NEVER, None),
    "admin/jsi18n/": (STAFF, STAFF),
    "admin/r/<path:content_type_id>/<path:object_id>/": (STAFF, STAFF),
    r"admin/^(?P<app_label>auth|terms)/$": (STAFF, STAFF),
    r"admin/(?P<url>.*)$": (STAFF, STAFF),
    TERM: (AUTHOR, AUTHOR),
    TERM + "add/": (AUTHOR, AUTHOR),
    TERM + "<path:object_id>/history/": (AUTHOR, AUTHOR),
    TERM + "<path:object_id>/delete/": (PUBLISHER, PUBLISHER),
    TERM + "<path:object_id>/change/": (AUTHOR, AUTHOR),
    TERM + "<path:object_id>/": (STAFF, STAFF),
    TERM + "preview/": (None, AUTHOR),
    TERM + "upload/": (None, AUTHOR),
    TERM + "suggest/": (AUTHOR, None),
    TERM + "pictures/": (AUTHOR, None),
    TERM + "icons/": (AUTHOR, None),
    TERM + "people/": (AUTHOR, None),
    TERM + "add/file/": (None, AUTHOR),
    TERM + "<int:pk>/file/": (AUTHOR, None),
    TERM + "<int:pk>/links/": (AUTHOR, AUTHOR),
    TERM + "<int:pk>/refactor/": (PUBLISHER, PUBLISHER),
    TERM + "<int:pk>/review/": (AUTHOR, AUTHOR),
    TERM + "<int:pk>/file/unsaved/": (None, AUTHOR),
    TERM + "<int:pk>/file/download/": (AUTHOR, None),
    TERM + "<int:pk>/history/restore/": (None, AUTHOR),
    TERM + "preferences/": (STAFF, STAFF),
    TERM + "schedule/": (AUTHOR, None),
    TERM + "add/keep/": (None, AUTHOR),
    TERM + "add/discard/": (None, AUTHOR),
    TERM + "<int:pk>/keep/": (None, AUTHOR),
    TERM + "<int:pk>/discard/": (None, AUTHOR),
    TERM + "work/<slug:name>/": (AUTHOR, AUTHOR),
    TERM + "edit/": (None, AUTHOR),
    TERM + "go/": (AUTHOR, None),
    TERM + "jump/": (STAFF, None),
    TERM + "reports/": (AUTHOR, None),
    TERM + "notices/": (STAFF, STAFF),
    TERM + "notices/<int:pk>/": (None, STAFF),
    TERM + "<int:pk>/watch/": (AUTHOR, AUTHOR),
    TERM + "keys/": (STAFF, None),
    TERM + "help/": (STAFF, None),
    TERM + "help/<slug:name>/": (STAFF, None),
    TERM + "switch/": (None, STAFF),
    TERM + "lists/": (None, STAFF),
    "admin/settings/": (STAFF, STAFF),
    TERM + "trash/": (PUBLISHER, PUBLISHER),
    GLOSSARY + "import/": (PUBLISHER, None),
    GLOSSARY + "<int:pk>/import/": (PUBLISHER, PUBLISHER),
    GLOSSARY + "import/<int:pk>/": (PUBLISHER, PUBLISHER),
    GLOSSARY + "import/<int:pk>/file/<int:row>/": (PUBLISHER, PUBLISHER),
    GLOSSARY + "import/<int:pk>/report.csv": (PUBLISHER, None),
    GLOSSARY + "import/<int:pk>/report.json": (PUBLISHER, None),
    GLOSSARY + "export/": (AUTHOR, None),
    GLOSSARY + "<int:pk>/export/": (AUTHOR, NEVER),  # only with a task
    GLOSSARY + "<int:pk>/export/archive/": (AUTHOR, None),
}
# Route of Django's model admin → index of the permission in MODELS.
STOCK = {
    "": 0, "add/": 1, "<path:object_id>/change/": 2, "<path:object_id>/history/": 0,
    "<path:object_id>/delete/": 3,
}  # fmt: skip
# Model → lowest roles that may view, add, change and delete.
MODELS = {
    "terms/category": (AUTHOR, PUBLISHER, PUBLISHER, ADMINISTRATOR),
    "terms/vertical": (AUTHOR, PUBLISHER, PUBLISHER, ADMINISTRATOR),
    "terms/glossary": (AUTHOR, ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
    "terms/pattern": (ADMINISTRATOR,) * 4,
    "terms/picture": (AUTHOR, NEVER, PUBLISHER, PUBLISHER),
    "terms/searchmiss": (AUTHOR, NEVER, NEVER, SUPER),
    "terms/changeset": (AUTHOR, NEVER, NEVER, NEVER),
    "terms/repository": (PUBLISHER, ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR),
    "terms/job": (ADMINISTRATOR, NEVER, ADMINISTRATOR, NEVER),  # those of others
    "terms/webhook": (ADMINISTRATOR,) * 4,
    "terms/event": (ADMINISTRATOR, NEVER, NEVER, NEVER),
    "auth/user": (ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR, NEVER),
    "auth/group": (ADMINISTRATOR,) * 4,
}
for model, who in MODELS.items():
    for rest, right in STOCK.items():
        # The form can be opened with permission to view.
        get = who[0] if rest.endswith("change/") else who[right]
        ADDRESSES[f"admin/{model}/{rest}"] = (get, who[right])
    ADDRESSES[f"admin/{model}/<path:object_id>/"] = (STAFF, STAFF)  # redirects to the form
ADDRESSES["admin/terms/picture/upload/"] = (AUTHOR, AUTHOR)
ADDRESSES["admin/terms/repository/<int:pk>/sync/"] = (PUBLISHER, PUBLISHER)
ADDRESSES["admin/terms/webhook/<int:pk>/act/"] = (None, ADMINISTRATOR)
ADDRESSES["admin/terms/job/"] = (AUTHOR, AUTHOR)
ADDRESSES["admin/terms/job/<int:pk>/progress/"] = (ADMINISTRATOR, None)
ADDRESSES["admin/terms/picture/beside/"] = (PUBLISHER, PUBLISHER)
ADDRESSES["admin/terms/event/export/"] = (ADMINISTRATOR, None)
ADDRESSES["admin/auth/user/<id>/password/"] = (ADMINISTRATOR, ADMINISTRATOR)


def addresses(resolver, before=""):
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        else:
            yield route


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "pages"),
    [("staff", {""}), ("Author", {"", "schedule/"}), ("Publisher", {"", "schedule/", "trash/"})],
)
def test_sidebar_links_to_permitted_pages(client_of, who, pages):
    html = client_of(who).get("/admin/password_change/").content.decode()
    side = html.partition('id="side"')[2].partition("</nav>")[0]
    ways = {"": "/admin/", "schedule/": f"/{TERM}schedule/", "trash/": f"/{TERM}trash/"}
    assert {name for name, way in ways.items() if f'<li><a href="{way}"' in side} == pages


def test_every_address_is_listed():
    assert set(addresses(get_resolver())) == ADDRESSES.keys()


@pytest.fixture
def client_of(roles):
    """Return a function that creates an anonymous client or one with a role, maybe limited."""

    def make(who, **part):
        if who == "anonymous":
            return Client()
        user = User.objects.create_user(f"{who} {User.objects.count()}", is_staff=True)
        if who == "superuser":
            user.is_superuser = True
            user.save()
        elif who in ROLES and part:
            Grant.objects.create(user=user, role=Group.objects.get(name=who), **part)
        elif who in ROLES:
            user.groups.add(Group.objects.get(name=who))
        client = logged_in(user)
        client.user = user
        return client

    return make


def filled(route, term, other):
    """Return the route with its placeholders replaced; ``other`` is a user account."""
    miss, _ = SearchMiss.objects.get_or_create(
        glossary=term.glossary, key="x", defaults={"last_on": "2026-01-01"}
    )
    group = Group.objects.get_or_create(name="Friends")[0]
    picture = Picture.objects.get_or_create(
        glossary=term.glossary, path="x.png", file="terms/x.png"
    )[0]
    ids = {
        "category": term.category_id, "vertical": term.vertical_id, "glossary": term.glossary_id,
        "changeset": ChangeSet.objects.get_or_create(glossary=term.glossary, title="x")[0].pk,
        "searchmiss": miss.pk, "picture": picture.pk, "event": Event.objects.all()[0].pk, "user": other.pk, "group": group.pk,
        "repository": Repository.objects.get_or_create(glossary=term.glossary)[0].pk,
        "webhook": Webhook.objects.get_or_create(glossary=term.glossary, address="x")[0].pk,
        "pattern": Pattern.objects.get_or_create(glossary=term.glossary, name="x")[0].pk,
        "job": Job.objects.get_or_create(glossary=term.glossary, title="x")[0].pk,
    }  # fmt: skip
    model = route.split("/")[2] if route.count("/") > 2 else ""
    for place in ("<path:object_id>", "<int:pk>", "<id>"):
        route = route.replace(place, str(ids.get(model, term.pk)))
    for place, value in (
        ("<int:row>", "1"), ("<page:path>", "glossary/"), ("<str:token>", "guessed"), ("<path:path>", "glossary/"), ("<slug:name>", "one-way"), ("<slug:glossary>", "glossary"), ("<path:content_type_id>", "1"),
        (r"^media/(?P<path>[\w./-]{1,200})$", "media/x.png"),
        (r"^(?P<app_label>auth|terms)/$", "terms/"), (r"(?P<url>.*)$", "nowhere"),
    ):  # fmt: skip
        route = route.replace(place, value)
    return f"/{route}"


def passes(response):
    """Return whether access was granted. The request may have failed for other reasons."""
    if response.status_code == 302:
        return "/admin/login/" not in response["Location"]
    return response.status_code not in (401, 403)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", PEOPLE[:-1])
def test_access_to_every_address_depends_on_role(client_of, who, method, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    term, other = make_live(), User.objects.create_user("other")
    wrong = []
    for route, needed in ADDRESSES.items():
        needed = needed[method == "post"]
        query = "?app_label=terms&model_name=term&field_name=owner" * ("autocomplete" in route)
        client = client_of(who)
        response = getattr(client, method)(filled(route, term, other) + query, {"do": "comment"})
        assert response.status_code < 500, route
        if needed is None:
            right = not passes(response) or response.status_code in (404, 405)
        else:
            right = passes(response) == (PEOPLE.index(who) >= PEOPLE.index(needed))
        if not right:
            wrong.append((route, response.status_code, needed))
    assert wrong == []


WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|ALTER|CREATE|DROP)\b", re.IGNORECASE)
# Tables that do not belong to the glossary: sessions, failed searches, failed logins.
OWN_TABLES = ("django_session", "terms_searchmiss", "axes_")


@pytest.mark.parametrize("who", ["anonymous", "Author", "superuser"])
@pytest.mark.parametrize("is_empty", [False, True])
def test_get_changes_nothing(client_of, who, is_empty, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    term, other = make_live(), User.objects.create_user("other")
    client = client_of(who)
    paths = [
        filled(route, term, other) + "?app_label=terms&model_name=term&field_name=owner&q=none"
        for route in ADDRESSES
    ]
    paths += [f"/{TERM}add/?name=New&again=x", f"/{TERM}{term.pk}/change/?again=1"]
    if is_empty:
        for model in (Event, SearchMiss, ChangeSet, PublishedTerm, Term, Category, Vertical):
            getattr(model, "with_trash", model.objects).all().delete()
        Glossary.objects.all().delete()
    for path in paths:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code < 500, path
        written = [query["sql"] for query in queries if WRITES.match(query["sql"])]
        assert [sql for sql in written if not any(t in sql for t in OWN_TABLES)] == [], path


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options", "trace", "head"])
def test_other_methods_give_no_access(client_of, method):
    term, other = make_live(), User.objects.create_user("other")
    client = client_of("nobody")
    for route, (get, _) in ADDRESSES.items():
        response = getattr(client, method)(filled(route, term, other))
        assert response.status_code < 500, route
        if get is None or PEOPLE.index(get) > PEOPLE.index("nobody"):
            assert method == "options" or response.status_code in (302, 403, 404, 405), route
    assert Term.objects.get() == term


@pytest.mark.parametrize("who", PEOPLE[:-1])
@pytest.mark.parametrize(
    ("action", "needed"),
    [
        ("submit", AUTHOR), ("take_back", AUTHOR), ("comment", AUTHOR), ("resolve", AUTHOR),
        ("reopen", AUTHOR), ("approve", REVIEWER), ("changes", REVIEWER), ("publish", PUBLISHER), ("schedule", PUBLISHER), ("unschedule", PUBLISHER),
        ("approve_removal", REVIEWER), ("refuse_removal", REVIEWER),
        ("take_removal_back", PUBLISHER), ("remove", PUBLISHER),
        ("anything", NEVER),
    ],
)  # fmt: skip
def test_review_actions_depend_on_role(client_of, who, action, needed):
    term = make_term()
    response = client_of(who).post(f"/{TERM}{term.pk}/review/", {"do": action})
    assert passes(response) == (PEOPLE.index(who) >= PEOPLE.index(needed))


# Permissions in parts of a glossary


@pytest.fixture
def parts(db):
    """Terms in the user's category, in another category, and in another glossary."""
    here, there = make_term("Here", category="Mine"), make_term("There", category="Theirs")
    elsewhere = make_term("Elsewhere", glossary=Glossary.objects.create(slug="other"))
    return here, there, elsewhere


@pytest.fixture
def client_in_category(client_of, parts):
    def make(role):
        mine = Category.objects.get(name="Mine")
        return client_of(role, glossary=default_glossary(), category=mine)

    return make


@pytest.mark.parametrize("role", ROLES)
def test_role_is_limited_to_its_category(client_in_category, parts, role):
    here, there, elsewhere = parts
    client = client_in_category(role)
    for route in ("change/", "history/", "review/", "links/", "file/", "file/download/"):
        assert client.get(f"/{TERM}{here.pk}/{route}").status_code == 200
        assert client.get(f"/{TERM}{there.pk}/{route}").status_code == 200  # read access
        assert client.get(f"/{TERM}{elsewhere.pk}/{route}").status_code == 403
    for route in ("change/", "links/", "file/unsaved/", "history/restore/", "keep/", "discard/"):
        sent = {"number": "1", "seen": "1"}
        assert passes(client.post(f"/{TERM}{here.pk}/{route}", sent))
        assert client.post(f"/{TERM}{there.pk}/{route}", sent).status_code == 403
        assert client.post(f"/{TERM}{elsewhere.pk}/{route}", sent).status_code == 403
    shown = client.get(f"/{TERM}").content.decode()
    assert [f">{term.name}</a>" in shown for term in parts] == [True, True, False]
    names = client.get(f"/{TERM}suggest/", {"q": "e"}).json()["names"]
    assert sorted(names) == ["Here", "There"]


def test_publishing_is_limited_to_its_category(client_in_category):
    client = client_in_category("Publisher")
    chosen = list(Term.objects.values_list("pk", flat=True))
    page = client.post(
        f"/{TERM}", {"action": "publish_selected", "_selected_action": chosen}, follow=True
    ).content.decode()
    assert "You may not publish “There”" in page
    assert [term.name for term in Term.objects.live()] == ["Here"]
    Term.objects.update(live_fingerprint="x")
    client.post(f"/{TERM}", {"action": "withdraw_selected", "_selected_action": chosen})
    assert {term.name for term in Term.objects.live()} == {"There", "Elsewhere"}


def test_term_cannot_be_moved_to_category_of_others(client_in_category, parts):
    client, term = client_in_category("Author"), parts[0]
    address = f"/{TERM}{term.pk}/change/"
    page = client.get(address)
    assert ">Theirs</option>" not in page.content.decode()
    theirs, mine = Category.objects.get(name="Theirs"), Category.objects.get(name="Mine")
    assert client.post(address, {**fields_of(page), "category": theirs.pk}).status_code == 200
    new = {"name": "New", "glossary": term.glossary_id, "seen": "", "path": "", "category": ""}
    page = client.post(f"/{TERM}add/", new).content.decode()
    assert "Choose a category in which you may write." in page
    assert client.post(f"/{TERM}add/", {**new, "category": mine.pk}).status_code == 302


def test_text_cannot_move_term_to_category_of_others(client_in_category):
    broken = make_term("bad", path="bad.md", text="---\n[\n---\n")
    Term.objects.filter(pk=broken.pk).update(category=Category.objects.get(name="Mine"))
    client = client_in_category("Author")
    fields = fields_of(client.get(f"/{TERM}{broken.pk}/change/"))
    page = client.post(
        f"/{TERM}{broken.pk}/change/", {**fields, "source": text_of("Bad", category="Theirs")}
    ).content.decode()
    assert "You may not write terms in the category “Theirs”" in page
    page = client.post(
        f"/{TERM}{broken.pk}/history/restore/", {"number": "1", "seen": "1"}, follow=True
    ).content.decode()
    assert "Choose a category in which you may write." in page


def test_permission_on_category_is_limited_to_it(client_in_category):
    mine, theirs = Category.objects.get(name="Mine"), Category.objects.get(name="Theirs")
    client = client_in_category("Publisher")
    assert client.get(f"/admin/terms/category/{mine.pk}/change/").status_code == 200
    post = client.post(f"/admin/terms/category/{theirs.pk}/change/", {"name": "x", "slug": "x"})
    assert post.status_code == 403
    rows = list(Category.objects.filter(glossary=default_glossary()))
    data = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for number, row in enumerate(rows):
        data |= {f"form-{number}-id": row.pk, f"form-{number}-order": 7}
    # Django refuses the request or, since 6.1, skips the rows without permission.
    assert client.post("/admin/terms/category/", data).status_code in (302, 403)
    assert not Category.objects.filter(pk=theirs.pk, order=7).exists()
    vertical = Vertical.objects.filter(glossary=default_glossary()).get()
    assert client.get(f"/admin/terms/vertical/{vertical.pk}/change/").status_code == 200
    assert client.post(f"/admin/terms/vertical/{vertical.pk}/change/", {}).status_code == 403


def test_only_administrator_sets_number_of_approvals(client_of):
    make_term(category="Mine")
    category = Category.objects.get()
    address = f"/admin/terms/category/{category.pk}/change/"
    data = {"name": "Mine", "slug": category.slug, "icon": "", "order": "0"}
    client_of("Publisher").post(address, {**data, "approvals_needed": "2"})
    assert Category.objects.get().approvals_needed is None
    client_of("Administrator").post(address, {**data, "approvals_needed": "2"})
    assert Category.objects.get().approvals_needed == 2


# Accounts


def test_administrator_cannot_gain_permissions(client_of):
    client = client_of("Administrator")
    boss = User.objects.create_superuser("boss", password="x")
    assert client.get(f"/admin/auth/user/{boss.pk}/change/").status_code == 200
    for route in ("change/", "password/"):
        response = client.post(f"/admin/auth/user/{boss.pk}/{route}", {"password1": "a"})
        assert response.status_code == 403
    address = f"/admin/auth/user/{client.user.pk}/change/"
    page = client.get(address).content.decode()
    assert 'name="groups"' in page
    assert 'name="is_superuser"' not in page
    assert 'name="user_permissions"' not in page
    data = {
        "username": "me", "is_active": "on", "is_staff": "on", "is_superuser": "on",
        "groups": [Group.objects.get(name="Administrator").pk],
        "grants-TOTAL_FORMS": "0", "grants-INITIAL_FORMS": "0",
    }  # fmt: skip
    assert client.post(address, data).status_code == 302
    assert User.objects.filter(username="me", is_superuser=False).exists()


def test_new_account_gets_its_roles(client_of):
    make_term(category="Mine")
    client = client_of("Administrator")
    secret = "correct horse battery"
    reviewer, friends = Group.objects.get(name="Reviewer"), Group.objects.create(name="Friends")
    friends.permissions.add(Permission.objects.get(codename="delete_user"))
    new = {"username": "bo", "password1": secret, "password2": secret, "groups": [reviewer.pk]}
    new |= NO_GRANTS
    page = client.get("/admin/auth/user/add/").content.decode()
    assert "Reviewer: also approves the changes of others" in page
    assert "Friends" not in page  # only superusers assign groups with permissions of their own
    stolen = new | {"groups": [friends.pk]}
    assert client.post("/admin/auth/user/add/", stolen).status_code == 200
    assert client.post("/admin/auth/user/add/", new).status_code == 302
    bo = User.objects.get(username="bo")
    assert bo.is_staff
    assert list(bo.groups.all()) == [reviewer]
    data = {
        "username": "bo", "is_active": "on", "is_staff": "on", "email": "bo@example.org",
        "grants-TOTAL_FORMS": "1", "grants-INITIAL_FORMS": "0", "grants-0-user": bo.pk,
        "grants-0-role": Group.objects.get(name="Author").pk,
        "grants-0-glossary": default_glossary().pk,
        "grants-0-category": Category.objects.get().pk,
    }  # fmt: skip
    assert client.post(f"/admin/auth/user/{bo.pk}/change/", data).status_code == 302
    assert str(Grant.objects.get()) == "bo: Author in Mine"
    assert "Author in Mine" in client.get("/admin/auth/user/").content.decode()


def test_administrator_changes_only_groups_without_permissions(client_of):
    client = client_of("Administrator")
    experts, strong = Group.objects.create(name="Experts"), Group.objects.create(name="Strong")
    strong.permissions.add(Permission.objects.get(codename="delete_user"))
    sent = {"name": "Experts", "members": [client.user.pk]}
    assert client.post(f"/admin/auth/group/{experts.pk}/change/", sent).status_code == 302
    assert list(experts.user_set.all()) == [client.user]
    assert client.post(f"/admin/auth/group/{strong.pk}/change/", sent).status_code == 403
    assert client.post(f"/admin/auth/group/{strong.pk}/delete/", {"post": "yes"}).status_code == 403
    page = client.get(f"/admin/auth/group/{experts.pk}/change/").content.decode()
    assert 'name="permissions"' not in page
    stolen = sent | {"permissions": [Permission.objects.get(codename="delete_user").pk]}
    client.post(f"/admin/auth/group/{experts.pk}/change/", stolen)
    assert not experts.permissions.exists()
    author = Group.objects.get(name="Author")
    client.post(f"/admin/auth/group/{author.pk}/change/", {"name": "X", "members": []})
    assert Group.objects.filter(name="Author").exists()
    assert client.post(f"/admin/auth/group/{author.pk}/delete/", {"post": "yes"}).status_code == 403
    # The account stays under the care of administrators.
    assert client.get(f"/admin/auth/user/{client.user.pk}/change/").status_code == 200
    assert (
        'name="groups"' in client.get(f"/admin/auth/user/{client.user.pk}/change/").content.decode()
    )
