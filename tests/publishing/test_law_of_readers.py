"""Law 6: after any sequence of changes, all pages, mentions and search rows equal those of a full
rebuild, byte for byte."""

import os

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from terms.changes.rename import rename_classification
from terms.files.import_plan import plan_import
from terms.files.importing import apply_import
from terms.formats.document import changed
from terms.formats.problems import CannotSplice
from terms.models import (
    Glossary,
    Mention,
    MentionDecision,
    Page,
    PublishedRelation,
    PublishedTerm,
    Term,
    bulk,
)
from terms.pages import feeds, lists, steps
from terms.publishing import mentions as linking
from terms.publishing import publish as publishing
from terms.publishing.publish import publish, publish_again, withdraw
from terms.publishing.rebuild import rebuild
from terms.search import index as search_index
from tests.factory import make_term, save_text, text_of

EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "40"))

NAMES = [
    "Flask", "GraphQL", "GraphQL API", "REST", "Lifetime Value (LTV)", "C++", "Café", "数据库",
    "strong", "Policy", "policies", "search", "Ångström", "Flask", '" onmouseover="x', "Zebra",
    "0day", "!!!", "Security Orchestration, Automation, and Response (SOAR)", "Go", "데이터",
    "Go (game)", "Flask (flask)", "GraphQL API (of REST)",
]  # fmt: skip
CATEGORIES = ["Software", "Finance", "search"]
VERTICALS = ["Full Stack", "Markets"]
names = st.sampled_from(NAMES)
prose = st.lists(
    st.one_of(
        names,
        st.sampled_from([
            "and", "**", "`", "\n\n", "# ", "\n", "> ", "[", "](x)", "policies’s", "LTVs", "<b>",
            "</b>", "C\\+\\+", "Fl&#97;sk", "rest", "使用数据库", "flasks", "데이터는", "*", "a", "<a href=x>", "&amp;", "\\",
            "[f](t1.md)", "https://x.org/Flask", "[g](/t2/#x)", '{{Glossary("REST")}}', '{{glossary("t1", "Go")}}',
            '{{< glossary_tooltip term_id="t2" text="Café" >}}', '{{HTMLElement("p")}}', "[Zebras](g)", "[_Policies_](g)",
            "\n\n{{GlossaryDisambiguation}}\n\n",
        ]),
    ),
    max_size=14,
).map(" ".join)  # fmt: skip


def everything():
    """Return all content for readers in a comparable form."""
    pages = {
        path: (status, kind, location, bytes(body), bytes(gzip))
        for path, status, kind, location, body, gzip in Page.objects.exclude(
            status=404
        ).values_list("path", "status", "type", "location", "body", "gzip")
    }
    columns = ("source__uid", "start", "end", "label", "key", "target_uid")
    mentions = sorted(Mention.objects.values_list(*columns), key=str)
    links = PublishedRelation.objects.filter(kind__in=["link", "meaning"]).order_by(
        "term__uid", "position"
    )
    columns = ("term__uid", "position", "label", "key", "target_uid")
    return pages, mentions, list(links.values_list(*columns)), search_index.everything()


def forget_everything():
    Page.objects.all().delete()
    Mention.objects.all().delete()
    PublishedRelation.objects.filter(kind="link", label__startswith="?term=").delete()
    PublishedRelation.objects.filter(kind="meaning", label__startswith="\x1e").delete()
    PublishedTerm.objects.update(plain="", letter="")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM terms_search")


