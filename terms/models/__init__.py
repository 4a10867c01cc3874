from .classification import Category, Vertical
from .events import Event, Notice, Watching
from .files import FormerPath, Picture, PictureFile, SidecarFile, TermFile
from .glossary import Glossary
from .guest import GuestLink
from .imports import ImportFile, ImportPlan, ImportUpload
from .jobs import Job
from .pattern import Pattern
from .people import Display, Grant, Preference
from .published import Mention, PublishedClass, PublishedName, PublishedRelation, PublishedTerm
from .repository import Repository, Sync
from .review import Approval, Comment, Removal, Review, ReviewStep
from .revision import ChangeSet, ItemChange, PictureChange, Revision, TrashedTerm
from .schedule import Schedule
from .site import Address, Page, PageWrite, SearchMiss, Site, Unfinished, Withdrawal
from .suggestion import DeclinedRelation, Suggestion
from .term import Alias, Detail, MentionDecision, Relation, Term
from .unsaved import Presence, Unsaved
from .webhooks import Announcement, Delivery, Webhook

__all__ = [
    "Address",
    "Alias",
    "Announcement",
    "Approval",
    "Category",
    "ChangeSet",
    "Comment",
    "DeclinedRelation",
    "Delivery",
    "Detail",
    "Display",
    "Event",
    "FormerPath",
    "Glossary",
    "Grant",
    "GuestLink",
    "ImportFile",
    "ImportPlan",
    "ImportUpload",
    "ItemChange",
    "Job",
    "Mention",
    "MentionDecision",
    "Notice",
    "Page",
    "PageWrite",
    "Pattern",
    "Picture",
    "PictureChange",
    "PictureFile",
    "Preference",
    "Presence",
    "PublishedClass",
    "PublishedName",
    "PublishedRelation",
    "PublishedTerm",
    "Relation",
    "Removal",
    "Repository",
    "Review",
    "ReviewStep",
    "Revision",
    "Schedule",
    "SearchMiss",
    "SidecarFile",
    "Site",
    "Suggestion",
    "Sync",
    "Term",
    "TermFile",
    "TrashedTerm",
    "Unfinished",
    "Unsaved",
    "Vertical",
    "Watching",
    "Webhook",
    "Withdrawal",
]
