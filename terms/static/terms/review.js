"use strict";
// The selected text is the quote of the next comment.
{
  const texts = [...document.querySelectorAll(".term-passages, .term-reading")];
  const quote = document.getElementById("id_quote");
  const words = () => {
    const marked = document.getSelection();
    const isWithin = (text) => text.contains(marked.anchorNode) && text.contains(marked.focusNode);
    if (marked.isCollapsed || !texts.some(isWithin)) return "";
    const part = marked.getRangeAt(0).cloneContents();
    part.querySelectorAll("sup:has(> [href^=\"#thread\"]), del.changed").forEach((one) => one.remove());
    return part.textContent.trim();
  };
  const wording = document.getElementById("id_wording");
  if (wording) {
    wording.closest("details").addEventListener("toggle", () => { wording.value ||= quote.value; });
  }
  if (quote) {
    document.addEventListener("selectionchange", () => {
      const found = words();
      if (found) quote.value = found.slice(0, quote.maxLength);
    });
  }
}

// Warns before another button of the page discards an unsent comment.
{
  let sent;
  document.addEventListener("submit", (event) => {
    sent = event.target;
    const comment = document.getElementById("comment");
    if (!comment || !sent.matches(".term-decide.edit-bar")) return;
    for (const name of ["quote", "text", "wording"]) {
      const copy = document.createElement("input");
      copy.type = "hidden";
      copy.name = `unsent-${name}`;
      copy.value = comment.elements[name].value;
      sent.append(copy);
    }
    comment.reset();
  });
  addEventListener("beforeunload", (event) => {
    const waiting = [...document.querySelectorAll("form textarea")].some((field) =>
      field.form !== sent && field.value.trim() && field.value !== field.defaultValue);
    if (waiting) event.preventDefault();
  });
}

// Names of people after @ in a comment.
{
  const people = document.querySelector("[data-people]")?.dataset.people;
  const ask = async (text) => {
    const answer = await fetch(`${people}&q=${encodeURIComponent(text)}`);
    const found = answer.ok ? (await answer.json()).people : [];
    return found.map(({ name, full }) => ({ name, words: full ? `${full} (${name})` : name }));
  };
  const pattern = /(?<![\p{L}\p{N}])@([\p{L}\p{N}_.+-]{0,60})$/u;
  for (const editor of people ? document.querySelectorAll("[data-mentions]") : []) {
    offerChoices(editor, { pattern, label: "People", ask, written: (name) => `@${name} ` });
  }
}
