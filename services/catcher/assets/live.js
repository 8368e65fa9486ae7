// An open page follows what is caught: the server says that something changed, the page fetches itself and takes over the
// parts marked data-live. Without this script everything works, by hand.
(() => {
  const status = document.getElementById("status");
  let stale = false, running = false;

  const refresh = async () => {
    if (document.hidden || running) { stale = true; return; }
    running = true;
    stale = false;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const seen = new Set([...document.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
      for (const old of document.querySelectorAll("[data-live]")) {
        const now = page.getElementById(old.id);
        if (now) old.replaceWith(document.adoptNode(now));
      }
      for (const row of document.querySelectorAll("[data-id]")) {
        if (!seen.has(row.dataset.id)) row.classList.add("new");
      }
    } finally {
      running = false;
      if (stale && !document.hidden) refresh();
    }
  };

  const events = new EventSource("/events");
  let lost = false;
  events.onmessage = refresh;
  events.onopen = () => {
    status.textContent = "live";
    status.className = "status on";
    if (lost) refresh();
    lost = false;
  };
  events.onerror = () => {
    lost = true;
    status.textContent = "not reachable";
    status.className = "status off";
  };
  addEventListener("pagehide", () => events.close());
  document.addEventListener("visibilitychange", () => { if (stale && !document.hidden) refresh(); });

  document.addEventListener("submit", (e) => {
    const question = e.target.dataset.confirm;
    if (question && !confirm(question)) e.preventDefault();
  });
  addEventListener("keydown", (e) => {
    const search = document.querySelector("[data-search]");
    if (e.key === "/" && search && !e.target.closest("input, textarea")) {
      e.preventDefault();
      search.focus();
    }
  });
})();
