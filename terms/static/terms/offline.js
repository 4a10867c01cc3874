// Search without a server, in files of names next to the pages.

const form = document.querySelector("form.search");
const home = form.dataset.home;
const words = JSON.parse(form.dataset.words ?? "{}");
const say = (text, value) => (words[text] ?? text).replace("%s", () => value);
// Splits words as the server does, which names the files by the beginnings of words.
const PLAIN = { ß: "ss", ς: "σ", ø: "o", ł: "l", đ: "d", æ: "ae", œ: "oe", ı: "i", ð: "d", þ: "th" };
const fold = (text) => text.toLowerCase().replace(/[ßς]/g, (letter) => PLAIN[letter]).normalize("NFKD").replace(/[øłđæœıðþ]/g, (letter) => PLAIN[letter]).replace(/[\u0300-\u036f]/g, "").normalize("NFC");
const SPACELESS = "\\u0e00-\\u0fff\\u1000-\\u109f\\u1780-\\u17ff\\u2e80-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const MARKS = "\\u0483-\\u0487\\u0591-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u0900-\\u0dff";
const WORD = new RegExp(`[${SPACELESS}]|(?:(?![${SPACELESS}])[\\p{L}\\p{N}][${MARKS}]*)+[+#]*`, "gu");
export const wordsOf = (text) => fold(text).match(WORD) ?? [];
const make = (tag, attributes, ...children) => {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
};

const files = new Map();
const load = async (address) => {
  const response = await fetch(address);
  return response.ok ? response.json() : { names: [] };
};
const file = (name) => {
  if (!files.has(name)) files.set(name, load(home + name).catch(() => ({ names: [] })));
  return files.get(name);
};

async function names(query) {
  const index = await file("names.json");
  if (!index.split) return index.names;
  const hex = (text) => Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const starts = new Set(wordsOf(query).map((word) => Array.from(word).slice(0, index.split).join("")));
  const parts = await Promise.all([...starts].map((start) => file(`names/${hex(start)}.json`)));
  return parts.flatMap((part) => part.names);
}

function distance(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return most + 1;
  let before;
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (one[i - 1] !== other[j - 1]));
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    before = row;
    row = next;
  }
  return row[other.length];
}

function rank([name, , , text = ""], query, words) {
  const key = fold(name);
  if (key === query) return 0;
  if (key.startsWith(query)) return 1;
  const has = (within) => words.every((word) => within.some((other) => other.startsWith(word) || word === `${other}s`));
  const own = wordsOf(name);
  if (words.length && has(own)) return 2;
  if (words.length && has([...own, ...wordsOf(text)])) return 3;
  const most = query.length < 4 ? 0 : query.length < 7 ? 1 : 2;
  if (most && [key, ...own].some((other) => distance(query, other, most) <= most)) return 4;
  return 9;
}

export async function find(text, limit) {
  const query = fold(text.trim());
  const words = wordsOf(text);
  const found = new Map();
  const ranked = (await names(text)).map((row) => [rank(row, query, words), row]).filter(([score]) => score < 9);
  ranked.sort(([one, a], [other, b]) => one - other || a[0].length - b[0].length);
  for (const [, [name, href, of = "", gist = ""]] of ranked) {
    if (!found.has(href)) found.set(href, { name, href: href.split("/").map(encodeURIComponent).join("/"), of, gist });
  }
  return [...found.values()].slice(0, limit);
}

// The page of results without a server.
export async function results() {
  const list = document.querySelector("#g-results");
  const query = new URLSearchParams(location.search).get("q") ?? "";
  form.elements.q.value = query;
  if (!query.trim()) return;
  document.title = `${query} · ${document.title}`;
  const found = await find(query, 50);
  const hint = document.querySelector("#g-hint");
  hint.remove();
  document.querySelector("#g-none").hidden = found.length > 0;
  document.querySelector("#g-count").textContent = found.length ? say("%s found", found.length) : say("No term has “%s”.", query);
  list.replaceChildren(...found.map(({ name, href, of, gist }) => {
    const item = make("li", {}, make("a", { href: home + href }, of || name));
    if (of) item.append(" ", make("span", { className: "also" }, name));
    if (gist) item.append(make("p", {}, gist));
    return item;
  }));
}
