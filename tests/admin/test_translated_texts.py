"""Texts that Python gives the admin's pages can be translated.

gettext returns every text in brackets. All data has Greek names, so Latin letters outside brackets
are a text that is not marked for translation.
"""

import re
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import SafeData, mark_safe

from terms.admin.people import ROLES
from terms.changes.change_sets import collect
from terms.languages.translations import english_name, languages
from terms.models import (
    Category,
    Event,
    Glossary,
    Grant,
    Relation,
    Schedule,
    SearchMiss,
    Suggestion,
    Term,
    Vertical,
)
from terms.publishing.publish import publish
from terms.quality.checking import rules
from terms.review.worklists import LISTS
from tests.accounts import logged_in
from tests.admin.forms import fields_of
from tests.architecture import ROOT
from tests.factory import make_live, make_term

pytestmark = pytest.mark.django_db
LIST = "/admin/terms/term/"
HOLE = re.compile(r"(<[^>]*>|\{[^}]*\}|%\(\w+\)[sd]|%[sd])")  # tags and values
MARKED = re.compile("⟦[^⟦⟧]*⟧")
# Values that have to be Latin: names of zones, files, addresses, characters, keys of the keyboard.
LATIN = re.compile(
    r"UTC|https?:\S*|Etc/\S+|\S+\.(?:md|png)|/\S*|U\+[0-9A-F]+|mdi:\S*|\b(?:Alt|Ctrl)\b"
)
WORDS = re.compile(r"[A-Za-z][A-Za-z'’.,:;!?() \s–-]*")
# Elements that hold what Python says, beside what has one of these classes.
TAGS = {"label", "legend", "h1", "h2", "th", "caption", "summary", "option", "small"}
CLASSES = {"help", "messagelist", "errorlist", "errornote", "term-state", "term-next"}
VOID = {"input", "br", "img", "link", "meta", "hr", "path", "use", "col", "wbr"}
NOT_OURS = {"time_zone", "user_permissions", "groups"}  # lists of names


def marked(text):
    if not text:
        return text
    found = "⟦" + HOLE.sub(r"⟧\1⟦", text) + "⟧"
    return mark_safe(found) if isinstance(text, SafeData) else found  # noqa: S308 — as gettext


@pytest.fixture(autouse=True)
def pseudo_language(monkeypatch):
    trans = translation._trans
    monkeypatch.setattr(trans, "gettext", marked)
    monkeypatch.setattr(trans, "pgettext", lambda context, text: marked(text))
    monkeypatch.setattr(trans, "ngettext", lambda one, many, n: marked(one if n == 1 else many))
    monkeypatch.setattr(
        trans, "npgettext", lambda context, one, many, n: marked(one if n == 1 else many)
    )


class Shown(HTMLParser):
    """The pieces of text in the elements that are looked at."""

    def __init__(self, html):
        super().__init__()
        self.texts, self.open = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in VOID:
            return
        attrs = dict(attrs)
        classes = set((attrs.get("class") or "").split())
        if attrs.get("name") in NOT_OURS or "hidden" in classes:
            look = "skip"
        else:
            look = "look" if tag in TAGS or classes & CLASSES else ""
        self.open.append((tag, look))

    def handle_endtag(self, tag):
        while tag in {name for name, _ in self.open} and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        looks = {look for _, look in self.open}
        if "look" in looks and "skip" not in looks and data.strip():
            self.texts.append(" ".join(data.split()))


def words_in(text):
    """The Latin words of a text, each run of them as one."""
    return [" ".join(re.findall("[A-Za-z]+", run)) for run in WORDS.findall(text)]


@cache
def literals():
    """What stands in the templates themselves, and names that are none of the admin's texts."""
    found = {"admin", *ROLES}
    found.update(word for name in languages() for word in words_in(english_name(name)))
    for path in (ROOT / "templates").rglob("*.html"):
        text = re.sub(r"\{% blocktrans.*?endblocktrans\w* %\}", "", path.read_text(), flags=re.S)
        for piece in re.split(r"<[^>]*>|\{%.*?%\}|\{\{.*?\}\}|&\w+;", text, flags=re.S):
            found.update(words_in(piece))
    return found - {""}


def is_literal(words):
    """Whether words stand in the templates, in one piece or in several."""
    return not words or any(
        words == known or (words.startswith(f"{known} ") and is_literal(words[len(known) + 1 :]))
        for known in literals()
    )


def bare(text):
    """The words of a text that were not translated."""
    return [words for words in words_in(LATIN.sub(" ", MARKED.sub(" · ", text))) if words]


def untranslated(html):
    return [text for text in Shown(html).texts if not all(map(is_literal, bare(text)))]


