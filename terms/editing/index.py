"""The rows that index a term's text: details, aliases, relations and their targets."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Q

from terms.formats.document import TermDocument
from terms.formats.paths import name_key
from terms.formats.related import MAX_PIECES, read_names
from terms.models import Alias, Detail, Glossary, Relation, Term
from terms.models.bulk import insert_rows
from terms.models.term import NAME_LENGTH

MANY = 1_000  # keys; with more, all names are read at once
FEW = 50  # names with commas; with more, all relation strings with a comma are searched
MAX_RUNS = 500  # pieces of a relation string; a longer one is only split at its commas


def index_terms(
    glossary: Glossary, written: Mapping[int, TermDocument], new: Collection[int] = ()
) -> None:
    """Write the rows of saved terms (id → document), and resolve relations to their names.

    ``new`` are the ids of terms that have no rows yet.
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
    """Rewrite the relations of terms from their relation strings (term id → string)."""
    former = Relation.objects.filter(term__in=[term for term in strings if term not in new])
    before: dict[tuple[int, str], int] = {
        (term, key): target
        for term, key, target in former.values_list("term", "key", "target")
        if target
    }
    few = len(strings) <= MANY // 10  # as many as an import saves at once
    keys = {key for text in strings.values() for key in runs(text)} if few else None
    known = known_names(glossary, keys)
    longest = min(MAX_PIECES, 1 + max((key.count(",") for key in known), default=0))
    rows = []
    for term, text in strings.items():
        for position, label in enumerate(read_names(text, known.__contains__, longest)):
            key = _key(label)
            # The target is kept by id: after a rename, the old name still refers to it.
            target = known.get(key) or before.get((term, key))
            rows.append((term, position, label, key, target))
    former.delete()
    insert_rows(Relation, ("term", "position", "label", "key", "target"), rows)


def known_names(glossary: Glossary, keys: Collection[str] | None) -> dict[str, int]:
    """Return name or alias → term id for ``keys``; all names for None or more than MANY keys.

    Names take precedence over aliases, older terms over newer ones.
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
    """Resolve the relations to removed ``terms`` (ids) again."""
    referring = Relation.objects.filter(target__in=terms)
    strings = dict(
        Term.objects.filter(glossary=glossary, pk__in=referring.values("term"))
        .exclude(pk__in=terms)
        .values_list("pk", "related")
    )
    referring.update(target=None)
    index_relations(glossary, strings)


def recall(glossary: Glossary, names: Sequence[str], terms: Collection[int]) -> None:
    """Resolve the relations of restored ``terms`` (ids), and relations to their ``names``."""
    strings = dict(Term.objects.filter(pk__in=terms).values_list("pk", "related"))
    index_relations(glossary, strings | _terms_waiting_for(glossary, names, terms))


def runs(text: str) -> Iterable[str]:
    """Yield the keys of all parts of a relation string that could be one name."""
    pieces = text.split(",") if text else []
    longest = MAX_PIECES if len(pieces) <= MAX_RUNS else 1
    for start in range(len(pieces)):
        for end in range(start + 1, min(len(pieces), start + longest) + 1):
            yield _key(",".join(pieces[start:end]))


def _terms_waiting_for(
    glossary: Glossary, names: Sequence[str], written: Collection[int]
) -> dict[int, str]:
    """Return other terms with a wanted relation that ``names`` may resolve: id → string."""
    wanted = Relation.objects.wanted().filter(term__glossary=glossary)
    with_commas = [name for name in names if "," in name]
    if not with_commas and not wanted.exists():
        return {}
    keys = {key for name in names for key in (_key(name), *map(_key, name.split(",")))}
    if len(keys) <= MANY:
        wanted = wanted.filter(key__in=keys)
    condition = Q(pk__in=wanted.values("term"))
    # A name with commas may occur where each of its pieces was read as a name.
    for name in with_commas[:FEW]:
        condition |= Q(related__icontains=name)
    if len(with_commas) > FEW:
        condition |= Q(related__contains=",")
    terms = Term.objects.filter(condition, glossary=glossary).exclude(related="")
    return {pk: text for pk, text in terms.values_list("pk", "related") if pk not in written}
