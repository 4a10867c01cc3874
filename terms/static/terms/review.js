"use strict";
// What is marked in the text is what the next comment is about.
{
  const text = document.querySelector(".term-passages");
  const quote = document.getElementById("id_quote");
  const words = () => {
    const marked = document.getSelection();
    if (marked.isCollapsed || !text.contains(marked.anchorNode) || !text.contains(marked.focusNode)) return "";
    const part = marked.getRangeAt(0).cloneContents();
    part.querySelectorAll("sup").forEach((number) => number.remove()); // the comments' own
    return part.textContent.trim();
  };
  if (text && quote) {
    document.addEventListener("selectionchange", () => {
      const found = words();
      if (found) quote.value = found.slice(0, quote.maxLength);
    });
  }
}
