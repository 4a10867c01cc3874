"""A simulated editor, who sends the requests of a newsroom's everyday work."""

import re
from datetime import timedelta
from html import unescape
from random import Random

from django.utils import timezone

from terms.models import Category, ChangeSet, Comment, Schedule, Suggestion, Term
from tests.accounts import logged_in
from tests.admin.forms import address, fields_of

LIST = "/admin/terms/term/"
# The allowed status codes. Conflicts between people must not cause server errors.
ANSWERS = {200, 302, 403, 404, 409}


class Editor:
    """A user and their client. ``words``: text that was saved successfully."""

    def __init__(self, user, seed):
        self.user, self.client, self.random = user, logged_in(user), Random(seed)
        self.words, self.made = [], 0

    def get(self, url, **values):
        response = self.client.get(url, values)
        assert response.status_code in ANSWERS, (url, response.status_code)
        return response

    def post(self, url, data):
        response = self.client.post(url, data)
        assert response.status_code in ANSWERS, (url, data, response.status_code)
        return response

    def new_words(self):
        self.made += 1
        return f"{self.user.username}-wrote-{self.made}-of-these"

    def terms(self, most):
        found = list(Term.objects.order_by("?")[:most])
        return found if len(found) > 1 else []

    # Writing

    def write(self, term):
        words, place = self.new_words(), self.random.random()
        page = self.get(address(term))
        if b"term-offered" in page.content:
            page = self.get(address(term), again=1)
        fields = fields_of(page)
        if "body" not in fields:
            return
        lines = fields["body"][0].split("\r\n")
        lines.insert(int(place * (len(lines) + 1)), words)
        fields["body"] = ["\r\n".join(lines)]
        for _ in range(3):
            response = self.post(address(term), fields)
            if response.status_code == 302 and words in fields["body"][0]:
                self.words.append(words)
            if response.status_code != 409:
                return
            fields = fields_of(response)  # the form merged with the other editor's text

    def add(self, term):
        words = self.new_words()
        fields = fields_of(self.get(LIST + "add/"))
        name = self.random.choice([f"Term of {words}", f"{term} anew", "Wanted"])
        fields |= {"name": [name], "body": [f"{words}, unlike {term}."], "reason": ["begun"]}
        if self.post(LIST + "add/", fields).status_code == 302:
            self.words.append(words)

    def keep(self, term):
        self.post(f"{LIST}{term.pk}/keep/", {"keep": "", "body": "Half a wor"})

    def go_back(self, term):
        data = {"number": self.random.randint(1, term.version), "seen": term.version}
        self.post(f"{LIST}{term.pk}/history/restore/", data)

    # Reviewing and publishing

    def review(self, term, do, **data):
        page = self.get(f"{LIST}{term.pk}/review/").content.decode()
        seen = re.search(r'name="fingerprint" value="(\w+)"', page)
        data |= {"do": do, "fingerprint": seen[1] if seen else term.fingerprint}
        self.post(f"{LIST}{term.pk}/review/", data)

    def submit(self, term):
        self.review(term, "submit", text="Please look.")

    def take_back(self, term):
        self.review(term, "take_back")

    def approve(self, term):
        self.review(term, "approve")

    def ask_for_changes(self, term):
        self.review(term, "changes", text="Shorter.")

    def publish(self, term):
        self.review(term, "publish")

    def comment(self, term):
        self.review(term, "comment", text="Is that so?", quote=term.body[:12].strip())

    def resolve(self, term):
        thread = Comment.objects.filter(term=term, parent=None).first()
        self.review(term, "resolve", thread=thread.pk if thread else "")

    def schedule(self, term):
        at = timezone.localtime() + timedelta(hours=1)
        action = self.random.choice(["publish", "publish", "withdraw"])
        self.review(term, "schedule", action=action, at=f"{at:%Y-%m-%dT%H:%M}")

    def unschedule(self, term):
        item = Schedule.objects.filter(term=term).last()
        self.review(term, "unschedule", item=item.pk if item else "")

    # Refactoring

    def refactor(self, term, kind, **data):
        self.confirm(f"{LIST}{term.pk}/refactor/", {"kind": kind, **data})

    def confirm(self, url, data):
        page = self.post(url, data).content.decode()
        for digest in re.findall(r'name="confirm" value="(\w+)"', page):
            self.post(url, data | {"confirm": digest})

    def rename(self, term):
        name = f"{re.sub(r' [IV]+$', '', term.name)} {self.random.choice(['I', 'II', 'III'])}"
        self.refactor(term, "rename", name=name, keeps_old="on")

    def merge(self, term):
        for other in self.terms(2)[:1]:
            kind, takes = self.random.choice(["merge", "replace"]), self.random.choice(["", "on"])
            self.refactor(term, kind, other=other.name, takes_text=takes)

    def split(self, term):
        self.refactor(term, "split", name=f"Part {self.new_words()}", parts=["0"])

    def move(self, term):
        self.refactor(term, "file", path=f"moved/{self.new_words()}.md")

    def withdraw(self, term):
        self.refactor(term, "withdraw", other="")

    def rename_category(self, term):
        row = self.random.choice(Category.objects.all())
        data = {"name": f"{row.name.split()[0]} {self.made}", "slug": row.slug, "order": row.order}
        self.confirm(f"/admin/terms/category/{row.pk}/change/", data)

    def edit_many(self, term):
        chosen = ",".join(str(t.pk) for t in self.terms(3))
        category = self.random.choice(Category.objects.all())
        field = self.random.choice(["category", "relate", "unrelate"])
        value = category.pk if field == "category" else term.name
        data = {"terms": chosen, field: value}
        self.confirm(LIST + "edit/", data)

    def collect(self, term):
        chosen = [t.pk for t in self.terms(3)]
        self.post(LIST, {"action": "collect_selected", "_selected_action": chosen})

    def use_a_set(self, term):
        chosen = ChangeSet.objects.order_by("?").first()
        if chosen:
            url = f"/admin/terms/changeset/{chosen.pk}/change/"
            page = unescape(self.get(url).content.decode())
            do = self.random.choice(["submit", "approve", "publish", "publish", "undo", "link"])
            self.post(url, {"do": do, "seen": re.findall(r'name="seen" value="([^"]*)"', page)})

    def publish_many(self, term):
        chosen = [t.pk for t in self.terms(4)]
        action = self.random.choice(["publish_selected", "publish_selected", "withdraw_selected"])
        self.post(LIST, {"action": action, "_selected_action": chosen})

    # Other actions

    def trash(self, term):
        self.post(f"{LIST}{term.pk}/delete/", {"post": "yes"})

    def take_out(self, term):
        for kept in Term.with_trash.exclude(trashed_at=None).order_by("?")[:2]:
            self.post(LIST + "trash/", {"term": kept.pk})

    def decide(self, term):
        suggestion = Suggestion.objects.order_by("?").first()
        if suggestion:
            do = self.random.choice(["done", "decline"])
            self.post(f"{LIST}work/suggestions/", {"suggestion": suggestion.pk, "do": do})


# Name of a method → relative frequency.
ACTS = {
    "write": 12, "add": 3, "keep": 1, "go_back": 2, "submit": 6, "take_back": 1, "approve": 6,
    "ask_for_changes": 2, "publish": 6, "comment": 2, "resolve": 1, "schedule": 2,
    "unschedule": 1, "rename": 3, "merge": 2, "split": 2, "move": 2, "withdraw": 1,
    "rename_category": 1, "edit_many": 2, "collect": 2, "use_a_set": 6, "publish_many": 2,
    "trash": 2, "take_out": 3, "decide": 1,
}  # fmt: skip
