"""Reviews in named steps, each approved by a group."""

import pytest
from django.contrib.auth.models import Group, User

from terms.changes import removals
from terms.changes.removals import approve_removal, ask, why_not
from terms.models import Approval, Category, Grant, Notice, ReviewStep, Term
from terms.publishing.publish import publish
from terms.review.approvals import needed_by
from terms.review.requests import CannotReview, approve, submit
from terms.review.stages import stage_of
from terms.review.worklists import LISTS
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def person(name, *groups):
    user = User.objects.create_superuser(name, email=f"{name}@example.org", password="x")
    for group in groups:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


@pytest.fixture
def people(db):
    """An author, two experts and a language editor, all superusers."""
    return (
        person("ann"),
        person("eve", "Experts"),
        person("eli", "Experts"),
        person("lea", "Language"),
    )


def step(name, group, needed=1, category=None, order=0):
    return ReviewStep.objects.create(
        glossary=default_glossary(), category=category, name=name, order=order,
        group=Group.objects.get_or_create(name=group)[0], approvals_needed=needed,
    )  # fmt: skip


@pytest.fixture
def steps(people):
    return step("Facts", "Experts", 2, order=1), step("Language", "Language", order=2)


def fresh(term):
    return Term.objects.get(pk=term.pk)


def reasons(term):
    return [refusal.reason for refusal in publish(term.glossary, Term.objects.filter(pk=term.pk))]


def notices_of(user):
    return [notice.text for notice in Notice.objects.filter(person=user)]


def test_text_is_published_after_every_step(people, steps):
    ann, eve, eli, lea = people
    term = make_term(author=ann)
    submit(term, ann)
    assert "asks for a review" in notices_of(eve)[0]
    assert notices_of(lea) == []
    with pytest.raises(
        CannotReview, match="The review is at the step “Facts”: only members of “Experts”"
    ):
        approve(fresh(term), lea, term.fingerprint)
    approve(fresh(term), eve, term.fingerprint)
    assert stage_of(fresh(term)).words == "in review: Facts"
    assert reasons(term) == [
        "2 more people must approve this text first. The review is at the step “Facts”."
    ]
    assert notices_of(lea) == []
    approve(fresh(term), eli, term.fingerprint)
    assert notices_of(lea) == ["“Flask” is ready for the next step of its review: Language."]
    assert stage_of(fresh(term)).words == "in review: Language"
    with pytest.raises(CannotReview, match="already approved"):
        approve(fresh(term), eve, term.fingerprint)
    approve(fresh(term), lea, term.fingerprint)
    assert stage_of(fresh(term)).words == "approved"
    assert reasons(term) == []


def test_review_lists_terms_of_the_step_that_is_open(people, steps):
    ann, eve, eli, _lea = people
    term = make_term(author=ann)
    submit(term, ann)
    listed = lambda who: LISTS["review"].rows(User.objects.get(pk=who.pk)).count()  # noqa: E731
    assert [listed(who) for who in people] == [0, 1, 1, 0]
    approve(fresh(term), eve, term.fingerprint)
    approve(fresh(term), eli, term.fingerprint)
    assert [listed(who) for who in people] == [0, 0, 0, 1]


def test_new_text_starts_at_the_first_step(people, steps):
    ann, eve, eli, lea = people
    term = make_term(author=ann)
    for who in (eve, eli, lea):
        approve(fresh(term), who, fresh(term).fingerprint)
    save_text(term, text_of(body="Other words."), author=ann)
    assert stage_of(fresh(term)).standing.open_step == steps[0]


def test_approval_keeps_its_step_when_a_person_leaves_the_group(people, steps):
    ann, eve, eli, _lea = people
    term = make_term(author=ann)
    approve(fresh(term), eve, term.fingerprint)
    eve.groups.clear()
    approve(fresh(term), eli, term.fingerprint)
    assert stage_of(fresh(term)).standing.open_step == steps[1]


def test_steps_of_a_category_replace_those_of_the_glossary(people, steps):
    term = make_term()
    category = Category.objects.get()
    assert needed_by(term.glossary, [term])[term.pk] == 3
    own = step("Law", "Lawyers", category=category)
    assert [one.step for one in stage_of(fresh(term)).standing.steps] == [own]
    own.delete()
    Category.objects.update(approvals_needed=0)  # its own number: the glossary's do not apply
    assert stage_of(fresh(term)).standing.steps == ()
    assert reasons(term) == []


def test_text_that_changes_category_needs_the_steps_of_both(people):
    term = make_live()
    law = step("Law", "Lawyers", category=Category.objects.get())
    save_text(term, text_of(category="New"))
    facts = step("Facts", "Experts", category=Category.objects.get(name="New"))
    assert {one.step for one in stage_of(fresh(term)).standing.steps} == {law, facts}


def test_number_of_approvals_is_needed_beside_the_steps(people):
    ann, eve, _eli, lea = people
    step("Facts", "Experts")
    Category.objects.update(approvals_needed=None)
    term = make_term(author=ann)
    glossary = default_glossary()
    glossary.approvals_needed = 2
    glossary.save()
    approve(fresh(term), eve, term.fingerprint)
    assert reasons(term) == ["1 more person must approve this text first."]
    approve(fresh(term), lea, term.fingerprint)
    assert reasons(term) == []


