from .classification import Category, Vertical
from .files import TermFile
from .glossary import Glossary
from .published import PublishedName, PublishedRelation, PublishedTerm
from .revision import ChangeSet, Revision
from .term import Alias, Detail, Relation, Term

__all__ = [
    "Alias",
    "Category",
    "ChangeSet",
    "Detail",
    "Glossary",
    "PublishedName",
    "PublishedRelation",
    "PublishedTerm",
    "Relation",
    "Revision",
    "Term",
    "TermFile",
    "Vertical",
]
