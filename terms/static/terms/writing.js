"use strict";

/* Keys of the term form, and names of terms after [[ in the text. */

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("term_form");
  const names = document.querySelector("[data-names-for-text]")?.dataset.namesForText;

  const menuOf = (found) => {
    const menu = document.createElement("ul");
    menu.className = "term-names";
    menu.setAttribute("role", "listbox");
    menu.setAttribute("aria-label", "Names of terms");
    found.forEach((name, number) => {
      const choice = document.createElement("li");
      choice.setAttribute("role", "option");
      choice.id = `term-name-${number}`;
      choice.dataset.name = name;
      choice.textContent = name;
      menu.append(choice);
    });
    return menu;
  };

  const ask = async (text) => {
    const answer = await fetch(`${names}?q=${encodeURIComponent(text)}`);
    const found = answer.ok ? (await answer.json()).names.slice(0, 8) : [];
    return { matched: found.length > 0, fragment: menuOf(found) };
  };

  // Answers may come in another order than they were asked for: all get the one to the last.
  let last;
  const find = (text) => {
    const mine = last = ask(text);
    return mine.then((found) => (last === mine ? found : last));
  };

  for (const expander of names ? document.querySelectorAll("text-expander") : []) {
    expander.addEventListener("text-expander-change", async (event) => {
      const found = find(event.detail.text);
      event.detail.provide(found);
      await found;
      // A text of many lines cannot be a combobox; it stays a textbox with an active descendant.
      requestAnimationFrame(() => {
        for (const name of ["role", "aria-expanded"]) expander.querySelector("textarea").removeAttribute(name);
      });
    });
    expander.addEventListener("text-expander-value", (event) => {
      event.preventDefault(); // it would write the whole text anew, of which undo knows nothing
      const editor = expander.querySelector("textarea");
      const end = editor.selectionEnd;
      expander.dismiss();
      editor.setSelectionRange(editor.value.lastIndexOf(event.detail.key, end - 1), end);
      document.execCommand("insertText", false, event.detail.item.dataset.name);
    });
  }

  /* Only keys with Ctrl or Alt, so that nothing typed is taken for a command. */

  const formats = { b: "md-bold", i: "md-italic", k: "md-link" };
  const buttons = { s: "_continue", Enter: "_save" };
  const places = { ",": "prev", ".": "next" };

  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey) {
      const link = document.querySelector(`.term-way a[rel="${places[event.key]}"]`);
      const field = event.key === "/" ? document.getElementById("id_go") : null;
      if (!link && !field) return;
      event.preventDefault();
      link?.click();
      field?.focus();
      return;
    }
    if (!form || event.altKey || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    const button = form.querySelector(`[name="${buttons[event.key]}"]`);
    const editor = event.target.closest?.(".term-markdown textarea");
    const format = editor?.closest(".term-markdown").querySelector(formats[event.key] ?? "none");
    if (!button && !format) return;
    event.preventDefault();
    (format ?? button).click();
  });
});