def check(response, status=200):
    assert response.status_code == status
    html = response.content.decode()
    assert untranslated(html) == []
    assert any("⟦" in text for text in Shown(html).texts)
    return response


@pytest.fixture
def newsroom(db):
    """A small glossary of Greek words."""
    Glossary.objects.create(slug="glossary", name="Γ")
    kinds = {"category": "Κ", "vertical": "Β"}
    make_live("Ωα", related="Ωβ, Ωλ", body="Ωβ, Ωγ.\n\n## Ψ\n\nχ.", **kinds)
    make_live("Ωβ", related="Ωα", body="Ωα.", **kinds)
    make_term("Ωγ", body="\nχ.", **kinds)
    make_term("Ωδ", body="\nχ.\n\n### Ψ\n\n![](χ.png) [ψ](/ω.md) [φ]()", **kinds)
    return User.objects.create_superuser("ανα", password="x")


@pytest.fixture
def client(newsroom):
    return logged_in(newsroom)


def url_of(name, view="change"):
    return reverse(f"admin:terms_term_{view}", args=[Term.objects.get(name=name).pk])


def posted(client, url, **data):
    """The answer to a form, with what it says at the top of the next page."""
    response = client.post(url, data, follow=True)
    said = [re.sub("<[^>]*>", " ", str(message)) for message in response.context["messages"]]
    assert [text for text in said if bare(text)] == []
    assert said
    assert all("⟦" in text for text in said)
    return check(response)


def sent(client, url, **changes):
    fields = fields_of(client.get(url))
    fields.update({name: [value] for name, value in changes.items() if value})
    return fields


# What finds them


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<label>Nickname:</label>", ["Nickname:"]),
        ('<p class="help">⟦Say⟧ something odd</p>', ["⟦Say⟧ something odd"]),
        ("<h1>⟦Editing of ⟧oddities⟦⟧</h1>", ["⟦Editing of ⟧oddities⟦⟧"]),
        ('<ul class="messagelist"><li class="info"><b>⟦Done⟧</b> oddly</li></ul>', ["oddly"]),
        ("<label>⟦Nickname⟧:</label><p>oddly</p><h1>⟦History of ⟧Ωα⟦⟧</h1>", []),
    ],
)
def test_a_bare_text_is_found(html, found):
    assert untranslated(html) == found


def test_an_unmarked_label_is_found_on_a_page(client, monkeypatch):
    from terms.admin.form.form import TermForm

    monkeypatch.setattr(TermForm.base_fields["reason"], "label", "Oddity")
    assert untranslated(client.get(url_of("Ωα")).content.decode()) == ["Oddity"]


# Pages


PAGES = [
    "/admin/",
    "/admin/settings/",
    "/admin/terms/term/reports/",
    "/admin/terms/term/keys/",
    LIST,
    f"{LIST}?status=draft&needs=wanted",
    f"{LIST}add/",
    f"{LIST}schedule/",
    f"{LIST}trash/",
    f"{LIST}preferences/",
    "/admin/terms/glossary/",
    "/admin/terms/glossary/add/",
    "/admin/terms/glossary/1/change/",
    "/admin/terms/category/",
    "/admin/terms/category/add/",
    "/admin/terms/vertical/",
    "/admin/terms/vertical/add/",
    "/admin/terms/changeset/",
    "/admin/terms/searchmiss/",
    "/admin/terms/event/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
]


@pytest.mark.parametrize("url", PAGES)
def test_a_page(client, url):
    glossary = Glossary.objects.get()
    SearchMiss.objects.create(glossary=glossary, key="ωψ", last_on=timezone.localdate())
    url = url.replace("/1/", f"/{glossary.pk}/")
    check(client.get(url))


@pytest.mark.parametrize(
    "view", ["change", "history", "review", "links", "refactor", "file", "delete"]
)
@pytest.mark.parametrize("name", ["Ωα", "Ωδ"])
def test_a_page_of_a_term(client, view, name):
    check(client.get(url_of(name, view)))


@pytest.mark.parametrize("model", [Category, Vertical])
def test_the_form_of_a_class(client, model):
    row = model.objects.get()
    url = reverse(f"admin:terms_{model._meta.model_name}_change", args=[row.pk])
    check(client.get(url))
    model.objects.create(glossary=row.glossary, name="Ξ", slug="xi")
    response = check(client.post(url, {"name": "Ξ", "slug": "xi", "order": "0"}))
    assert "⟦There is another " in response.content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_a_work_list(client, name):
    glossary = Glossary.objects.get()
    Suggestion.objects.create(
        glossary=glossary, name="Ωω", key="ωω", text="χ", digest="x", created_at=timezone.now()
    )
    response = check(client.get(f"{LIST}work/{name}/"))
    html = response.content.decode()
    assert LISTS[name].title.startswith("⟦")
    assert LISTS[name].help.startswith("⟦")
    assert f"<p>⟦{LISTS[name].help[1:-1]}⟧</p>".replace("'", "&#x27;") in html


