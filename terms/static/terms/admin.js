"use strict";

/* The term form: rows, related names, icons, the Markdown field. The form works without scripts. */

document.addEventListener("DOMContentLoaded", () => {
  const element = (name, attributes = {}, text = "") => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  };

  const later = (wait, act) => {
    let timer;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => act(...values), wait);
    };
  };

  if (location.pathname.endsWith("/add/")) document.getElementById("id_name")?.focus();

  /* Rows: move, remove, add an empty one as soon as the last is used */

  const fields = (row) => [...row.querySelectorAll("input:not([type=hidden]), textarea")];
  const isEmpty = (row) => fields(row).every((field) => !field.value);

  const addTools = (list, row) => {
    const tools = element("span", { class: "term-row-tools" });
    tools.append(dragHandle());
    const tool = (sign, label, act) => {
      const button = element("button", { type: "button", "aria-label": label, title: label }, sign);
      button.addEventListener("click", () => {
        act();
        if (button.isConnected) button.focus();
        list.dispatchEvent(new Event("change", { bubbles: true }));
      });
      tools.append(button);
    };
    tool("↑", "Move up", () => row.previousElementSibling?.before(row));
    tool("↓", "Move down", () => {
      const next = row.nextElementSibling;
      if (next && !next.matches(".term-row-new")) next.after(row);
    });
    if (!row.querySelector(".term-row-fixed")) {
      tool("×", "Remove", () => {
        const next = row.nextElementSibling ?? row.previousElementSibling;
        row.remove();
        if (next) fields(next)[0]?.focus();
      });
    }
    row.append(tools);
  };

  const growing = (list) => {
    const last = list.lastElementChild;
    if (!last?.matches(".term-row-new")) return;
    const model = last.cloneNode(true);
    last.addEventListener("input", function grow() {
      if (isEmpty(last)) return;
      last.removeEventListener("input", grow);
      last.classList.remove("term-row-new");
      addTools(list, last);
      list.append(model);
      growing(list);
    });
  };

  /* Related names: suggestions, and whether a name is a term's */

  const suggesting = (group) => {
    const names = group.querySelector("datalist");
    const note = (input, known) => {
      const place = input.parentElement.querySelector(".term-row-note");
      place.dataset.state = input.value ? (known ? "known" : "wanted") : "";
      place.textContent = input.value ? (known ? "● term" : "○ wanted") : "";
    };
    const ask = later(150, async (input) => {
      const asked = input.value;
      const answer = await fetch(`${group.dataset.suggestions}?q=${encodeURIComponent(asked)}`);
      if (!answer.ok || input.value !== asked) return;
      const found = await answer.json();
      names.replaceChildren(...found.names.map((name) => element("option", { value: name })));
      note(input, found.known.length);
    });
    group.addEventListener("input", (event) => {
      if (event.target.matches("input[list]")) ask(event.target);
    });
  };

  for (const group of document.querySelectorAll(".term-rows")) {
    const list = group.querySelector("ol");
    for (const row of list.querySelectorAll(".term-row:not(.term-row-new)")) {
      if (!row.querySelector(":disabled")) addTools(list, row);
    }
    growing(list);
    sortable(list, ".term-row", () => list.dispatchEvent(new Event("change", { bubbles: true })));
    if (group.dataset.suggestions) suggesting(group);
    list.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
      event.preventDefault(); // do not submit a half-finished list
      const inputs = [...list.children].flatMap(fields);
      inputs[inputs.indexOf(event.target) + 1]?.focus();
    });
  }

  /* Verticals: those of the category first */

  const vertical = document.querySelector("select[data-verticals]");
  const category = document.getElementById("id_category");
  if (vertical && category) {
    const of = JSON.parse(vertical.dataset.verticals);
    const all = [...vertical.options];
    const sort = () => {
      const here = new Set((of[category.value] ?? []).map(String));
      const own = all.filter((option) => here.has(option.value));
      const rest = all.filter((option) => option.value && !here.has(option.value));
      const group = (label, options) => {
        const made = element("optgroup", { label });
        made.append(...options);
        return made;
      };
      const { value } = vertical;
      const empty = all.filter((option) => !option.value);
      const named = category.selectedOptions[0]?.textContent;
      vertical.replaceChildren(...empty, ...(own.length ? [group(named, own), group("Others", rest)] : rest));
      vertical.value = value;
    };
    category.addEventListener("change", sort);
    sort();
  }

  /* Icons */

  const drawn = (body) => {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    picture.innerHTML = body; // from the vendored icon set
    return picture;
  };

  /* A window with a search field and a grid; find(text) returns what the grid shows. */
  const chooser = (form, label, things, find, count = "") => {
    const dialog = element("dialog", { class: "term-icon-dialog", "aria-label": label });
    const search = element("input", { type: "text", "aria-label": `Search ${things}`, placeholder: `Search ${count}${things}` });
    const close = element("button", { type: "button", class: "button" }, "Close");
    const head = element("header");
    const grid = element("div", { class: "term-icons" });
    head.append(search, close);
    dialog.append(head, grid);
    form.after(dialog);
    const fill = async () => {
      const asked = search.value;
      const found = await find(asked);
      if (search.value === asked) grid.replaceChildren(...found);
    };
    search.addEventListener("input", later(120, fill));
    close.addEventListener("click", () => dialog.close());
    const open = () => {
      dialog.showModal();
      fill();
    };
    return { dialog, head, open };
  };

  const choosing = (field) => {
    const input = field.querySelector("input");
    if (input.disabled) return;
    const picture = field.querySelector(".term-icon-picture");
    const button = element("button", { type: "button", class: "button" }, "Choose…");
    field.append(button);

    const show = (icon) => picture.replaceChildren(...(icon ? [drawn(icon.body)] : []));
    const find = async (query) => {
      const answer = await fetch(`${field.dataset.search}?q=${encodeURIComponent(query)}`);
      return answer.ok ? (await answer.json()).icons : [];
    };
    const { dialog, open } = chooser(field.closest("form"), "Choose an icon", "icons", async (query) => {
      const icons = await find(query);
      if (!icons.length) return [element("p", {}, "No icon has this name.")];
      return icons.map((icon) => {
        const choice = element("button", { type: "button", "aria-label": icon.name });
        choice.append(drawn(icon.body), element("span", {}, icon.name.replace("mdi:", "")));
        choice.addEventListener("click", () => {
          input.value = icon.name;
          show(icon);
          dialog.close();
          input.focus();
        });
        return choice;
      });
    }, "7,000 ");
    button.addEventListener("click", open);
    input.addEventListener("input", later(200, async () => {
      const icons = await find(input.value);
      show(icons.find((icon) => icon.name === input.value));
    }));
  };

  document.querySelectorAll(".term-icon").forEach(choosing);

  /* The Markdown field: pictures are sent from here. */

  const isEditor = (event) => event.target instanceof Element && event.target.matches(".markdownx-editor");

  const insert = (editor, text) => {
    editor.focus();
    document.execCommand("insertText", false, text); // the only way that undo supports
  };

  // The alternative text is made of the file's name: it is selected, to be replaced.
  const describe = (editor, code, message) => {
    const start = editor.selectionStart;
    insert(editor, code);
    const [, words] = /^!\[([^\]]*)\]/.exec(code) ?? [];
    if (words === undefined) return;
    editor.setSelectionRange(start + 2, start + 2 + words.length);
    message.textContent = "Describe the picture for people who cannot see it.";
    editor.addEventListener("input", () => {
      message.textContent = "";
    }, { once: true });
  };

  const send = async (editor, file) => {
    const message = editor.closest(".markdownx").querySelector(".term-markdown-message");
    const body = new FormData();
    body.append("image", file);
    body.append("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    message.textContent = `Sending ${file.name}…`;
    try {
      const answer = await fetch(editor.dataset.markdownxUploadUrlsPath, { method: "POST", body });
      const said = await answer.json();
      message.textContent = said.error ? `${file.name}: ${said.error}` : "";
      if (said.image_code) describe(editor, said.image_code, message);
    } catch {
      message.textContent = `${file.name} could not be sent. Try again.`;
    }
  };

  /* A new term is no term yet: its glossary and path say which pictures are beside it. */
  const place = () => {
    const field = (name) => document.getElementById(`id_${name}`)?.value ?? "";
    const where = new URLSearchParams({ glossary: field("glossary"), path: field("path") });
    document.querySelectorAll(".markdownx-editor").forEach((editor) => {
      for (const name of ["markdownxUrlsPath", "markdownxUploadUrlsPath"]) {
        const [address, asked] = editor.dataset[name].split("?");
        if (!asked?.startsWith("term=")) editor.dataset[name] = `${address}?${where}`;
      }
    });
  };
  place();
  for (const name of ["glossary", "path"]) document.getElementById(`id_${name}`)?.addEventListener("change", place);

  /* Buttons beside the toolbar */

  const TABLE = "| Name | Meaning |\n| --- | --- |\n| | |\n";

  const onNewLine = (editor, text) => {
    const before = editor.value.slice(0, editor.selectionStart);
    const gap = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    insert(editor, gap + text);
  };

  const addNote = (editor) => {
    const numbers = [...editor.value.matchAll(/\[\^(\d+)\]/g)].map((found) => Number(found[1]));
    const sign = `[^${Math.max(0, ...numbers) + 1}]`;
    insert(editor, sign);
    const end = editor.value.trimEnd().length;
    editor.setSelectionRange(end, editor.value.length);
    insert(editor, `\n\n${sign}: \n`);
    editor.setSelectionRange(editor.value.length - 1, editor.value.length - 1);
  };

  /* The pictures of the glossary, and a button that uploads others. */
  const library = (group, editor, upload) => {
    const shown = async (query) => {
      const asked = new URLSearchParams(editor.dataset.markdownxUploadUrlsPath.split("?")[1]);
      asked.set("q", query);
      const answer = await fetch(`${group.dataset.pictures}?${asked}`);
      const { pictures } = answer.ok ? await answer.json() : { pictures: [] };
      if (!pictures.length) return [element("p", {}, query ? "No picture has this name." : "There are no pictures yet.")];
      return pictures.map(({ path, address, page, code }) => {
        const item = element("div", { class: "term-picture" });
        const choice = element("button", { type: "button", "aria-label": `Insert ${path}` });
        choice.append(element("img", { src: address, alt: "", loading: "lazy" }), element("span", {}, path));
        choice.addEventListener("click", () => {
          dialog.close();
          describe(editor, code, editor.closest(".markdownx").querySelector(".term-markdown-message"));
        });
        item.append(choice, element("a", { href: page, target: "_blank" }, "Where used"));
        return item;
      });
    };
    const { dialog, head, open } = chooser(editor.form, "Choose a picture", "pictures", shown);
    const button = element("button", { type: "button", class: "button" }, "Upload…");
    button.addEventListener("click", () => {
      dialog.close();
      upload();
    });
    head.lastElementChild.before(button);
    return open;
  };

  for (const group of document.querySelectorAll(".term-inserts")) {
    const editor = group.closest(".term-markdown").querySelector("textarea");
    const chosen = group.querySelector("[type=file]");
    const choose = library(group, editor, () => chosen.click());
    const acts = {
      term: () => insert(editor, "[["),
      picture: choose,
      table: () => onNewLine(editor, TABLE),
      note: () => addNote(editor),
    };
    group.hidden = editor.disabled;
    group.addEventListener("click", (event) => acts[event.target.closest("[data-insert]")?.dataset.insert]?.());
    chosen.addEventListener("change", () => {
      for (const file of chosen.files) send(editor, file);
      chosen.value = "";
    });
  }

  const files = (event, data) => {
    if (!isEditor(event) || !data?.files.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    for (const file of data.files) send(event.target, file);
  };
  document.addEventListener("paste", (event) => files(event, event.clipboardData), true);
  document.addEventListener("drop", (event) => files(event, event.dataTransfer), true);
});