@pytest.mark.parametrize("action", list(removals.Removal.Action))
def test_removal_goes_through_the_steps(people, steps, action):
    ann, eve, _eli, lea = people
    ReviewStep.objects.all().delete()
    term = make_live()
    step("Facts", "Experts", order=1), step("Language", "Language", order=2)
    asked = ask(term, action, ann, "other.md" if action == "move" else "")
    assert len(notices_of(eve)) == 1
    assert notices_of(lea) == []
    with pytest.raises(CannotReview, match="only members of “Experts”"):
        approve_removal(asked, lea)
    approve_removal(asked, eve)
    assert "The review is at the step “Language”." in why_not(fresh(term), action, asked.detail)
    approve_removal(asked, lea)
    assert why_not(fresh(term), action, asked.detail) == ""


def test_deleted_step_leaves_the_approval(people, steps):
    ann, eve, *_others = people
    term = make_term(author=ann)
    approve(fresh(term), eve, term.fingerprint)
    ReviewStep.objects.all().delete()
    assert Approval.objects.get().step is None
    assert reasons(term) == []


def test_role_in_a_category_counts_as_its_group(people, roles):
    ann, *_others = people
    term = make_term(author=ann)
    step("Facts", "Reviewer", category=Category.objects.get())
    bea = User.objects.create_user("bea", is_staff=True)
    Grant.objects.create(
        user=bea, role=Group.objects.get(name="Reviewer"), glossary=term.glossary,
        category=Category.objects.get(),
    )  # fmt: skip
    approve(fresh(term), bea, term.fingerprint)
    assert stage_of(fresh(term)).name == "approved"


# In the admin


def test_review_page_shows_the_steps(people, steps):
    ann, eve, _eli, lea = people
    term = make_term(author=ann)
    submit(term, ann)
    page = f"/admin/terms/term/{term.pk}/review/"
    html = logged_in(lea).get(page).content.decode()
    assert "Facts</b> 0 of 2, by Experts" in html
    assert 'value="approve"' not in html
    sent = {"do": "approve", "fingerprint": term.fingerprint}
    html = logged_in(lea).post(page, sent, follow=True).content.decode()
    assert "only members of “Experts” can approve it" in html
    html = logged_in(eve).get(page).content.decode()
    assert 'value="approve"' in html
    html = logged_in(eve).post(page, sent, follow=True).content.decode()
    assert "eve approved version 1 (Facts)" in html
    assert "Facts</b> 1 of 2, by Experts" in html


def test_menu_counts_reviews_of_the_open_step(people, steps):
    ann, eve, _eli, lea = people
    submit(make_term(author=ann), ann)
    reviews = [
        logged_in(who).get("/admin/").content.decode().partition("Reviews")[2][:80]
        for who in (eve, lea)
    ]
    assert ">1<" in reviews[0]
    assert ">1<" not in reviews[1]


def test_steps_are_set_on_the_page_of_the_glossary(admin):
    make_term()
    glossary = default_glossary()
    group = Group.objects.create(name="Experts")
    sent = {
        "name": "Glossary", "slug": "glossary", "language": "en", "approvals_needed": "0",
        **NO_STEPS, "steps-TOTAL_FORMS": "1", "steps-0-name": "Facts", "steps-0-order": "0",
        "steps-0-group": group.pk, "steps-0-approvals_needed": "2", "steps-0-category": "",
    }  # fmt: skip
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    assert admin.post(address, sent).status_code == 302
    made = ReviewStep.objects.get()
    assert made.order == 1
    assert (made.name, made.approvals_needed, made.category) == ("Facts", 2, None)
    assert "Review steps" in admin.get(address).content.decode()
    response = admin.post(address, {**sent, "steps-0-approvals_needed": "0"})
    assert response.status_code == 200


def test_group_of_a_step_cannot_be_deleted(admin, people, steps):
    group = steps[0].group
    admin.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert Group.objects.filter(pk=group.pk).exists()


def test_step_that_nobody_can_approve_is_reported(admin, roles):
    make_term()
    glossary = default_glossary()
    group = Group.objects.create(name="Legal")
    anna = User.objects.create_user("anna", is_staff=True)
    anna.groups.add(group, Group.objects.get(name="Author"))
    sent = {
        "name": "Glossary", "slug": "glossary", "language": "en", "approvals_needed": "0",
        **NO_STEPS, "steps-TOTAL_FORMS": "1", "steps-0-name": "Law", "steps-0-order": "1",
        "steps-0-group": group.pk, "steps-0-approvals_needed": "1", "steps-0-category": "",
    }  # fmt: skip
    address = f"/admin/terms/glossary/{glossary.pk}/change/"
    said = "The step “Law” needs 1 approval, but “Legal” has 0 members with the right to approve"
    assert said in admin.post(address, sent, follow=True).content.decode()
    anna.groups.add(Group.objects.get(name="Reviewer"))
    ReviewStep.objects.all().delete()
    assert "needs 1 approval" not in admin.post(address, sent, follow=True).content.decode()


def test_reviewer_of_a_later_step_reads_why_it_waits(people, steps):
    ann, _eve, _eli, lea = people
    term = make_term(author=ann)
    submit(term, ann)
    html = logged_in(lea).get(f"/admin/terms/term/{term.pk}/review/").content.decode()
    assert "only members of “Experts” can approve it" in html
