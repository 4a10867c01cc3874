"use strict";

/* The list below what is typed after a key in a text, such as [[ or @: what pattern matches before
   the cursor, with the typed part as its first group. ask(text) returns choices with name and words;
   written(name) replaces the match. Until the answer comes, the list keeps what still matches. */

function offerChoices(editor, { pattern, label, ask, written }) {
  const list = document.createElement("ul");
  list.className = "choices";
  list.id = `choices-of-${editor.id || editor.name}-${document.querySelectorAll(".choices").length}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", label);
  list.hidden = true;
  editor.after(list);
  editor.setAttribute("aria-autocomplete", "list");
  editor.setAttribute("aria-haspopup", "listbox");

  let found = [];
  let chosen = 0;
  let last = "";
  let left; // where a list was closed, by Escape or a choice

  /* What is typed after the key, or nothing where the cursor is elsewhere. */
  const typed = () => {
    const end = editor.selectionStart;
    if (end !== editor.selectionEnd || document.activeElement !== editor) return null;
    const line = editor.value.slice(editor.value.lastIndexOf("\n", end - 1) + 1, end);
    const match = pattern.exec(line);
    const start = end - (match?.[0].length ?? 0);
    return match && start !== left ? { start, end, text: match[1] } : null;
  };

  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    editor.removeAttribute("aria-controls");
    editor.removeAttribute("aria-activedescendant");
  };

  const mark = (number) => {
    chosen = number;
    [...list.children].forEach((choice, place) => choice.setAttribute("aria-selected", String(place === chosen)));
    list.children[chosen].scrollIntoView({ block: "nearest" });
    editor.setAttribute("aria-activedescendant", list.children[chosen].id);
  };

  /* The place of a character in a text area: that of the same character in a copy with its style. */
  const placeOf = (start) => {
    const copy = document.createElement("div");
    const style = getComputedStyle(editor);
    for (const name of ["font", "letterSpacing", "padding", "border", "boxSizing", "tabSize", "textIndent", "direction", "wordBreak"]) {
      copy.style[name] = style[name];
    }
    Object.assign(copy.style, {
      position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word",
      width: `${editor.clientWidth + parseFloat(style.borderLeftWidth) + parseFloat(style.borderRightWidth)}px`,
    });
    copy.textContent = editor.value.slice(0, start);
    const sign = document.createElement("span");
    sign.textContent = "@";
    copy.append(sign);
    document.body.append(copy);
    const box = editor.getBoundingClientRect();
    const place = { x: box.left + sign.offsetLeft, y: box.top + sign.offsetTop - editor.scrollTop, height: sign.offsetHeight };
    copy.remove();
    return place;
  };

  const settle = () => {
    const now = list.hidden ? null : typed();
    if (!now) return;
    const { x, y, height } = placeOf(now.start);
    const { width, height: tall } = list.getBoundingClientRect();
    const view = document.documentElement;
    const below = y + height;
    list.style.left = `${Math.max(0, Math.min(x, view.clientWidth - width))}px`;
    list.style.top = `${below + tall > view.clientHeight && y > tall ? y - tall : below}px`;
  };

  const show = (choices) => {
    found = choices;
    if (!found.length) return close();
    list.replaceChildren(...found.map(({ words }, number) => {
      const choice = document.createElement("li");
      choice.setAttribute("role", "option");
      choice.id = `${list.id}-${number}`;
      choice.textContent = words;
      return choice;
    }));
    list.hidden = false;
    editor.setAttribute("aria-controls", list.id);
    mark(0);
    settle();
  };

  const choose = (number) => {
    const now = typed();
    close();
    if (!now) return;
    editor.setSelectionRange(now.start, now.end);
    left = now.start;
    document.execCommand("insertText", false, written(found[number].name)); // the only way that undo supports
  };

  const update = async () => {
    const now = typed();
    if (!now) {
      last = "";
      close();
      return;
    }
    if (now.text === last && !list.hidden) return settle();
    const asked = last = now.text;
    if (!list.hidden) {
      const part = asked.toLowerCase();
      show(found.filter(({ name, words }) => name.toLowerCase().includes(part) || words.toLowerCase().includes(part)));
    }
    const answer = await ask(asked);
    if (asked === last && typed()?.text === asked) show(answer);
  };

  const keys = {
    ArrowDown: () => mark((chosen + 1) % found.length),
    ArrowUp: () => mark((chosen + found.length - 1) % found.length),
    Enter: () => choose(chosen),
    Tab: () => choose(chosen),
    Escape: () => {
      left = typed()?.start;
      close();
    },
  };

  editor.addEventListener("input", () => {
    if (editor.selectionStart <= left) left = undefined;
    update();
  });
  editor.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation(); // Escape closes the list alone
    act();
  });
  for (const name of ["click", "focus"]) editor.addEventListener(name, update);
  editor.addEventListener("keyup", (event) => {
    if (/^(Arrow(Left|Right)|Home|End|Page)/.test(event.key)) update();
  });
  editor.addEventListener("blur", close);
  editor.addEventListener("scroll", settle, { passive: true });
  addEventListener("scroll", settle, { passive: true });
  addEventListener("resize", settle);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the text keeps the focus
    const choice = event.target.closest("li");
    if (choice) choose([...list.children].indexOf(choice));
  });
}
