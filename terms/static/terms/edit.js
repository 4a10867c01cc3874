"use strict";

/* The page of a term: one pane beside the text, and the preview of the public page. */

document.addEventListener("DOMContentLoaded", () => {
  const page = document.querySelector(".edit");
  const form = document.getElementById("term_form");
  if (!page || !form) return;

  /* Panes. On a wide screen the text stays beside the chosen pane. */

  const tabs = [...page.querySelectorAll("[data-tab]")];
  const panes = [...page.querySelectorAll("[data-pane]")];
  const isNarrow = matchMedia("(max-width: 1199px)");
  const STORED = "term-pane";
  const stored = () => {
    try {
      return localStorage.getItem(STORED);
    } catch {
      return null; // storage may be turned off
    }
  };
  const store = (name) => {
    try {
      localStorage.setItem(STORED, name);
    } catch {
      // the pane is only not remembered
    }
  };

  let current = "";
  const show = (name) => {
    current = name;
    page.dataset.shows = name;
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
    for (const pane of panes) {
      const isText = pane.dataset.pane === "write";
      pane.hidden = pane.dataset.pane !== name && !(isText && !isNarrow.matches);
    }
    if (name === "preview") preview();
  };
  const first = () => {
    const wrong = page.querySelector(".errorlist")?.closest("[data-pane]")?.dataset.pane;
    if (wrong && wrong !== "write") return wrong;
    if (isNarrow.matches) return "write";
    const last = stored();
    const isEmpty = last === "comments" && !page.querySelector(".term-thread");
    return !isEmpty && tabs.some((tab) => tab.dataset.tab === last && last !== "write") ? last : "preview";
  };
  page.querySelector(".edit-tabs").hidden = false;
  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      show(tab.dataset.tab);
      if (tab.dataset.tab !== "write") store(tab.dataset.tab);
    });
  }
  isNarrow.addEventListener("change", () => show(first()));
  // A field that has to be corrected is not left hidden.
  form.addEventListener("invalid", (event) => {
    const name = event.target.closest("[data-pane]")?.dataset.pane;
    if (name && name !== "write") show(name);
  }, true);

  /* The preview: the newest text wins, and the place that is read stays. */

  const frame = page.querySelector("[data-preview]");
  const problem = page.querySelector("[data-preview-problem]");
  const text = document.getElementById("id_body");
  let asked;
  let shown = "";
  let timer;

  const follow = () => {
    const inside = frame.contentDocument?.scrollingElement;
    if (!inside || !text) return;
    const room = text.scrollHeight - text.clientHeight;
    if (room > 0) inside.scrollTop = (text.scrollTop / room) * (inside.scrollHeight - inside.clientHeight);
  };

  const put = (html) => {
    const inside = frame.contentDocument;
    if (!shown || !inside?.body) {
      frame.srcdoc = html;
      return;
    }
    const top = inside.scrollingElement.scrollTop;
    const made = new DOMParser().parseFromString(html, "text/html");
    inside.body.replaceWith(made.body);
    inside.scrollingElement.scrollTop = top;
  };

  const said = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;

  const name = document.getElementById("id_name");

  const ask = async () => {
    asked?.abort();
    if (name && !name.value.trim() && !shown) return; // a new term has no page yet
    asked = new AbortController();
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (typeof value !== "string") data.delete(name);
    try {
      const answer = await fetch(frame.dataset.preview, { method: "POST", body: data, signal: asked.signal });
      const html = await answer.text();
      if (answer.ok) {
        put(html);
        shown = html;
        problem.textContent = "";
      } else if (answer.headers.get("Content-Type")?.includes("json")) {
        problem.textContent = JSON.parse(html).error ?? "";
      } else {
        problem.textContent = said(html);
      }
    } catch (error) {
      if (error.name !== "AbortError") problem.textContent = "The preview cannot be loaded right now.";
    }
  };

  function preview() {
    clearTimeout(timer);
    timer = setTimeout(ask, shown ? 300 : 0);
  }
  const changed = () => {
    if (current === "preview") preview();
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  text?.addEventListener("scroll", follow, { passive: true });

  /* A conflict: the field shows the chosen version. */

  form.addEventListener("change", ({ target }) => {
    if (target.dataset.side === undefined) return;
    const field = document.getElementById(`id_${target.name.replace("take-", "")}`);
    field.value = target.dataset.side;
    field.readOnly = target.value === "theirs";
  });

  /* A comment on the saved text, while writing */

  const remark = page.querySelector(".term-comment");
  if (remark) {
    const [words, quote] = remark.querySelectorAll("textarea, input");
    text?.addEventListener("select", () => {
      if (!words.value) quote.value = text.value.slice(text.selectionStart, text.selectionEnd).trim().slice(0, quote.maxLength);
    });
  }
  page.querySelector("[data-review]")?.addEventListener("click", async ({ target, currentTarget }) => {
    const { act, said } = target.dataset;
    if (!act) return;
    const box = target.closest(".term-thread, .term-comment");
    const fields = [...box.querySelectorAll("[data-name]")];
    const status = box.querySelector("[role=status]");
    const data = new FormData();
    for (const [name, value] of [["do", act], ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value], ...fields.map((field) => [field.dataset.name, field.value])]) data.append(name, value);
    try {
      const answer = await fetch(currentTarget.dataset.review, { method: "POST", body: data, redirect: "manual" });
      const isKept = answer.type === "opaqueredirect";
      const made = isKept ? null : new DOMParser().parseFromString(await answer.text(), "text/html");
      status.textContent = isKept ? said : made.querySelector(".messagelist .error")?.textContent ?? "";
      if (isKept) for (const field of fields) if (field.type !== "hidden") field.value = "";
      if (isKept && act === "resolve") box.classList.add("term-resolved");
    } catch {
      status.textContent = "The comment could not be sent. Try again.";
    }
  });

  /* Checks: their number follows the list, which autosave renews, and some offer a repair. */

  const list = page.querySelector(".term-better ul");
  const count = page.querySelector("[data-count]");

  const repair = ({ line, before, after }) => {
    const number = Number(line);
    const { value } = text;
    const lines = value.split("\n");
    const start = lines.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
    const at = number ? (lines[number - 1] ?? "").indexOf(before) : 0;
    if (at < 0) return;
    const ends = value.trimEnd();
    text.focus();
    text.setSelectionRange(...(number ? [start + at, start + at + before.length] : [ends.length, value.length]));
    document.execCommand("insertText", false, number ? after : `${ends && "\n\n"}${after}\n\n`);
  };

  const offer = () => {
    count.textContent = list.children.length || "";
    for (const item of list.querySelectorAll("[data-line]:not(:has(button))")) {
      if (!text || text.disabled) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.textContent = list.dataset.repair;
      button.setAttribute("aria-description", item.textContent);
      button.addEventListener("click", () => {
        show(isNarrow.matches ? "write" : current);
        repair(item.dataset);
        item.remove(); // the next check renews the list
      });
      item.append(" ", button);
    }
  };
  new MutationObserver(offer).observe(list, { childList: true });
  offer();

  show(first());
});
