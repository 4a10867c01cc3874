"""Permissions in all glossaries, in one glossary, or in one category of it."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from terms.formats.document import TermDocument
from terms.models import Category, Event, Glossary, Grant, Term, Vertical

_Rows = TypeVar("_Rows", bound=QuerySet[Any])
# Model of a place → the reason when the place does not exist.
NO_PLACE = {
    "category": _lazy("There is no category “{name}”, and you may not make one."),
    "vertical": _lazy("There is no vertical “{name}”, and you may not make one."),
}
LOOKING = frozenset({"view_term", "view_category", "view_vertical", "view_glossary"})


@dataclass(frozen=True)
class Rights:
    """The glossaries and categories in which a person has one permission."""

    everywhere: bool = False
    glossaries: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether the person has the permission anywhere."""
        return self.everywhere or bool(self.glossaries or self.categories)

    def hold_in(self, glossary: int | None, category: int | None = None) -> bool:
        return self.everywhere or glossary in self.glossaries or category in self.categories

    def hold_for(self, thing: Any) -> bool:
        """Whether the permission covers a term, category, vertical or glossary."""
        if isinstance(thing, Glossary):
            return self.hold_in(thing.pk)
        if isinstance(thing, Category):
            return self.hold_in(thing.glossary_id, thing.pk)
        if isinstance(thing, Term):
            return self.hold_in(thing.glossary_id, thing.category_id)
        return self.hold_in(getattr(thing, "glossary_id", None))

    def glossaries_in(self, rows: _Rows) -> _Rows:
        """Filter ``rows`` to glossaries with the permission, at least for one category."""
        of_categories = Category.objects.filter(pk__in=self.categories).values("glossary")
        inside = Q(pk__in=self.glossaries) | Q(pk__in=of_categories)
        return rows if self.everywhere else rows.filter(inside)

    def among(self, rows: _Rows) -> _Rows:
        """Filter ``rows`` to those that the permission covers, and leave deleted glossaries out."""
        rows = _without_deleted(rows)
        if self.everywhere:
            return rows
        if issubclass(rows.model, Glossary):
            return rows.filter(pk__in=self.glossaries)
        inside = Q(glossary__in=self.glossaries)
        if issubclass(rows.model, Category):
            inside |= Q(pk__in=self.categories)
        elif issubclass(rows.model, Term):
            inside |= Q(category__in=self.categories)
        return rows.filter(inside)


def _without_deleted(rows: _Rows) -> _Rows:
    # Terms of deleted glossaries are in the trash. The log stays complete.
    if rows.model in (Glossary, Term, Event):
        return rows
    return rows.exclude(glossary__in=Glossary.with_deleted.deleted())


NONE = Rights()


def rights(user: Any, permission: str) -> Rights:
    """Return where ``user`` has ``permission``, a codename such as ``change_term``.

    A role in a category includes view permission for its glossary, since terms refer to each
    other.
    """
    if not (user.is_authenticated and user.is_active):
        return NONE
    if user.has_perm(f"terms.{permission}"):
        return Rights(everywhere=True)
    found = _granted(user).get(permission, ())
    looking = permission in LOOKING
    return Rights(
        False,
        frozenset(glossary for glossary, category in found if looking or category is None),
        frozenset(category for _, category in found if category is not None),
    )


def may(user: Any, permission: str, thing: Any) -> bool:
    """Whether ``user`` has ``permission`` for one term, category, vertical or glossary."""
    return rights(user, permission).hold_for(thing)


def why_not_save(user: Any, glossary: Glossary, document: TermDocument, is_new: bool) -> str:
    """Return the reason why ``user`` may not save a term with this text, or an empty string.

    This checks the new category. Callers check the permission for the term as it is.
    """
    for model, name in ((Category, document.category), (Vertical, document.vertical)):
        is_there = not name or model.objects.filter(glossary=glossary, name=name).exists()
        kind = str(model._meta.model_name)
        if not is_there and not rights(user, f"add_{kind}").hold_in(glossary.pk):
            return NO_PLACE[kind].format(name=name)
    found = rights(user, "add_term" if is_new else "change_term")
    category = Category.objects.filter(glossary=glossary, name=document.category).first()
    if found.hold_in(glossary.pk, category.pk if category else None):
        return ""
    if not document.category:
        return _("Choose a category in which you may write.")
    text = _("You may not write terms in the category “{category}”.")
    return text.format(category=document.category)


def _granted(user: Any) -> dict[str, set[tuple[int, int | None]]]:
    """Return permission → (glossary, category) of a person's grants, cached on ``user``."""
    if not hasattr(user, "_places_of_grants"):
        places: dict[str, set[tuple[int, int | None]]] = {}
        grants = Grant.objects.filter(user=user.pk, glossary__deleted_at=None)
        rows = grants.values_list("role__permissions__codename", "glossary", "category")
        for codename, glossary, category in rows:
            places.setdefault(codename, set()).add((glossary, category))
        user._places_of_grants = places
    return user._places_of_grants


def groups_of(user: Any, thing: Any) -> set[int]:
    """Return the ids of the groups of ``user``, everywhere or by a grant for the term ``thing``."""
    if not hasattr(user, "_groups_everywhere"):
        user._groups_everywhere = set(user.groups.values_list("pk", flat=True))
        grants = Grant.objects.filter(user=user.pk)
        user._groups_of_grants = set(grants.values_list("role", "glossary", "category"))
    return user._groups_everywhere | {
        role
        for role, glossary, category in user._groups_of_grants
        if glossary == thing.glossary_id and category in (None, thing.category_id)
    }


def people_in(group: int, thing: Any) -> QuerySet:
    """Return the active members of a group (id), everywhere or by a grant for a term."""
    here = Q(grants__role=group, grants__glossary=thing.glossary_id) & (
        Q(grants__category=None) | Q(grants__category=thing.category_id)
    )
    people = get_user_model().objects.filter(is_active=True)
    return people.filter(Q(groups=group) | here).distinct()


def people_with(permission: str, thing: Any) -> QuerySet:
    """Return the active people who have ``permission`` for ``thing``, by group or grant."""
    glossary = thing.pk if isinstance(thing, Glossary) else thing.glossary_id
    category = getattr(thing, "category_id", None)
    which = Permission.objects.filter(codename=permission, content_type__app_label="terms")
    here = Q(grants__glossary=glossary) & (
        Q(grants__category=None) | (Q(grants__category=category) if category else Q(pk=None))
    )
    people = get_user_model().objects.filter(is_active=True)
    return people.filter(
        Q(is_superuser=True)
        | Q(user_permissions__in=which)
        | Q(groups__permissions__in=which)
        | (here & Q(grants__role__permissions__in=which))
    ).distinct()
