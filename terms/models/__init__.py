from .classification import Category, Vertical
from .events import Event, MailChoice, Notice
from .files import TermFile
from .glossary import Glossary
from .people import Grant
from .published import Mention, PublishedClass, PublishedName, PublishedRelation, PublishedTerm
from .review import Approval, Comment, Review
from .revision import ChangeSet, Revision
from .site import Address, Page, SearchMiss, Site, Withdrawal
from .term import Alias, Detail, MentionDecision, Relation, Term

__all__ = [
    "Address",
    "Alias",
    "Approval",
    "Category",
    "ChangeSet",
    "Comment",
    "Detail",
    "Event",
    "Glossary",
    "Grant",
    "MailChoice",
    "Mention",
    "MentionDecision",
    "Notice",
    "Page",
    "PublishedClass",
    "PublishedName",
    "PublishedRelation",
    "PublishedTerm",
    "Relation",
    "Review",
    "Revision",
    "SearchMiss",
    "Site",
    "Term",
    "TermFile",
    "Vertical",
    "Withdrawal",
]
