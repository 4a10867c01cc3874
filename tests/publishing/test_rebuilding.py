import pytest
from django.core.management import call_command

from terms.models import Page, PublishedTerm, Site, Term
from terms.publishing.publish import publish
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def pages():
    """Return path → ETag, without feeds and sitemaps, which contain times."""
    found = Page.objects.exclude(status=404).exclude(path__endswith=".atom")
    return dict(found.exclude(path__contains="sitemap-").values_list("path", "etag"))


@pytest.fixture
def site():
    make_term("Django")
    flask = make_term("Flask", body="Made after Django.", related="Django")
    publish(default_glossary(), Term.objects.all())
    save_text(flask, text_of("Flask", body="A draft.", related="None"))
    return pages()


def test_published_texts_are_rebuilt_after_upgrade(site):
    """A migration may empty the tables for readers."""
    for model in (PublishedTerm, Page, Site):
        model.objects.all().delete()

    call_command("rebuild_site", if_needed=True)

    assert pages() == site
    call_command("check_glossary")


def test_changed_site_url_rebuilds_pages(site, settings, capsys):
    call_command("rebuild_site", if_needed=True)
    assert capsys.readouterr().out == ""
    settings.SITE_URL = "https://words.example/below"
    call_command("rebuild_site", if_needed=True)
    page = Page.objects.get(path="/glossary/software/full-stack/flask/").content.decode()
    assert '<link rel="canonical" href="https://words.example/below/glossary/software' in page
    call_command("rebuild_site", if_needed=True)
    assert capsys.readouterr().out.count("were rebuilt") == 1


def test_pages_built_for_another_site_url_are_rebuilt(settings, capsys):
    make_live("Flask")
    settings.SITE_URL = "https://words.example"
    make_live("Django")
    canonical = 'rel="canonical" href="https://words.example/glossary/'
    assert (
        Page.objects.filter(path__endswith="/flask/").get().content.count(canonical.encode()) == 0
    )
    for _ in range(2):
        call_command("rebuild_site", if_needed=True)
    assert "were rebuilt" in capsys.readouterr().out.partition("\n")[0]
    assert canonical.encode() in Page.objects.get(path__endswith="/flask/").content
    settings.SITE_URL = "https://other.example"
    make_live("Quart")
    settings.SITE_URL = "https://words.example"
    call_command("rebuild_site", if_needed=True)
    assert canonical.encode() in Page.objects.get(path__endswith="/quart/").content
