"""Links to other term files become links to the pages of these terms."""

import re

import pytest

from terms.addresses import Origin, linked_file
from terms.changes.rename import move
from terms.models import Mention, Page, PublishedRelation, PublishedTerm, Term
from terms.publishing.publish import publish, withdraw
from terms.publishing.rebuild import rebuild
from tests.admin.forms import NO_STEPS
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db
HOME = "/glossary/software/full-stack/"


def html(name):
    return Page.objects.get(path=f"{HOME}{name}/").content.decode()


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("flask.md", "flask"), ("./flask.md#use", "flask"), ("../web/flask.html?x", "flask"),
        ("/distributed-systems/", "distributed-systems"), ("caf%C3%A9.md", "café"), ("flask", "flask"),
        ("#use", ""), ("?q", ""), ("", ""), ("https://x.org/flask.md", ""), ("//x.org/flask", ""),
        ("mailto:flask", ""), ("/media/flask.png", ""), ("/glossary/flask/", ""), ("..", ""), ("/", ""),
        ("a%00.md", "a"), ("x" * 300, "x" * 255), ("javascript:flask", ""),
    ],
)  # fmt: skip
def test_link_resolves_to_file(address, file):
    assert linked_file(address, "glossary") == file


def test_link_to_file_works_while_its_term_is_published():
    make_live(
        "Django", body='See [one](flask.md#use "Title") and <a title="x" href="/flask/">two</a>.'
    )
    assert 'href="flask.md#use"' in html("django")
    flask = make_live("Flask")
    page = html("django")
    near = "../../../software/full-stack/flask/"
    assert f'<a class="ref" href="{near}#s-use" title="Title">one</a>' in page
    assert f'<a class="ref" title="x" href="{near}">two</a>' in page
    assert "Referred to by" in html("flask")
    assert ">Flask<" not in page.partition("Related terms")[2].partition("</section>")[0]
    move(flask, "microframework.md")
    assert "/full-stack/microframework/#s-use" in html("django")
    withdraw(default_glossary(), Term.objects.filter(pk=flask.pk))
    assert 'href="flask.md#use"' in html("django")
    assert 'class="ref"' not in html("django")


def test_draft_is_not_linked_until_it_is_published():
    make_term("Flask")
    make_live("Django", body="[Flask](flask.md), [me](django.md), [away](nowhere.md)")
    page = html("django")
    for kept in ('href="flask.md"', 'href="nowhere.md"'):
        assert kept in page
    publish(default_glossary(), Term.objects.all())
    assert '/full-stack/flask/">Flask</a>' in html("django")
    assert Mention.objects.count() == 0  # a link is not a mention


def test_removed_link_is_forgotten():
    make_live("Flask")
    django = make_live("Django", body="[Flask](flask.md)")
    assert "Referred to by" in html("flask")
    save_text(django, django.newest_revision().text.replace("(flask.md)", "(https://x.org)"))
    publish(default_glossary(), Term.objects.all())
    assert "Referred to by" not in html("flask")


def test_macro_links_to_term_by_name_or_file():
    make_live(
        "Django",
        body='See {{Glossary("Web Server", "servers")}}, {{glossary("tls")}}, {{Glossary("Django")}}.',
    )
    assert "See servers, tls, Django." in html("django")
    make_live("Web server", path="web_server.md")
    tls = make_live("Transport Layer Security (TLS)", path="security.md")
    page = html("django")
    near = "../../../software/full-stack"
    assert f'<a class="ref" href="{near}/web_server/">servers</a>' in page
    assert f'<a class="ref" href="{near}/security/">tls</a>' in page
    assert "Referred to by" in html("security")
    move(tls, "tls.md")
    assert f'<a class="ref" href="{near}/tls/">tls</a>' in html("django")
    withdraw(default_glossary(), Term.objects.filter(pk=tls.pk))
    assert "servers</a>, tls, Django." in html("django")


def test_link_to_g_resolves_by_its_text():
    make_live("Django", body="Of [_page kinds_](g), [Page Kind](g) and [nothing](g).")
    assert "Of <em>page kinds</em>, Page Kind and nothing." in html("django")
    make_live("Page kind")
    kind = '<a class="ref" href="../../../software/full-stack/page-kind/">'
    assert f"Of {kind}<em>page kinds</em></a>, {kind}Page Kind</a> and nothing." in html("django")


