"""The documentation as pages of the admin."""

import re

import pytest

from terms.admin.guide import _ABOUT, GUIDES, guide_about

pytestmark = pytest.mark.django_db
HELP = "/admin/terms/term/help/"


def page_of(admin, name):
    response = admin.get(f"{HELP}{name}/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", GUIDES)
def test_links_of_a_guide_lead_to_guides_and_sections(admin, name):
    page = page_of(admin, name)
    body = page[page.index('id="content-main"') :]
    for address in re.findall(r'href="(\.\./[^"]*|#[^"]*)"', body):
        other, _, section = address.partition("#")
        target = page_of(admin, other.strip("./")) if other else page
        assert not section or f'id="{section}"' in target or section == "content-start", address
    assert ".md)" not in body
    assert admin.get(HELP).content.decode().count(f"{HELP}{name}/") == 1


def test_every_part_of_the_admin_links_to_a_section(admin):
    for part, _name, _section in _ABOUT:
        address, _, anchor = guide_about(f"/admin{part}").partition("#")
        page = admin.get(address).content.decode()
        assert not anchor or f'id="{anchor}"' in page
    assert guide_about("/admin/") == HELP
    assert admin.get(f"{HELP}nothing/").status_code == 404


def test_side_menu_links_to_the_help_about_the_page(admin):
    page = admin.get("/admin/terms/repository/").content.decode()
    assert f'<a href="{HELP}git/">' in page
