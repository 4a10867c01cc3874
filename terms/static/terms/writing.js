"use strict";

/* Keyboard shortcuts of the term form, and names of terms after [[ in the text. */

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("term_form");
  const names = document.querySelector("[data-names-for-text]")?.dataset.namesForText;

  const ask = async (text) => {
    const answer = await fetch(`${names}?q=${encodeURIComponent(text)}`);
    const found = answer.ok ? (await answer.json()).names.slice(0, 8) : [];
    return found.map((name) => ({ name, words: name }));
  };

  for (const editor of names ? document.querySelectorAll(".term-markdown textarea") : []) {
    offerChoices(editor, { pattern: /\[\[([^[\]]{0,80})$/, label: "Names of terms", ask, written: (name) => name });
  }

  /* A heading applies to the whole line, and the cursor skips a mark after it: the toolbar alone
     would insert at the cursor. */

  const put = (editor, start, end, text) => {
    editor.setSelectionRange(start, end);
    document.execCommand(text ? "insertText" : "delete", false, text); // the only way that undo supports
  };

  const head = (editor, level) => {
    const { value, selectionStart, selectionEnd } = editor;
    const start = value.slice(0, selectionStart).lastIndexOf("\n") + 1;
    const [signs, there] = /^(?:(#{1,6}) +)?/.exec(value.slice(start));
    const wanted = there?.length === level ? "" : `${"#".repeat(level)} `;
    editor.focus();
    put(editor, start, start + signs.length, wanted);
    const moved = (place) => Math.max(start, place + wanted.length - signs.length);
    editor.setSelectionRange(moved(selectionStart), moved(selectionEnd));
    return true;
  };

  const leave = (editor, mark) => {
    const { value, selectionStart: at, selectionEnd } = editor;
    const line = value.slice(value.slice(0, at).lastIndexOf("\n") + 1, at);
    const isOpen = line.split(mark).length % 2 === 0;
    if (at !== selectionEnd || !isOpen || !value.startsWith(mark, at)) return false;
    const isEmpty = line.endsWith(mark);
    editor.focus();
    if (isEmpty) put(editor, at - mark.length, at + mark.length, "");
    else editor.setSelectionRange(at + mark.length, at + mark.length);
    return true;
  };

  const marks = { "md-bold": "**", "md-italic": "_", "md-code": "`" };
  document.addEventListener("click", (event) => {
    const tool = event.target.closest?.("md-header, md-bold, md-italic, md-code");
    if (!tool) return;
    const editor = tool.closest(".term-markdown").querySelector("textarea");
    const mark = marks[tool.localName];
    const isDone = mark ? leave(editor, mark) : head(editor, Number(tool.getAttribute("level")));
    if (isDone) event.stopImmediatePropagation();
  }, true);

  /* Only keys with Ctrl or Alt, so that typed text never triggers a command. */

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
    format?.dispatchEvent(new MouseEvent("click", { bubbles: true })); // its own click() skips the listeners
    if (!format) button.click();
  });

  /* After saving, the cursor is where it was. */

  form?.addEventListener("submit", () => {
    const { id, selectionStart, scrollTop } = document.activeElement;
    sessionStorage.setItem("cursor", JSON.stringify([Date.now(), id, selectionStart, scrollTop, scrollY]));
  });
  const [at, id, start, top, y] = JSON.parse(sessionStorage.getItem("cursor") ?? "[]");
  sessionStorage.removeItem("cursor");
  const field = id && form && Date.now() - at < 2e4 && !form.querySelector("[autofocus]") && document.getElementById(id);
  if (field) {
    field.focus();
    if (start != null) field.setSelectionRange(start, start);
    field.scrollTop = top;
    scrollTo(0, y);
  }
});
