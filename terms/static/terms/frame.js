"use strict";

/* The frame of the admin: search from everywhere, and menus that close. */

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-jump]");
  const input = form?.querySelector("input");
  let list;
  let last = 0;

  const close = () => {
    list?.remove();
    list = undefined;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choices = () => [...(list?.querySelectorAll("[role=option]") ?? [])];

  const select = (choice) => {
    for (const other of choices()) other.removeAttribute("aria-selected");
    choice?.setAttribute("aria-selected", "true");
    choice?.scrollIntoView({ block: "nearest" });
    if (choice) input.setAttribute("aria-activedescendant", choice.id);
  };

  const selected = () => list?.querySelector("[aria-selected]");

  const optionOf = (item, number) => {
    const option = document.createElement("div");
    option.setAttribute("role", "option");
    option.id = `jump-${number}`;
    option.dataset.address = item.address;
    option.append(item.title);
    if (item.detail) {
      const detail = document.createElement("span");
      detail.textContent = item.detail;
      option.append(detail);
    }
    return option;
  };

  const groupOf = (group, numbers) => {
    const box = document.createElement("div");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", group.title);
    const title = document.createElement("b");
    title.setAttribute("aria-hidden", "true");
    title.textContent = group.title;
    box.append(title, ...group.items.map((item) => optionOf(item, numbers.next++)));
    return box;
  };

  const show = (groups) => {
    close();
    list = document.createElement("div");
    list.className = "jump";
    list.id = "jump";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.labels[0].textContent);
    const numbers = { next: 0 };
    list.append(...groups.map((group) => groupOf(group, numbers)));
    const isFound = !input.value.trim() || groups.some((group) => group.items.some((item) => !item.isNew));
    if (!isFound) {
      const note = document.createElement("p");
      note.textContent = "Nothing has this name.";
      list.prepend(note);
    }
    form.append(list);
    input.setAttribute("aria-expanded", "true");
    if (isFound) select(choices()[0]);
  };

  const find = async () => {
    const mine = ++last;
    const answer = await fetch(`${form.dataset.jump}?q=${encodeURIComponent(input.value)}`);
    if (!answer.ok || mine !== last || document.activeElement !== input) return;
    show((await answer.json()).groups);
  };

  if (form) {
    let timer;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "jump");
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(find, 100);
    });
    input.addEventListener("focus", find);
    form.addEventListener("focusout", () => {
      last++;
      close();
    });
    form.addEventListener("mousedown", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option) return;
      event.preventDefault();
      location.assign(option.dataset.address);
    });
    input.addEventListener("keydown", (event) => {
      const found = choices();
      const place = found.indexOf(selected());
      if (event.key === "Escape" && list) close();
      else if (event.key === "ArrowDown") select(found[(place + 1) % found.length]);
      else if (event.key === "ArrowUp") select(found[(place - 1 + found.length) % found.length]);
      else if (event.key === "Enter" && selected() && input.value) location.assign(selected().dataset.address);
      else return;
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "k" || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
      if (event.defaultPrevented) return; // a link in the text
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  /* Menus close with Escape, and when something else is used. */

  const menus = document.querySelectorAll(".bar-person, .list-filter, .edit-more");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus) {
      if (menu.open) menu.querySelector("summary").focus();
      menu.open = false;
    }
    if (location.hash === "#side") location.hash = "#content-start";
  });
  document.addEventListener("click", (event) => {
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });
});
