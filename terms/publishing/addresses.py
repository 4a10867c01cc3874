"""Addresses of published terms, and checks whether an address is free."""

from collections import defaultdict
from collections.abc import Collection

from django.utils.translation import gettext as _

from terms.addresses import list_path
from terms.models import Glossary, PublishedClass, PublishedTerm
from terms.models.fields import Uid


class AddressesInUse:
    """The addresses in use while terms are being published, updated term by term."""

    def __init__(self, glossary: Glossary):
        self.glossary = glossary
        self._holders: dict[tuple[str, str], set[Uid]] = defaultdict(set)
        self._held: dict[Uid, set[tuple[str, str]]] = defaultdict(set)
        self._moved: set[Uid] = set()  # terms already at their new addresses

    def look_at(self, pages: Collection[PublishedTerm]) -> None:
        """Load the terms that have the addresses of ``pages`` now."""
        slugs = {page.slug for page in pages}
        lists = {self._list(page.category_slug) for page in pages if page.category_slug}
        published = PublishedTerm.objects.of(self.glossary).order_by()
        classes = PublishedClass.objects.filter(glossary=self.glossary, category_slug__in=slugs)
        categories = set(classes.values_list("category_slug", flat=True))  # usually empty
        for name, values in (("slug", slugs), ("category_slug", categories), ("path", lists)):
            rows = published.filter(**{f"{name}__in": values})
            for uid, value in rows.values_list("uid", name):
                if uid not in self._moved:
                    self._hold(uid, name, value)

    def _list(self, category: str) -> str:
        return list_path(self.glossary.slug, category)

    def _hold(self, uid: Uid, name: str, value: str) -> None:
        self._holders[name, value].add(uid)
        self._held[uid].add((name, value))

    def take(self, page: PublishedTerm) -> None:
        self._moved.add(page.uid)
        for what in self._held.pop(page.uid, ()):
            self._holders[what].discard(page.uid)
        for name in ("slug", "category_slug", "path"):
            if value := getattr(page, name):
                self._hold(page.uid, name, value)

    def why_not(self, page: PublishedTerm) -> str:
        """Return the reason why the page's address is not free, or an empty string."""
        if page.slug in ("", ".", ".."):
            return _("Its file's name makes no address.")
        if self._by_another(page, "slug", page.slug):
            text = _("Another published term has the address “{address}”.")
            return text.format(address=page.slug)
        if page.path == self._list(page.slug) and self._by_another(
            page, "category_slug", page.slug
        ):
            return _("A category has the address “{address}”.").format(address=page.slug)
        if page.category_slug and self._by_another(page, "path", self._list(page.category_slug)):
            text = _("A term without category has the address of the category “{category}”.")
            return text.format(category=page.category)
        return ""

    def _by_another(self, page: PublishedTerm, name: str, value: str) -> bool:
        return bool(self._holders.get((name, value), set()) - {page.uid})
