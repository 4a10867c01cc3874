"""Navigation between terms without the list."""

import pytest

from terms.admin.views.neighbours import neighbours_of
from terms.models import Term
from tests.factory import make_term, text_of

pytestmark = pytest.mark.django_db
GO = "/admin/terms/term/go/"


def test_previous_and_next_terms_are_ordered_by_name(admin, editor):
    for name in ("b", "A", "C"):
        make_term(name)
    make_term("b", path="b2.md")
    found = list(Term.objects.order_by("name_key", "pk"))
    around = [neighbours_of(editor, term) for term in found]
    assert around == list(zip([None, *found[:-1]], [*found[1:], None], strict=True))
    html = admin.get(f"/admin/terms/term/{found[0].pk}/change/").content.decode()
    assert f'rel="next" href="/admin/terms/term/{found[1].pk}/change/"' in html
    assert 'rel="prev"' not in html


def test_quick_access_opens_term_by_name_or_alias_or_searches(admin):
    text = text_of("Flask").replace("details:", "aliases: [Bottle]\ndetails:")
    flask = make_term("Flask", text=text)
    for name in ("flask", " FLASK ", "bottle"):
        response = admin.get(GO, {"name": name})
        assert response["Location"] == f"/admin/terms/term/{flask.pk}/change/"
    for name in ("fla", "", "x" * 5_000, "a\0b", "&?#"):
        response = admin.get(GO, {"name": name})
        assert response["Location"].startswith("/admin/terms/term/?q=")
        assert admin.get(response["Location"]).status_code == 200
