"""Regression tests of bypassed approvals and permissions, and of lost data."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.utils import timezone

from terms.changes.change_sets import PublishingRefused, approve_set, collect, publish_set
from terms.changes.operation import CannotRefactor, apply
from terms.changes.rename import rename_classification, undo_set
from terms.changes.reword import merge_terms
from terms.changes.trash import restore_term, trash
from terms.models import (
    Approval,
    Category,
    ChangeSet,
    Glossary,
    Grant,
    Notice,
    PublishedTerm,
    Term,
    Unsaved,
)
from terms.people import notifications
from terms.publishing.publish import publish
from terms.review.requests import CannotReview, approve
from tests.accounts import logged_in
from tests.admin.forms import NO_STEPS, address, fields_of
from tests.factory import default_glossary, make_live, make_term, save_text, text_of

pytestmark = pytest.mark.django_db


def person(name, role=None, **part):
    user = User.objects.create_user(name, email=f"{name}@example.org", is_staff=True)
    if role and part:
        Grant.objects.create(user=user, role=Group.objects.get(name=role), **part)
    elif role:
        user.groups.add(Group.objects.get(name=role))
    return user


def require_approvals(name="Law", needed=1):
    Category.objects.filter(name=name).update(approvals_needed=needed)
    return Category.objects.get(name=name)


def refused(term):
    return [r.reason for r in publish(term.glossary, Term.objects.filter(pk=term.pk))]


def may_edit_all(term):
    return True


# Approvals


def test_restored_term_does_not_bring_back_renamed_category():
    term = make_term("A", category="Law")
    law = require_approvals()
    trash(term)
    rename_classification(law, "Legal")
    restore_term(Term.with_trash.get(pk=term.pk))
    assert Category.objects.get() == law
    assert refused(term)


def test_restored_revision_does_not_bring_back_renamed_category(roles):
    term = make_term("A", category="Law")
    rename_classification(require_approvals(), "Legal")
    client = logged_in(person("ann", "Author"))
    sent = {"number": "1", "seen": "2"}
    page = client.post(f"/admin/terms/term/{term.pk}/history/restore/", sent, follow=True)
    assert "There is no category “Law”, and you may not make one." in page.content.decode()
    assert Category.objects.count() == 1


def test_rename_of_category_is_not_undone_after_new_terms():
    make_term("A", category="Law")
    change_set = rename_classification(require_approvals(), "Legal")
    make_term("B", category="Legal")
    with pytest.raises(CannotRefactor, match="“B” has come into “Legal” since"):
        undo_set(ChangeSet.objects.get(pk=change_set.pk))
    assert Category.objects.get().name == "Legal"


@pytest.mark.parametrize("way", ["default", "slug"])
def test_approvals_of_published_category_still_apply(way):
    term = make_live("A", category="Law")
    make_term("N", category="Notes")
    if way == "default":
        Glossary.objects.update(approvals_needed=2)
        require_approvals("Notes", 0)
    else:
        require_approvals()
        Category.objects.filter(name="Law").update(slug="other")
    save_text(term, text_of("A", category="Notes"))
    assert refused(term)


def test_outdated_glossary_object_does_not_skip_approvals():
    term = make_term("A")
    kept = default_glossary()
    Glossary.objects.update(approvals_needed=1)
    assert publish(kept, Term.objects.filter(pk=term.pk))


def test_author_cannot_approve_own_text_saved_by_another():
    ann, bob = person("ann"), person("bob")
    term = make_live("A", category="Law")
    require_approvals()
    first, second = text_of("A", category="Law"), text_of("A", category="Law", body="Ann's own.")
    save_text(term, second, author=ann)
    save_text(term, first, author=ann)
    save_text(term, second, author=bob)
    term.refresh_from_db()
    for who in (ann, bob):
        with pytest.raises(CannotReview, match="you wrote part of it"):
            approve(term, who, term.fingerprint)


@pytest.mark.parametrize("action", ["publish", "schedule"])
def test_unread_text_is_not_published_or_scheduled(admin, action):
    term = make_term("A")
    seen = term.fingerprint
    save_text(term, text_of("A", body="Unread."))
    year = timezone.now().year + 1
    sent = {"do": action, "fingerprint": seen, "action": "publish", "at": f"{year}-01-01T00:00"}
    page = admin.post(f"/admin/terms/term/{term.pk}/review/", sent, follow=True).content.decode()
    assert "changed since you read it" in page
    assert not PublishedTerm.objects.exists()
    assert not term.schedule.exists()


def test_change_set_with_unread_text_is_not_published(admin):
    term = make_term("A")
    change_set = collect(default_glossary(), [term], "One", None)
    seen = f"{term.pk} {term.fingerprint}"
    save_text(term, text_of("A", body="Unread."))
    page = f"/admin/terms/changeset/{change_set.pk}/change/"
    assert (
        "changed since you read it"
        in admin.post(page, {"do": "publish", "seen": seen}, follow=True).content.decode()
    )
    assert not PublishedTerm.objects.exists()


def test_approving_a_change_set_skips_approved_terms():
    ann = person("ann")
    terms = [make_term("A"), make_term("B")]
    approve(terms[0], ann, terms[0].fingerprint)
    change_set = collect(default_glossary(), terms, "Two", None)
    approve_set(change_set, ann, {term.pk: term.fingerprint for term in terms})
    assert Approval.objects.count() == 2


# Permissions


def test_permissions_in_a_category_do_not_allow_new_categories(roles):
    make_term("A", category="Law")
    law = Category.objects.get()
    client = logged_in(person("ann", "Administrator", glossary=law.glossary, category=law))
    for model in ("glossary", "category", "vertical"):
        sent = {"name": "New", "slug": "new", "language": "en", "approvals_needed": "0", **NO_STEPS,
                "glossary": law.glossary_id, "order": "0"}  # fmt: skip
        assert client.post(f"/admin/terms/{model}/add/", sent).status_code == 403
    assert (Glossary.objects.count(), Category.objects.count()) == (1, 1)


def test_undo_of_rename_needs_permission_to_rename(roles):
    make_term("A", category="Law")
    change_set = rename_classification(Category.objects.get(), "Legal")
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    assert logged_in(person("ann", "Author")).post(address, {"do": "undo"}).status_code == 403
    assert Category.objects.get().name == "Legal"


def test_change_set_with_trashed_terms_of_others_cannot_be_shared(roles):
    mine, theirs = make_term("A", category="Mine"), make_term("B", category="Theirs")
    change_set = collect(default_glossary(), [theirs], "Theirs", None)
    trash(theirs)
    part = {"glossary": mine.glossary, "category": mine.category}
    client = logged_in(person("ann", "Author", **part))
    address = f"/admin/terms/changeset/{change_set.pk}/change/"
    assert client.post(address, {"do": "link"}).status_code == 403


@pytest.mark.parametrize("more", ["permission", "group"])
def test_administrator_cannot_change_accounts_with_other_permissions(roles, more):
    client = logged_in(person("ann", "Administrator"))
    other = person("bob")
    if more == "permission":
        other.user_permissions.add(Permission.objects.get(codename="change_group"))
    else:
        group = Group.objects.create(name="Ops")
        group.permissions.add(Permission.objects.get(codename="change_group"))
        other.groups.add(group)
    for route in ("change", "password"):
        assert client.post(f"/admin/auth/user/{other.pk}/{route}/", {}).status_code == 403


# Lost data


def test_owner_and_date_survive_a_conflict(admin):
    term, owner = make_term("A"), person("bob")
    fields = fields_of(admin.get(address(term)))
    save_text(term, text_of("A", body="Theirs"))
    typed = {**fields, "owner": [str(owner.pk)], "review_by": ["2030-01-01"]}
    again = fields_of(admin.post(address(term), typed))
    assert admin.post(address(term), again).status_code == 302
    term.refresh_from_db()
    assert (term.owner, str(term.review_by)) == (owner, "2030-01-01")


def test_text_typed_into_deleted_term_is_offered_after_restore(admin):
    term = make_term("A")
    fields = fields_of(admin.get(address(term)))
    trash(term)
    page = admin.post(address(term), {**fields, "description": ["Long work"]}, follow=True)
    assert "What you typed is kept" in page.content.decode()
    assert "Long+work" in Unsaved.objects.get().data
    restore_term(Term.with_trash.get(pk=term.pk))
    again = fields_of(admin.get(address(term), {"again": "1"}))
    assert again["description"] == ["Long work"]


def test_merge_leaves_no_address_without_target():
    one, other = make_live("A"), make_live("B")
    apply(merge_terms(one, other, may_edit_all))
    with pytest.raises(CannotRefactor, match="already part of another term"):
        merge_terms(Term.objects.get(name="B"), Term.objects.get(name="A"), may_edit_all)
    draft = make_term("C", text=text_of("C").replace("---\nC is", "aliases: [D]\n---\nC is"))
    live = make_live("D")
    change_set = apply(merge_terms(live, draft, may_edit_all))
    assert list(change_set.members()) == [live]  # the draft that it goes into is not in the set
    with pytest.raises(PublishingRefused):
        publish_set(change_set)
    assert PublishedTerm.objects.filter(name="D").exists()


# Mail


def test_failed_mail_is_retried_and_given_up(monkeypatch):
    ann = person("ann")
    notice = Notice.objects.create(
        person=ann, term=make_term("A"), text="x", created_at=timezone.now() - notifications.DAY
    )
    tries = []

    def refuse(message):
        tries.append(1)
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    assert notifications.send_mail() == 0
    assert notifications.send_mail() == 0
    assert len(tries) == 1
    assert notifications.next_mail() > timezone.now()
    Notice.objects.update(tries=notifications.TRIES - 1, retry_at=timezone.now())
    notifications.send_mail()
    notice.refresh_from_db()
    assert notice.mailed_at
    assert notifications.next_mail() is None


def test_inactive_user_gets_no_mail(mailoutbox):
    ann = person("ann")
    term = make_term("A")
    Notice.objects.create(
        person=ann, term=term, text="x", created_at=timezone.now() - notifications.DAY
    )
    User.objects.update(is_active=False)
    assert notifications.send_mail() == 0
    assert mailoutbox == []
    assert notifications.next_mail() is None


# Hostile input


def test_hostile_numbers_and_names_cause_no_server_error(admin):
    term = make_live("A")
    fields = fields_of(admin.get(address(term)))
    assert admin.post(address(term), {**fields, "seen": "9" * 5000}).status_code in (200, 302, 409)
    page = admin.post(
        f"/admin/terms/term/{term.pk}/refactor/", {"kind": "rename", "name": "a\u202eb"}
    ).content.decode()
    assert 'name="confirm"' not in page
    response = admin.get(f"/admin/terms/glossary/{term.glossary_id}/change/")
    assert response.status_code == 200
    assert term.glossary.get_absolute_url() == "/glossary/"
