// Suggestions while typing, and the definition of a linked term next to its link.
// All pages and links work without this.

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

// Searching

const form = document.querySelector("form.search");
const words = JSON.parse(form?.dataset.words ?? "{}"); // if the page is not in English
const say = (text, value) => (words[text] ?? text).replace("%s", () => value);
const home = form?.dataset.home;
const json = async (address) => {
  const response = await fetch(address);
  if (!response.ok || !/json/.test(response.headers.get("content-type"))) throw response;
  return response.json();
};

// A site of files needs another script to search the names.
const offline = () => import(new URL(form.dataset.offline, location));
let hasServer = true;
async function suggest(text) {
  if (hasServer) {
    try {
      return (await json(`${home}suggest?q=${encodeURIComponent(text)}`)).names;
    } catch (error) {
      if (!(error instanceof Response)) return [];
      hasServer = error.status >= 500;
    }
  }
  return (await offline()).find(text, 8);
}

function combobox(input) {
  const list = make("ul", { id: "g-names", role: "listbox", "aria-label": say("Terms"), hidden: "" });
  const status = make("span", { class: "hidden", role: "status" });
  form.append(list, status);
  const set = (name, value) => input.setAttribute(name, value);
  Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" }).forEach(([name, value]) => set(name, value));
  let chosen = -1;
  let timer;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    set("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (place) => {
    const options = [...list.children];
    chosen = (place + options.length) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", number === chosen));
    options[chosen].scrollIntoView({ block: "nearest" });
    set("aria-activedescendant", options[chosen].id);
  };
  const show = (found) => {
    close();
    list.replaceChildren(...found.map(({ name, href, of, gist }, number) => {
      const option = make("li", { id: `g-name-${number}`, role: "option", "aria-selected": "false", "data-href": home + href }, name);
      if (of || gist) option.append(make("span", { class: "also" }, of || gist));
      return option;
    }));
    list.hidden = !found.length;
    set("aria-expanded", String(found.length > 0));
    status.textContent = found.length ? say("Suggestions: %s", found.length) : say("No suggestions");
  };

  const ask = () => {
    clearTimeout(timer);
    const text = input.value.trim();
    const number = ++asked;
    if (!text) return close();
    timer = setTimeout(async () => {
      const found = await suggest(text);
      if (number === asked) show(found);
    }, 80);
  };
  input.addEventListener("input", ask);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return; // keys belong to the input method
    if (list.hidden && event.key === "ArrowDown") return ask();
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter" && chosen >= 0) location.href = list.children[chosen].dataset.href;
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", () => { asked++; close(); });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-href]");
    if (option) location.href = option.dataset.href;
  });
}

// Definitions

const SVG = "http://www.w3.org/2000/svg";
const terms = new Map();
let card;
let owner;
let waiting;
let wanted; // the link whose definition is being fetched
let touched;

function unwait() {
  clearTimeout(waiting);
  wanted = undefined;
}

function definition(link) {
  if (link.origin !== location.origin) return null;
  const address = link.href.replace(/\/?(#.*)?$/, ".json");
  if (!terms.has(address)) terms.set(address, json(address).catch(() => null));
  return terms.get(address);
}

function hide() {
  unwait();
  owner?.removeAttribute("aria-describedby");
  card?.remove();
  card = owner = undefined;
}

async function show(link) {
  wanted = link;
  const term = await definition(link);
  if (!term?.description || wanted !== link || owner === link) return;
  hide();
  owner = link;
  const title = make("b", {}, term.name);
  const outlines = [...(term.icon?.svg ?? "").matchAll(/ d="([^"]*)"/g)];
  if (outlines.length) {
    const icon = document.createElementNS(SVG, "svg");
    for (const [name, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) icon.setAttribute(name, value);
    for (const [, outline] of outlines) {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", outline);
      path.setAttribute("fill", "currentColor");
      icon.append(path);
    }
    title.prepend(icon, " ");
  }
  const text = term.description.length > 280 ? `${term.description.slice(0, 279)}…` : term.description;
  const former = term.deprecated ? [make("p", { class: "also" }, term.replacedBy ? say("No longer used; read %s instead.", term.replacedBy.name) : say("No longer used."))] : [];
  const on = make("a", { href: link.href, tabindex: "-1", "aria-hidden": "true" }, say("Read on"));
  card = make("div", { class: "card" }, title, make("p", { id: "g-card" }, text), ...former, on);
  (link.closest("main") ?? document.body).append(card);
  link.setAttribute("aria-describedby", "g-card");
  const lines = link.getClientRects();
  const [first, last] = [lines[0], lines[lines.length - 1]];
  const below = last.bottom + card.offsetHeight + 8 < innerHeight || first.top < card.offsetHeight + 8;
  const at = below ? last : first;
  const left = Math.min(at.left, document.documentElement.clientWidth - card.offsetWidth - 8);
  card.style.left = `${scrollX + Math.max(8, left)}px`;
  card.style.top = `${scrollY + (below ? at.bottom + 2 : at.top - card.offsetHeight - 2)}px`;
}

const termOf = (event) => event.target.closest?.("a.ref");
const later = (act, time) => {
  unwait();
  waiting = setTimeout(act, time);
};

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const link = termOf(event);
  if (link) later(() => show(link), 250);
  else if (card?.contains(event.target)) unwait();
  else if (card && owner !== document.activeElement) later(hide, 300);
  else if (!card && wanted !== document.activeElement) unwait();
});
document.addEventListener("focusin", (event) => {
  const link = termOf(event);
  if (link && link.matches(":focus-visible")) later(() => show(link), 0);
  else if (!card?.contains(event.target)) hide();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
document.addEventListener("pointerdown", (event) => { touched = event.pointerType === "touch"; });
document.addEventListener("click", async (event) => {
  const link = termOf(event);
  if (card?.contains(event.target)) return;
  if (!link || !touched || owner === link) return void (link || hide());
  event.preventDefault();
  const term = await definition(link);
  if (!term?.description) location.href = link.href;
  else later(() => show(link), 0);
});

if (form) combobox(form.elements.q);
document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
if (document.querySelector("#g-results[data-offline]")) offline().then((module) => module.results());
