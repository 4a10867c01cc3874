"use strict";

/* Saves typed text on the server every few seconds, and shows who else edits the term. */

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("term_form");
  const place = document.querySelector(".term-unsaved");
  if (!form || !place) return;
  const KEEP = 4000;
  const ASK = 20000;
  const told = form.querySelector("[data-kept]");
  const others = place.querySelector("[data-others]");
  const better = document.querySelector(".term-better ul");
  const state = () => new URLSearchParams([...new FormData(form)].filter(([name, value]) =>
    typeof value === "string" && name !== "csrfmiddlewaretoken")).toString();
  const opened = state();
  const offered = form.elements.undecided;
  let kept = opened;
  let leaving = false;
  let asked = 0;
  let sent;

  const send = async () => {
    if (leaving) return;
    const now = state();
    const changed = now !== kept && !offered;
    if (offered && now !== kept) told.textContent = "What you type is not kept until you have decided about what was not saved.";
    if (!changed && Date.now() - asked < ASK) return;
    asked = Date.now();
    const data = new URLSearchParams(changed ? now : "");
    if (changed) data.set("keep", "1");
    try {
      const answer = await fetch(place.dataset.address, {
        method: "POST",
        body: data,
        signal: (sent = new AbortController()).signal,
        headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value },
      });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.error ?? "");
      if (changed) kept = now;
      if (said.kept) told.textContent = `Not saved; a copy is kept, ${said.kept}`;
      if (said.findings) better.replaceChildren(...said.findings.map(({ words, repair }) => {
        const line = document.createElement("li");
        line.textContent = words;
        Object.assign(line.dataset, repair);
        return line;
      }));
      const lines = (said.others ?? []).map((name) => `${name} also has this term open.`);
      const seen = Number(form.elements.seen?.value);
      if (seen && said.version > seen) lines.push(`Someone has saved version ${said.version} meanwhile; saving will show both.`);
      if (others.textContent !== lines.join(" ")) others.textContent = lines.join(" ");
    } catch (error) {
      if (!leaving) told.textContent = `What you type is not kept right now. ${error.message}`;
    }
  };

  form.addEventListener("input", () => {
    if (!told.textContent) told.textContent = "Not saved";
  });

  setInterval(send, KEEP);
  send();
  document.addEventListener("visibilitychange", () => document.hidden && send());
  form.addEventListener("submit", (event) => {
    leaving = event.submitter?.getAttribute("formtarget") !== "_blank";
    if (leaving) sent?.abort(); // what is saved now is not to be offered as unsaved
  });
  // A pattern takes the typed name along, so that only other fields can be lost.
  document.querySelector(".term-patterns")?.addEventListener("click", ({ target }) => {
    const name = form.elements.name?.value;
    if (!target.href) return;
    const way = new URL(target.href);
    if (name) way.searchParams.set("name", name);
    target.href = way.href;
    const before = new URLSearchParams(opened);
    const now = new URLSearchParams(state());
    for (const values of [before, now]) values.delete("name");
    leaving = before.toString() === now.toString();
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && state() !== opened) event.preventDefault();
  });
});
