"use strict";

/* The frame of the admin: search from everywhere, and menus that close. */

/* Rows that are dragged by their handles. Other ways to move them are buttons or numbers. */
function sortable(list, rows, done) {
  let moved;
  list.addEventListener("dragstart", (event) => {
    moved = event.target.closest?.(".drag-handle")?.closest(rows);
    if (!moved) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(moved, 0, 0);
  });
  list.addEventListener("dragover", (event) => {
    const over = moved && event.target.closest?.(rows);
    if (!over) return;
    event.preventDefault();
    if (over === moved || over.matches(".term-row-new")) return;
    const { top, height } = over.getBoundingClientRect();
    if (event.clientY < top + height / 2) over.before(moved);
    else over.after(moved);
  });
  list.addEventListener("drop", (event) => moved && event.preventDefault());
  list.addEventListener("dragend", () => {
    if (moved) done();
    moved = undefined;
  });
}

function dragHandle() {
  const handle = document.createElement("span");
  handle.className = "drag-handle";
  handle.draggable = true;
  handle.setAttribute("aria-hidden", "true");
  handle.textContent = "⠿";
  return handle;
}

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
    form.append(list);
    input.setAttribute("aria-expanded", "true");
    select(choices()[0]);
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

  /* Lists in an order that is kept: dragging renumbers the rows, and Save keeps it. */

  const places = [...document.querySelectorAll("#result_list tbody input[name$='-order']")];
  if (places.length > 1 && !new URLSearchParams(location.search).has("o")) {
    const list = places[0].closest("tbody");
    for (const place of places) place.before(dragHandle());
    sortable(list, "tr", () => {
      list.querySelectorAll("input[name$='-order']").forEach((place, number) => {
        place.value = number + 1;
      });
    });
  }
});
