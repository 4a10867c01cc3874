"use strict";

/* Suggests existing terms in fields for a term's name. */

{
  const linkTo = ({ name, address }) => {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = name;
    return link;
  };
  const say = (note, { known, alike, declined }) => {
    const links = [...known, ...alike].flatMap((term) => [" ", linkTo(term)]);
    const words = known.length ? "A term is known by this name already:" : "Is it one of these?";
    note.replaceChildren(...(links.length ? [words, ...links] : [declined]));
  };

  document.addEventListener("DOMContentLoaded", () => {
    for (const input of document.querySelectorAll("input[data-names]")) {
      const names = document.createElement("datalist");
      names.id = `${input.id}-names`;
      const note = input.form.querySelector("[data-known]"); // next to the name of a new term
      input.after(names);
      input.setAttribute("list", names.id);
      input.autocomplete = "off";
      input.addEventListener("input", async () => {
        const asked = input.value;
        const isNew = note ? "&new=1" : "";
        const answer = await fetch(`${input.dataset.names}?q=${encodeURIComponent(asked)}${isNew}`);
        if (!answer.ok || input.value !== asked) return;
        const found = await answer.json();
        if (note) say(note, found);
        const options = found.names.map((name) => {
          const option = document.createElement("option");
          option.value = name;
          return option;
        });
        names.replaceChildren(...options);
      });
    }
  });
}
