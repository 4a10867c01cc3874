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
  document.addEventListener("submit", (event) => { sent = event.target; });
  addEventListener("beforeunload", (event) => {
    const waiting = [...document.querySelectorAll("form textarea")].some((field) =>
      field.form !== sent && field.value.trim() && field.value !== field.defaultValue);
    if (waiting) event.preventDefault();
  });
}

// Names of people after @ in a comment.
{
  const people = document.querySelector("[data-people]")?.dataset.people;
  const menuOf = (found) => {
    const menu = document.createElement("ul");
    menu.className = "term-names";
    menu.setAttribute("role", "listbox");
    found.forEach(({ name, full }, number) => {
      const choice = document.createElement("li");
      choice.setAttribute("role", "option");
      choice.id = `person-${number}`;
      choice.dataset.name = name;
      choice.textContent = full ? `${full} (${name})` : name;
      menu.append(choice);
    });
    return menu;
  };
  const find = async (text) => {
    const answer = await fetch(`${people}&q=${encodeURIComponent(text)}`);
    const found = answer.ok ? (await answer.json()).people : [];
    return { matched: found.length > 0, fragment: menuOf(found) };
  };
  for (const expander of people ? document.querySelectorAll("text-expander") : []) {
    // A multi-line text cannot be a combobox; it stays a textbox with an active descendant.
    const editor = expander.querySelector("textarea");
    const roles = ["role", "aria-expanded"];
    new MutationObserver(() => {
      for (const name of roles) editor.removeAttribute(name);
    }).observe(editor, { attributeFilter: roles });
    let last;
    expander.addEventListener("text-expander-change", (event) => {
      const mine = last = find(event.detail.text);
      event.detail.provide(mine.then((found) => (last === mine ? found : last)));
    });
    expander.addEventListener("text-expander-value", (event) => {
      event.detail.value = `@${event.detail.item.dataset.name}`;
    });
  }
}