class Readers(RuleBasedStateMachine):
    folder = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.glossary = Glossary.objects.create(slug="glossary")
        self.number = 0
        forget_everything()  # tests that commit may leave rows of the search index
        rebuild(self.glossary)

    @initialize(
        one_page=st.sampled_from([1000, 2]),
        few=st.sampled_from([100, 0]),
        at_once=st.sampled_from([100, 0]),
    )
    def limits(self, one_page, few, at_once):
        lists.ONE_PAGE, lists.ONE_LETTER = one_page, 1
        feeds.CHUNK, feeds.LATEST = 2, 3
        linking.FEW = few
        publish.FEW = at_once

    def some(self, number):
        terms = list(Term.objects.order_by("pk"))
        return terms[number % len(terms)] if terms else None

    def edit(self, number, **values):
        if (term := self.some(number)) is not None:
            try:
                save_text(term, changed(term.document(), **values))
            except CannotSplice:
                return

    @rule(
        name=names,
        body=prose,
        related=st.lists(names, max_size=3),
        category=st.sampled_from(CATEGORIES),
        vertical=st.sampled_from(VERTICALS),
        is_live=st.booleans(),
    )
    def create(self, name, body, related, category, vertical, is_live):
        self.number += 1
        text = text_of(
            "X",
            body=body,
            related=", ".join(related) or "None",
            category=category,
            vertical=vertical,
        )
        text = text.replace("term: X", "term: '" + name.replace("'", "''") + "'")
        term = make_term(name, path=f"t{self.number}.md", text=text)
        if is_live:
            publish(self.glossary, Term.objects.filter(pk=term.pk))

    @rule(name=names, other=st.integers(0, 9), description=st.sampled_from(["", "It is."]))
    def create_part(self, name, other, description):
        whole = self.some(other)
        folder = whole.path.removesuffix("/index.md") if whole is not None else "x"
        self.number += 1
        path = f"{folder.removesuffix('.md')}/p{self.number}/index.md"
        text = f'---\nterm: "{name}"\ndescription: "{description}"\n---\n'.replace('"x"', "x")
        make_term(name, path=path, text=text)
        make_term(name, path=f"p{self.number}/index.md", text=text)

    @rule(
        name=names,
        slug=st.sampled_from(["search", "software", "plain", "letters"]),
        body=prose,
        category=st.sampled_from(["", *CATEGORIES]),
    )
    def create_without_vertical(self, name, slug, body, category):
        if not Term.objects.filter(slug=slug).exists():
            text = f"---\ntitle: '{name}'\n---\n{body}".replace("''", "'")
            text = text.replace("---\n", f"---\ncategory: {category}\n", 1) if category else text
            make_term(name, path=f"{slug}.md", text=text)

    @rule(number=st.integers(0, 9), body=prose)
    def edit_body(self, number, body):
        self.edit(number, body=body)

    @rule(number=st.integers(0, 9), name=names)
    def rename(self, number, name):
        self.edit(number, columns={"name": name})

    @rule(number=st.integers(0, 9), text=names)
    def describe(self, number, text):
        self.edit(number, columns={"description": text})

    @rule(number=st.integers(0, 9), name=st.sampled_from(CATEGORIES))
    def move(self, number, name):
        self.edit(number, columns={"category": name})

    @rule(number=st.integers(0, 9), aliases=st.lists(names, max_size=2, unique=True))
    def other_names(self, number, aliases):
        self.edit(number, aliases=aliases)

    @rule(number=st.integers(0, 9), kind=st.sampled_from(["hidden", "alternative"]))
    def hide_other_names(self, number, kind):
        if (term := self.some(number)) is not None:
            term.aliases.update(kind=kind)

    @rule(number=st.integers(0, 9), related=st.lists(names, max_size=3))
    def relate(self, number, related):
        self.edit(number, related=related)

    @rule(number=st.integers(0, 9), other=names, status=st.sampled_from(["deprecated", "merged"]))
    def deprecate(self, number, other, status):
        if (term := self.some(number)) is not None and term.newest_revision().text[:3] == "---":
            text = term.newest_revision().text
            line = f"status: {status}\nreplaced_by: '" + other.replace("'", "''") + "'\n"
            if "status:" not in text:
                save_text(term, text.replace("---\n", "---\n" + line, 1))

    @rule(number=st.integers(0, 9))
    def restore(self, number):
        if (term := self.some(number)) is not None:
            save_text(term, term.revisions.last().text)

    @rule(number=st.integers(0, 9))
    def publish_one(self, number):
        if (term := self.some(number)) is not None:
            publish(self.glossary, Term.objects.filter(pk=term.pk))

    @rule()
    def publish_all(self):
        publish(self.glossary, Term.objects.all())

    @rule(number=st.integers(0, 9))
    def withdraw_one(self, number):
        if (term := self.some(number)) is not None:
            withdraw(self.glossary, Term.objects.filter(pk=term.pk))

    @rule(number=st.integers(0, 9), name=names, other=st.integers(-3, 9))
    def decide(self, number, name, other):
        if (term := self.some(number)) is not None:
            target = self.some(other) if other >= 0 else None
            MentionDecision.objects.update_or_create(
                term=term, key=name.lower(), defaults={"target": target}
            )
            publish_again(self.glossary, Term.objects.filter(pk=term.pk))

    @rule(number=st.integers(0, 9))
    def opt_out(self, number):
        if (term := self.some(number)) is not None:
            Term.objects.filter(pk=term.pk).update(is_linked=not term.is_linked)
            publish_again(self.glossary, Term.objects.filter(pk=term.pk))

    @rule(old=st.integers(0, 2), name=st.sampled_from(["Money", "Software"]))
    def rename_category(self, old, name):
        rows = list(self.glossary.category_set.order_by("pk"))
        if rows and name not in {row.name for row in rows}:
            rename_classification(rows[old % len(rows)], name)

    @rule(name=names, body=prose, number=st.integers(0, 9))
    def import_folder(self, name, body, number):
        for file in self.folder.rglob("*.md"):
            file.unlink()
        (self.folder / "new.md").write_text(
            text_of("X", body=body).replace("term: X", f"term: {name!r}")
        )
        if (term := self.some(number)) is not None:
            file = self.folder / term.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text_of("Y", body=body))
        apply_import(plan_import(self.glossary, self.folder))

    def teardown(self):
        try:
            incremental = everything()
            times = dict(PublishedTerm.objects.values_list("uid", "changed_at"))
            forget_everything()
            linking.FEW = 100 - linking.FEW  # rebuild with the other of the two methods
            rebuild(self.glossary)
            scratch = everything()
            assert incremental[1:] == scratch[1:]
            assert incremental[0].keys() == scratch[0].keys()
            for path, page in incremental[0].items():
                assert page == scratch[0][path], path
            assert dict(PublishedTerm.objects.values_list("uid", "changed_at")) == times
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)


@pytest.mark.django_db
def test_incremental_changes_equal_full_rebuild(tmp_path, monkeypatch):
    for module, name in (
        (lists, "ONE_PAGE"), (lists, "ONE_LETTER"), (feeds, "CHUNK"), (feeds, "LATEST"), (linking, "FEW"), (publishing, "FEW"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr(steps, "MOMENT", 0)
    monkeypatch.setattr(bulk, "PAUSE", 0)
    Readers.folder = tmp_path
    run_state_machine_as_test(
        Readers,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=15,
            deadline=None,
            derandomize="CI" in os.environ,
            phases=(Phase.reuse, Phase.generate),  # shrinking takes many minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