def test_links_with_null_characters_are_published():
    make_live("Django", body="[x](?term=a%00b) [y](%00.md) {{Glossary('%00')}}")
    assert "<p>x" in html("django")


def test_macro_follows_changes_of_names():
    near = 'href="../../../software/full-stack/'
    make_live("Doc", body='See {{Glossary("Go")}}.')
    one = make_live("Go", path="one.md")
    assert f'{near}one/">Go</a>' in html("doc")
    two = make_live("Go", path="two.md")
    withdraw(default_glossary(), Term.objects.filter(pk=one.pk))
    assert f'{near}two/">Go</a>' in html("doc")
    save_text(two, text_of("Golang"))
    publish(default_glossary(), Term.objects.filter(pk=two.pk))
    assert "See Go." in html("doc")
    assert "Referred to by" not in html("two")
    publish(default_glossary(), Term.objects.filter(pk=one.pk))
    assert f'{near}one/">Go</a>' in html("doc")


def test_rebuild_replaces_outdated_derived_values():
    make_live("TLS", text="---\ntitle: TLS\n---\nBetter than {{Glossary('SSL')}}. More.\n")
    make_live("SSL")
    PublishedTerm.objects.update(plain="{{", letter="?")
    PublishedTerm.objects.filter(name="TLS").update(description="{{")
    PublishedRelation.objects.filter(kind="link").delete()
    rebuild(default_glossary())
    tls = PublishedTerm.objects.get(name="TLS")
    assert (tls.description, tls.letter) == ("Better than SSL.", "T")
    assert tls.plain.replace("\x1f", "") == "Better than SSL. More."
    page = Page.objects.get(path=tls.path).content.decode()
    assert re.search(r'<a class="ref" href="[^"]*/ssl/">SSL</a>', page)


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/en/glossary/Flask", "Flask"), ("https://docs.org/en/glossary/a/b.md#x", "b"),
        ("flask.md", "flask"), ("/en/other/flask", ""), ("https://docs.org/flask", ""),
        ("https://docs.organ/en/glossary/x", ""), ("//docs.org/en/glossary/x", ""),
        ("/en/glossary/", ""), ("/media/en/glossary/x", ""), ("/glossary/flask/", ""),
    ],
)  # fmt: skip
def test_link_to_original_site_resolves_to_file(address, file):
    for home in ("https://docs.org/en/glossary", "https://docs.org/en/glossary/"):
        assert linked_file(address, "glossary", Origin.of(home)) == file


def test_root_relative_links_point_to_original_site(admin_client):
    make_live("Flask")
    body = (
        "[one](/docs/Flask#use) [two](https://x.org/docs/flask/) [three](/other/flask?a&b)"
        " [four](//y.org/flask) [five](/glossary/software/) [six](/media/a.png) ![](/docs/a.png)"
        " [seven](flask.md)"
    )
    make_live("Django", body=body)
    address = f"/admin/terms/glossary/{default_glossary().pk}/change/"
    sent = {
        "name": "Glossary",
        "slug": "glossary",
        "language": "en",
        "approvals_needed": "0",
        **NO_STEPS,
    }
    refused = admin_client.post(address, {**sent, "origin": "javascript:alert(1)"})
    assert "Enter a valid URL" in refused.content.decode()
    admin_client.post(address, {**sent, "origin": "https://x.org/docs"})
    page = html("django")
    near = '<a class="ref" href="../../../software/full-stack/flask/'
    for kept in (
        f'{near}#s-use">one', f'{near}">two', '<a href="https://x.org/other/flask?a&amp;b">three',
        '<a href="//y.org/flask">four', '<a href="../../../../glossary/software/">five',
        '<a href="../../../../media/a.png">six', '<img src="/docs/a.png"', f'{near}">seven',
    ):  # fmt: skip
        assert kept in page
    rebuild(default_glossary())
    assert html("django") == page
    make_live("Quart", body="Like https://x.org/docs/flask/.")
    assert f'{near}">https://x.org/docs/flask/</a>.' in html("quart")


def test_capitals_in_link_match_lowercase_file():
    make_live("Camel case", path="camel_case.md")
    make_live("Other", path="Other.md")
    make_live("Doc", body="[a](Camel_Case.md) [b](/Other) [c](other)")
    assert re.search(
        r'/camel_case/">a</a> <a [^>]*/Other/">b</a> <a href="other">c</a>', html("doc")
    )
