"use strict";
// Keeps the progress of a job up to date, and loads the page again when its state changes.
{
  const page = document.querySelector("[data-progress]");
  const bar = document.getElementById("g-bar");
  const NEXT = 1000, AFTER_ERROR = 5000; // milliseconds

  const show = (job) => {
    if (job.total) {
      bar.max = job.total;
      bar.value = job.done;
    } else {
      bar.removeAttribute("value");
    }
    document.getElementById("g-doing").textContent = job.words;
    const count = document.getElementById("g-count");
    const language = document.documentElement.lang;
    count.textContent = job.total ? count.dataset.words
      .replace("{done}", job.done.toLocaleString(language))
      .replace("{total}", job.total.toLocaleString(language)) : "";
  };

  const ask = async () => {
    let wait = NEXT;
    try {
      const response = await fetch(page.dataset.progress, { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.status);
      const job = await response.json();
      if (job.state !== page.dataset.state) {
        location.reload();
        return;
      }
      show(job);
    } catch {
      wait = AFTER_ERROR;
    }
    setTimeout(ask, wait);
  };
  if (page) setTimeout(ask, NEXT);
}
