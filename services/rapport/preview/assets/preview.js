// An open page follows the files: the server says that they were read again, the page fetches itself and takes over the
// parts marked data-live. The same way it goes from message to message without losing its place. Without this script
// everything works, by hand.
(() => {
  const status = document.getElementById("status");
  const find = document.getElementById("q");
  let turn = 0;

  const scrolled = () => new Map([...document.querySelectorAll("iframe")].map((f) => {
    try { return [f.dataset.frame, f.contentWindow.scrollY]; } catch { return [f.dataset.frame, 0]; }
  }));

  // take puts the parts of a fetched page in the place of those here, except what is the same.
  const take = (page, keep) => {
    const at = keep ? scrolled() : new Map(), list = document.getElementById("list").scrollTop;
    const focus = document.activeElement && document.activeElement.id;
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = page.getElementById(old.id);
      if (!now || old.innerHTML === now.innerHTML) continue;
      old.replaceWith(document.adoptNode(now));
    }
    document.title = page.title;
    document.getElementById("list").scrollTop = list;
    for (const frame of document.querySelectorAll("iframe")) {
      const y = at.get(frame.dataset.frame);
      if (y) frame.addEventListener("load", () => { try { frame.contentWindow.scrollTo(0, y); } catch { /* gone */ } }, { once: true });
    }
    if (focus && focus !== "q" && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
    narrow();
  };

  const go = async (address, { push = false, keep = false } = {}) => {
    const mine = ++turn;
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== turn || !page.getElementById("page")) return;
      if (push) history.pushState(null, "", address);
      take(page, keep);
    } catch {
      if (push) location.href = address;
    }
  };

  // narrow hides what does not match while it is being typed.
  const narrow = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let any = false;
    for (const section of document.querySelectorAll("#list section")) {
      let some = false;
      const title = section.querySelector("h2").textContent;
      for (const row of section.querySelectorAll("li")) {
        const text = (title + " " + row.firstElementChild.title + " " + row.textContent).toLowerCase();
        row.hidden = !words.every((w) => text.includes(w));
        some = some || !row.hidden;
      }
      section.hidden = !some;
      any = any || some;
    }
    document.querySelector("#list .none").hidden = any;
  };

  document.addEventListener("click", (e) => {
    const link = e.target.closest("a[data-go]");
    if (!link || e.button || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    const inList = link.closest("#list");
    if (inList) { // at once, so that the next key goes on from here
      for (const row of inList.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
      link.setAttribute("aria-current", "page");
    }
    go(link.href, { push: true }).then(() => {
      const again = document.querySelector(inList ? "#list [aria-current]" : `a[data-go][href="${CSS.escape(link.getAttribute("href"))}"]`);
      if (again) again.focus({ preventScroll: !inList });
    });
  });
  document.addEventListener("change", (e) => {
    const form = e.target.closest("form[data-auto]");
    if (form) go("/?" + new URLSearchParams(new FormData(form)), { push: true });
  });
  addEventListener("popstate", () => go(location.href));
  find.addEventListener("input", narrow);

  addEventListener("keydown", (e) => {
    if (e.metaKey || e.ctrlKey || e.altKey) return;
    const typing = e.target.closest("input, select, textarea, pre, ol.listing");
    if (e.key === "/" && !typing) {
      e.preventDefault();
      find.focus();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!step || (typing && e.target !== find)) return;
    const rows = [...document.querySelectorAll("#list a")].filter((a) => a.getClientRects().length);
    const next = rows[rows.findIndex((a) => a.hasAttribute("aria-current")) + step] || (step > 0 && rows[0]);
    if (!next) return;
    e.preventDefault();
    next.click();
  });

  document.documentElement.classList.add("scripted");
  const events = new EventSource("/events");
  let lost = false;
  events.onmessage = () => go(location.href, { keep: true });
  events.onopen = () => {
    status.textContent = "live";
    status.className = "status on";
    if (lost) go(location.href, { keep: true });
    lost = false;
  };
  events.onerror = () => {
    lost = true;
    status.textContent = "not reachable";
    status.className = "status off";
  };
  addEventListener("pagehide", () => events.close());
  const current = document.querySelector("#list [aria-current]");
  if (current) current.scrollIntoView({ block: "nearest" });
})();
