"use strict";

/* The list below what is typed after a key in a text, such as [[ or @.

   ask(text) returns choices, each with its name and the words that are shown. put(event, name)
   inserts the chosen one. */

function offerChoices(expander, label, ask, put) {
  const editor = expander.querySelector("textarea");

  const menuOf = (found) => {
    const menu = document.createElement("ul");
    menu.className = "term-names";
    menu.setAttribute("role", "listbox");
    menu.setAttribute("aria-label", label);
    found.forEach(({ name, words }, number) => {
      const choice = document.createElement("li");
      choice.setAttribute("role", "option");
      choice.id = `term-name-${number}`;
      choice.dataset.name = name;
      choice.textContent = words;
      menu.append(choice);
    });
    return menu;
  };

  // Answers may arrive out of order: all callers get the answer to the last query.
  let last;
  const find = (text) => {
    const mine = last = ask(text).then((found) => ({ matched: found.length > 0, fragment: menuOf(found) }));
    return mine.then((found) => (last === mine ? found : last));
  };

  // The library puts the list at the cursor without regard to space; move it back into view.
  const keepInSight = () => {
    const menu = expander.querySelector(".term-names");
    const beyond = menu ? menu.getBoundingClientRect().right - document.documentElement.clientWidth : 0;
    if (beyond > 0) menu.style.marginLeft = `${(parseFloat(menu.style.marginLeft) || 0) - Math.ceil(beyond)}px`;
  };
  const moves = { childList: true, subtree: true, attributes: true, attributeFilter: ["style"] };
  new MutationObserver(keepInSight).observe(expander, moves);

  // A multi-line text cannot be a combobox; it stays a textbox with an active descendant.
  const roles = ["role", "aria-expanded"];
  new MutationObserver(() => {
    for (const name of roles) editor.removeAttribute(name);
  }).observe(editor, { attributeFilter: roles });

  expander.addEventListener("text-expander-change", (event) => event.detail.provide(find(event.detail.text)));
  expander.addEventListener("text-expander-value", (event) => put(event, event.detail.item.dataset.name));
}