def test_what_somebody_without_the_right_to_change_sees(newsroom):
    reader = User.objects.create_user("ρω", password="x", is_staff=True)
    role = Group.objects.create(name="Ρ")
    role.permissions.add(*_view_permissions())
    Grant.objects.create(user=reader, role=role, glossary=Glossary.objects.get())
    check(logged_in(reader).get(url_of("Ωα")))
    response = check(logged_in(newsroom).get("/admin/auth/user/"))
    assert "⟦⟧Ρ⟦ in ⟧Γ⟦⟧" in response.content.decode()


def _view_permissions():
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename="view_term")


def test_the_form_of_a_person(client, newsroom):
    check(client.get(f"/admin/auth/user/{newsroom.pk}/change/"))


def test_what_the_rules_find(client):
    html = check(client.get(url_of("Ωδ", "review"))).content.decode()
    findings = re.search('<ul class="term-findings">.*?</ul>', html, re.S)[0]
    assert bare(re.sub("<[^>]*>", " ", findings)) == []
    assert findings.count("⟦text, line ⟧") >= 4
    assert all(rule.title.startswith("⟦") for rule in rules().values())


# What is said


def test_saving_a_term(client):
    url = url_of("Ωα")
    posted(client, url, **sent(client, url, _save="1"))
    posted(client, url, **sent(client, url, icon="ψ", _continue="1"))
    posted(client, url, **sent(client, url, description="χψ", _review="1"))
    posted(client, url, **sent(client, url, description="χω", _publish="1"))
    for wrong in ({"name": "\u202eΩ"}, {"name": "\x01Ω"}, {"related_terms-label": "Ωα"}):
        response = check(client.post(url, sent(client, url, **wrong)))
        assert "errorlist" in response.content.decode()


def test_a_conflict(client):
    url = url_of("Ωα")
    old = sent(client, url, description="χ")
    client.post(url, sent(client, url, description="ψ"))
    check(client.post(url, old), status=409)


def test_a_review(client, newsroom):
    Glossary.objects.update(approvals_needed=2)
    url = url_of("Ωγ", "review")
    term = Term.objects.get(name="Ωγ")
    other = logged_in(User.objects.create_superuser("ωμ", password="x"))
    print_ = {"fingerprint": term.fingerprint}
    posted(client, url, do="submit", text="χ")
    posted(other, url, do="submit")
    posted(other, url, do="comment", text="χ")
    posted(other, url, do="comment", text="")
    thread = {"thread": term.comments.first().pk}
    posted(client, url, do="resolve", **thread)
    posted(client, url, do="reopen", **thread)
    posted(other, url, do="approve", **print_)
    posted(other, url, do="approve", **print_)
    posted(other, url, do="publish", **print_)
    posted(other, url, do="changes", text="χ")
    posted(other, url, do="changes", text="χ")
    posted(client, url, do="submit")
    posted(client, url, do="take_back")
    assert [text for text in Event.objects.values_list("detail", flat=True) if bare(text)] == [
        "made"
    ] * 4


def test_a_request_to_remove(client):
    Glossary.objects.update(approvals_needed=1)
    other = logged_in(User.objects.create_superuser("ωμ", password="x"))
    url = url_of("Ωα", "review")
    posted(client, url_of("Ωα", "delete"), post="yes")
    check(client.get(url))
    posted(client, url, do="approve_removal")
    posted(other, url, do="refuse_removal", text="χ")
    posted(client, url_of("Ωα", "refactor"), kind="withdraw", confirm="1")
    posted(other, url, do="approve_removal")
    posted(client, url, do="remove")


def test_the_schedule(client):
    url = url_of("Ωγ", "review")
    print_ = {"fingerprint": Term.objects.get(name="Ωγ").fingerprint}
    later = f"{timezone.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    posted(client, url, do="schedule", action="publish", at="2001-01-01T00:00", **print_)
    posted(client, url, do="schedule", action="publish", at="", **print_)
    posted(client, url, do="schedule", action="publish", at=later, **print_)
    check(client.get(f"{LIST}schedule/"))
    posted(client, url, do="unschedule", item=Schedule.objects.get().pk)
    Glossary.objects.update(approvals_needed=2)
    posted(client, url, do="schedule", action="publish", at=later, **print_)


def test_the_trash(client):
    posted(client, url_of("Ωγ", "delete"), post="yes")
    term = Term.with_trash.get(name="Ωγ").pk
    check(client.get(f"{LIST}trash/"))
    posted(client, f"{LIST}trash/", term=term)
    posted(client, f"{LIST}trash/", term=term)


