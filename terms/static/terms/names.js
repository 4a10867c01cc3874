"use strict";

/* Fields that take the name of a term suggest those that there are. */

document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("input[data-names]")) {
    const names = document.createElement("datalist");
    names.id = `${input.id}-names`;
    input.after(names);
    input.setAttribute("list", names.id);
    input.autocomplete = "off";
    input.addEventListener("input", async () => {
      const asked = input.value;
      const answer = await fetch(`${input.dataset.names}?q=${encodeURIComponent(asked)}`);
      if (!answer.ok || input.value !== asked) return;
      const found = await answer.json();
      const note = input.form.querySelector("[data-known]");
      if (note) note.textContent = found.known ? "A term is known by this name already." : found.declined;
      const options = found.names.map((name) => {
        const option = document.createElement("option");
        option.value = name;
        return option;
      });
      names.replaceChildren(...options);
    });
  }
});
