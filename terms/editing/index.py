"""The rows that index a term's text: details, aliases, relations and their targets."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Q

from terms.formats.document import TermDocument
from terms.formats.paths import name_key
from terms.formats.related import MAX_PIECES, read_names
from terms.models import Alias, Detail, Glossary, Relation, Term
from terms.models.bulk import insert_rows
from terms.models.term import NAME_LENGTH

MANY = 1_000  # keys; above this all names are read at once
FEW = 50  # names with commas, for each of which the relation strings are searched
MAX_RUNS = 500  # pieces of a relation string; a longer one is read by its commas only


def index_terms(
    glossary: Glossary, written: Mapping[int, TermDocument], new: Collection[int] = ()
) -> None:
    """Write the rows of terms just saved (by id), and resolve what waited for their names.

    Of ``new`` terms there are no rows yet.
    """
    known = [term for term in written if term not in new]
    aliases = Alias.objects.filter(term__in=known)
    kinds = {(term, name): kind for term, name, kind in aliases.values_list("term", "name", "kind")}
    if known:
        Detail.objects.filter(term__in=known).delete()
        aliases.delete()
    insert_rows(
        Detail,
        ("term", "position", "title", "value", "url"),
        (
            (term, position, row.title, row.value, row.url)
            for term, document in written.items()
            for position, row in enumerate(document.rows)
        ),
    )
    insert_rows(
        Alias,
        ("term", "position", "name", "key", "kind"),
        (
            (term, position, name, _key(name), kinds.get((term, name), "alternative"))
            for term, document in written.items()
            for position, name in enumerate(document.aliases)
        ),
    )
    index_relations(glossary, {term: document.related for term, document in written.items()}, new)
    names = [n for document in written.values() for n in (document.name, *document.aliases)]
    waiting = _terms_waiting_for(glossary, names, written)
    if waiting:
        index_relations(glossary, waiting)


def _key(name: str) -> str:
    return name_key(name)[:NAME_LENGTH]


def index_relations(
    glossary: Glossary, strings: Mapping[int, str], new: Collection[int] = ()
) -> None:
    """Rewrite the relations of terms (by id) from their relation strings."""
    former = Relation.objects.filter(term__in=[term for term in strings if term not in new])
    before: dict[tuple[int, str], int] = {
        (term, key): target
        for term, key, target in former.values_list("term", "key", "target")
        if target
    }
    few = len(strings) < MANY // 10
    keys = {key for text in strings.values() for key in runs(text)} if few else None
    known = known_names(glossary, keys)
    longest = min(MAX_PIECES, 1 + max((key.count(",") for key in known), default=0))
    rows = []
    for term, text in strings.items():
        for position, label in enumerate(read_names(text, known.__contains__, longest)):
            key = _key(label)
            # A relation is kept by id: a renamed target is still meant by its old name.
            target = known.get(key) or before.get((term, key))
            rows.append((term, position, label, key, target))
    former.delete()
    insert_rows(Relation, ("term", "position", "label", "key", "target"), rows)


def known_names(glossary: Glossary, keys: Collection[str] | None) -> dict[str, int]:
    """Those of ``keys``, or all, that are names or aliases of terms, with the term's id.

    A name wins over an alias, the older term over the newer one.
    """
    terms = Term.objects.filter(glossary=glossary)
    aliases = Alias.objects.filter(term__glossary=glossary, term__trashed_at=None)
    if keys is not None and len(keys) <= MANY:
        terms = terms.filter(name_key__in=keys)
        aliases = aliases.filter(key__in=keys)
    known = dict(aliases.order_by("-term").values_list("key", "term"))
    known.update(terms.order_by("-pk").values_list("name_key", "pk"))
    return known


def forget_terms(glossary: Glossary, terms: Collection[int]) -> None:
    """Resolve the relations to ``terms`` (by id) again; the terms are gone."""
    referring = Relation.objects.filter(target__in=terms)
    strings = dict(
        Term.objects.filter(glossary=glossary, pk__in=referring.values("term"))
        .exclude(pk__in=terms)
        .values_list("pk", "related")
    )
    referring.update(target=None)
    index_relations(glossary, strings)


def recall(glossary: Glossary, names: Sequence[str], terms: Collection[int]) -> None:
    """Resolve what waits for ``names``, which are names of ``terms`` that are there again."""
    strings = dict(Term.objects.filter(pk__in=terms).values_list("pk", "related"))
    index_relations(glossary, strings | _terms_waiting_for(glossary, names, terms))


def runs(text: str) -> Iterable[str]:
    """Keys of everything in a relation string that could be one name."""
    pieces = text.split(",") if text else []
    longest = MAX_PIECES if len(pieces) <= MAX_RUNS else 1
    for start in range(len(pieces)):
        for end in range(start + 1, min(len(pieces), start + longest) + 1):
            yield _key(",".join(pieces[start:end]))


def _terms_waiting_for(
    glossary: Glossary, names: Sequence[str], written: Collection[int]
) -> dict[int, str]:
    """Other terms with a wanted relation that one of ``names`` may resolve: their strings."""
    wanted = Relation.objects.wanted().filter(term__glossary=glossary)
    with_commas = [name for name in names if "," in name]
    if not with_commas and not wanted.exists():
        return {}
    keys = {key for name in names for key in (_key(name), *map(_key, name.split(",")))}
    if len(keys) <= MANY:
        wanted = wanted.filter(key__in=keys)
    condition = Q(pk__in=wanted.values("term"))
    # A name with commas may be written where each of its pieces is a name, too.
    for name in with_commas[:FEW]:
        condition |= Q(related__icontains=name)
    if len(with_commas) > FEW:
        condition |= Q(related__contains=",")
    terms = Term.objects.filter(condition, glossary=glossary).exclude(related="")
    return {pk: text for pk, text in terms.values_list("pk", "related") if pk not in written}
