from .classification import Category, Vertical
from .files import TermFile
from .glossary import Glossary
from .published import Mention, PublishedClass, PublishedName, PublishedRelation, PublishedTerm
from .revision import ChangeSet, Revision
from .site import Address, Page, SearchMiss, Site, Withdrawal
from .term import Alias, Detail, MentionDecision, Relation, Term

__all__ = [
    "Address",
    "Alias",
    "Category",
    "ChangeSet",
    "Detail",
    "Glossary",
    "Mention",
    "MentionDecision",
    "Page",
    "PublishedClass",
    "PublishedName",
    "PublishedRelation",
    "PublishedTerm",
    "Relation",
    "Revision",
    "SearchMiss",
    "Site",
    "Term",
    "TermFile",
    "Vertical",
    "Withdrawal",
]