def test_restoring_a_version(client):
    url = url_of("Ωα")
    client.post(url, sent(client, url, description="ψ"))
    restore = url_of("Ωα", "restore")
    for seen in ("2", "3", "1"):
        posted(client, restore, number="1", seen=seen)


def test_links(client):
    url = url_of("Ωα", "links")
    posted(client, url)
    posted(client, url, is_linked="")
    posted(client, url, again="1")
    posted(client, url, relate="")


OPERATIONS = {
    "rename": {"name": "Ωε", "keeps_old": "on"},
    "merge": {"other": "Ωβ", "takes_text": "on"},
    "split": {"name": "Ωε", "parts": "0"},
    "replace": {"other": "Ωβ"},
    "file": {"path": "ωε.md"},
    "withdraw": {"other": "Ωβ"},
}


@pytest.mark.parametrize("kind", OPERATIONS)
def test_an_operation(client, kind):
    url = url_of("Ωα", "refactor")
    data = {"kind": kind, **OPERATIONS[kind]}
    response = check(client.post(url, data))
    confirm = "1"
    if operation := response.context["operation"]:
        assert bare(operation.title) == []
        assert [effect.words for effect in operation.effects if bare(effect.words)] == []
        confirm = operation.digest
    posted(client, url, confirm=confirm, **data)
    assert (
        "errorlist"
        in check(
            client.post(url, {**data, "other": "Ωχ", "name": "Ωβ", "path": "ωβ.md"})
        ).content.decode()
    )


ACTIONS = ["publish_selected", "withdraw_selected", "collect_selected"]


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_on_several_terms(client, action):
    ids = list(Term.objects.values_list("pk", flat=True))
    posted(client, LIST, action=action, _selected_action=ids)


@pytest.mark.parametrize(
    "change",
    [
        {"icon": "mdi:leaf"},
        {"category": "none"},
        {"relate": "Ωζ"},
        {"unrelate": "Ωβ"},
    ],
)
def test_editing_several_terms(client, change):
    ids = list(Term.objects.values_list("pk", flat=True))
    check(client.post(LIST, {"action": "edit_selected", "_selected_action": ids}))
    data = {"terms": ",".join(map(str, ids)), **change}
    operation = check(client.post(f"{LIST}edit/", data)).context["operation"]
    assert bare(operation.title) == []
    assert [effect.words for effect in operation.effects if bare(effect.words)] == []
    posted(client, f"{LIST}edit/", confirm=operation.digest, **data)
    check(client.post(f"{LIST}edit/", data))  # there is nothing more to change


def test_an_owner_of_several_terms(client, newsroom):
    ids = ",".join(str(pk) for pk in Term.objects.values_list("pk", flat=True))
    posted(client, f"{LIST}edit/", terms=ids, owner=newsroom.pk, confirm="1")
    posted(client, f"{LIST}edit/", terms=ids, owner="none", confirm="1")
    check(client.post(f"{LIST}edit/", {"terms": ids, "owner": "none"}))
    check(client.post(f"{LIST}edit/", {"terms": ids}))


def test_a_change_set(client, newsroom):
    Glossary.objects.update(approvals_needed=1)
    glossary = Glossary.objects.get()
    made = collect(glossary, list(Term.objects.all()), "Σ", newsroom)
    url = reverse("admin:terms_changeset_change", args=[made.pk])
    check(client.get(url))
    other = logged_in(User.objects.create_superuser("ωμ", password="x"))
    for action in ("submit", "submit", "publish", "link", "revoke", "approve", "undo"):
        posted(client, url, do=action)
    seen = [f"{term.pk} {term.fingerprint}" for term in Term.objects.all()]
    posted(other, url, do="approve", seen=seen)
    posted(other, url, do="publish")
    check(client.get("/admin/terms/changeset/"))


def test_renaming_a_category(client):
    row = Category.objects.get()
    url = reverse("admin:terms_category_change", args=[row.pk])
    data = {"name": "Ξ", "slug": row.slug, "order": "0"}
    operation = check(client.post(url, data)).context["operation"]
    assert bare(operation.title) == []
    posted(client, url, confirm=operation.digest, **data)


def test_deciding_in_work_lists(client):
    relation = Relation.objects.get(label="Ωλ")
    posted(client, f"{LIST}work/one-way/", relation=relation.pk)
    posted(client, f"{LIST}work/wanted/", name="Ωλ")
    posted(client, f"{LIST}work/wanted/", name="Ωλ")
    publish(Glossary.objects.get(), Term.objects.all())
    for field in ("mention", "suggestion"):
        posted(client, f"{LIST}work/suggestions/", **{field: "0"})


def test_preferences(client):
    posted(client, f"{LIST}preferences/", mail="daily", time_zone="")
