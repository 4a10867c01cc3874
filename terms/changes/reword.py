"""Rename, merge and replace: operations on names of terms."""

from collections.abc import Callable, Collection

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from terms.editing.index import known_names, runs
from terms.formats.document import MAX_NAME, TermDocument
from terms.formats.line_ends import normalise
from terms.formats.paths import name_key
from terms.formats.related import read_names
from terms.models import Glossary, Mention, PublishedTerm, Relation, Term
from terms.models.fields import Uid
from terms.models.term import NAME_LENGTH
from terms.rendering import Names, as_section

from .mentions import replace_in_texts
from .operation import CannotRefactor, Effect, Operation

Allowed = Callable[[Term], bool]


def rename(
    term: Term, name: str, allowed: Allowed, keeps_old: bool = True, in_texts: bool = False
) -> Operation:
    """Plan a new name for ``term``, in its file and in files with relations to the old name.

    Files of terms that are not ``allowed`` keep the old name. With ``keeps_old``, it becomes an
    alias; with ``in_texts``, texts that mention it get the new name.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise CannotRefactor(_("A name has 1 to {most} characters.").format(most=MAX_NAME))
    if name == term.name:
        raise CannotRefactor(_("It already has this name."))
    other = known_names(term.glossary, [name_key(name)]).get(name_key(name))
    if other not in (None, term.pk):
        found = Term.objects.get(pk=other)
        text = _("“{term}” already has this name. Merge the two instead.")
        raise CannotRefactor(text.format(term=found))
    title = _("{old} renamed to {new}").format(old=term.name, new=name)
    operation = Operation(term.glossary, title)
    aliases = [alias for alias in term.document().aliases if name_key(alias) != name_key(name)]
    if keeps_old and term.name not in aliases:
        aliases.append(term.name)
    words = (
        _("gets its new name; the old name is kept as an alias")
        if keeps_old
        else _("gets its new name")
    )
    operation.rewrite(term, words, columns={"name": name}, aliases=aliases)
    operation.require(term)
    _relabel(operation, term, name, allowed)
    changed = replace_in_texts(operation, term, name, allowed) if in_texts else set()
    names = [name, *aliases]
    kept = None if keeps_old else Names((one, "own") for one in names)
    tell_of_readers(operation, term, _("its address stays as it is"), kept=kept, but=changed)
    return operation


def waiting_for(term: Term, old: str) -> QuerySet[Term]:
    """Return the other terms whose files are related to ``term`` by its former name ``old``."""
    relations = Relation.objects.filter(Q(target=None) | Q(target=term.pk))
    relations = relations.filter(
        key=name_key(old)[:NAME_LENGTH], term__glossary=term.glossary_id, term__trashed_at=None
    )
    return Term.objects.filter(pk__in=relations.values("term")).exclude(pk=term.pk)


def follow_name(term: Term, old: str, allowed: Allowed, keeps_old: bool = True) -> Operation:
    """Plan the relations of other terms after ``term`` was called ``old``.

    With ``keeps_old``, the old name becomes an alias, and their files stay as they are.
    """
    title = _("{old} renamed to {new} in other terms").format(old=old, new=term.name)
    operation = Operation(term.glossary, title[:300])
    waiting = waiting_for(term, old).order_by("path")
    if not waiting.exists():
        text = _("No other term is related to “{name}”.")
        raise CannotRefactor(text.format(name=old))
    if keeps_old:
        aliases = [*term.document().aliases, old]
        operation.rewrite(term, _("keeps its old name as an alias"), aliases=aliases)
        operation.require(term)
        return operation
    for other in waiting:
        if not allowed(other):
            words = _("is related to it by the old name, and you may not edit it")
            operation.leave(other, words)
            continue
        labels = labels_of(other.document(), term.glossary)
        once = _relabelled(labels, old, term.name)
        operation.rewrite(other, _("is related to it by the new name"), related=once)
    return operation


def merge_terms(term: Term, into: Term, allowed: Allowed, takes_text: bool = False) -> Operation:
    """Plan the merge of ``term`` into ``into``, which gets its names as aliases.

    With ``takes_text``, ``into`` also gets its text as a section. Relations to ``term`` then
    point to ``into``.
    """
    if term.pk == into.pk:
        raise CannotRefactor(_("A term cannot be merged into itself."))
    if term.glossary_id != into.glossary_id:
        raise CannotRefactor(_("The two are in different glossaries."))
    for one in (term, into):
        if one.document().is_merged:
            text = _("“{term}” is already part of another term.")
            raise CannotRefactor(text.format(term=one))
    title = _("{term} merged into {other}").format(term=term.name, other=into.name)
    operation = Operation(term.glossary, title)
    names = [*into.document().aliases, term.name, *term.document().aliases]
    by_key = {name_key(name): name for name in reversed(names)}
    aliases = [by_key[key] for key in dict.fromkeys(map(name_key, names))]
    aliases = [name for name in aliases if name_key(name) != name_key(into.name)]
    operation.rewrite(into, _("gets the other's names as aliases"), aliases=aliases)
    if takes_text:
        words = _("gets its definition and text, as a section “{term}” at its end")
        operation.rewrite(into, words.format(term=term), body=_with_section(into, term))
    _relabel(operation, term, into.name, allowed, but=into)
    _drop(operation, into, term)
    operation.rewrite(
        term,
        _("gets a note that it was merged"),
        keys={"status": "merged", "replaced_by": into.name},
    )
    operation.require(term, into)
    _tell_of_merged(operation, term, into, takes_text)
    return operation


def _tell_of_merged(operation: Operation, term: Term, into: Term, takes_text: bool) -> None:
    words = (
        _("keeps its definition and text in its own file, too")
        if takes_text
        else _("keeps its definition and text in its own file; nothing of them goes into “{term}”")
    )
    operation.leave(term, words.format(term=into))
    address = _("when this is published, its address redirects to “{term}”").format(term=into)
    tell_of_readers(operation, term, address, into)


def _with_section(into: Term, term: Term) -> str:
    document = term.document()
    body = normalise(into.document().body).rstrip("\n")
    added = as_section(document.name, document.description, normalise(document.body))
    return f"{body}\n\n{added}" if body else f"\n{added}"


def replace(term: Term, successor: Term, allowed: Allowed) -> Operation:
    """Plan to mark ``term`` as deprecated in favour of ``successor``."""
    if term.pk == successor.pk:
        raise CannotRefactor(_("A term cannot be its own successor."))
    title = _("{term} replaced by {other}").format(term=term.name, other=successor.name)
    operation = Operation(term.glossary, title)
    operation.rewrite(
        term,
        _("is marked as deprecated in favour of “{term}”").format(term=successor),
        keys={"status": "deprecated", "replaced_by": successor.name},
    )
    operation.require(term)
    if not operation.drafts:
        raise CannotRefactor(_("Its file already says so."))
    words = _("its page shows a banner that links to “{term}”").format(term=successor)
    tell_of_readers(operation, term, words)
    return operation


def _relabel(
    operation: Operation, term: Term, name: str, allowed: Allowed, but: Term | None = None
) -> None:
    """Plan to replace the name of ``term`` by ``name`` in the relations of other files."""
    relations = Relation.objects.filter(target=term, term__trashed_at=None)
    referring = Term.objects.filter(pk__in=relations.values("term"), glossary=term.glossary)
    for other in referring.exclude(pk__in=[term.pk, but.pk if but else term.pk]).order_by("path"):
        if not allowed(other):
            words = _("is related to it by the old name, and you may not edit it")
            operation.leave(other, words)
            continue
        labels = labels_of(other.document(), term.glossary)
        once = _relabelled(labels, term.name, name)
        operation.rewrite(other, _("is related to it by the new name"), related=once)


def _relabelled(labels: list[str], old: str, new: str) -> list[str]:
    """Return the names with ``new`` instead of ``old``, each once."""
    found = [new if name_key(label) == name_key(old) else label for label in labels]
    return list({name_key(label): label for label in reversed(found)}.values())[::-1]


def _drop(operation: Operation, into: Term, term: Term) -> None:
    """Plan to remove the relation of ``into`` to ``term``, which would refer to itself."""
    labels = labels_of(into.document(), into.glossary)
    rest = [label for label in labels if name_key(label) != name_key(term.name)]
    if rest != labels:
        operation.rewrite(into, _("is no longer related to it"), related=rest)


def labels_of(document: TermDocument, glossary: Glossary) -> list[str]:
    """Return the names in the relation string of ``document``."""
    known = known_names(glossary, set(runs(document.related)))
    return read_names(document.related, known.__contains__)


def tell_of_readers(
    operation: Operation,
    term: Term,
    words: str,
    into: Term | None = None,
    kept: Names | None = None,
    but: Collection[Uid] = (),
) -> None:
    """List the effects on the address of ``term`` and on texts that mention it.

    ``kept`` are the names of the term from now on, if they are others. The texts of the terms
    ``but`` are changed anyway.
    """
    page = PublishedTerm.objects.filter(uid=term.uid).first()
    if page is None:
        return
    operation.leave(term, _("at {path}: {effect}").format(path=page.path, effect=words))
    named = Mention.objects.filter(target_uid=term.uid).order_by("source__sort_key")
    named = named.exclude(source__uid__in=but)
    rows = named.values_list("source__uid", "source__name", "label")
    for uid, (name, label) in {uid: (name, label) for uid, name, label in rows}.items():
        is_own = into is not None and uid == into.uid
        if is_own:
            text = _("mentions “{label}” in its text; this stays, without a link to itself")
        elif kept is not None and not kept.find(label):
            text = _("mentions “{label}” in its text; this stays, but is no longer a link")
        else:
            text = _("mentions “{label}” in its text; this stays a link")
        operation.effects.append(Effect(name, text.format(label=label)))
