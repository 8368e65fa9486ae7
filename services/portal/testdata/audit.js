// audit lists what on a page somebody would stumble over who sees little, hears a page or uses no mouse: one line each.
// The rules are those of WCAG 2.2, level AA, as far as a program can hold a page to them.
(() => {
  const found = [];
  const say = (rule, el, more) => found.push(`${rule}: <${el.tagName.toLowerCase()}> ${(el.textContent || el.name || "").trim().slice(0, 40)} ${more || ""}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const seen = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility !== "hidden";

  // 3.1.1, 2.4.2, 1.3.1: language, title, headings.
  if (!/^[a-z]{2}$/.test(document.documentElement.lang)) found.push("no language");
  if (!document.title.trim()) found.push("no title");
  const headings = all("h1, h2, h3, h4, h5, h6").map((h) => Number(h.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1) found.push(`headings ${headings}`);
  headings.forEach((level, i) => { if (i > 0 && level > headings[i - 1] + 1) found.push(`headings skip a level: ${headings}`); });
  if (all("main").length !== 1) found.push("no main");

  // 1.3.1, 4.1.2: labels, legends, names; ids that are named exist, once.
  for (const el of all("input:not([type=hidden]), select, textarea")) {
    if (![...el.labels].some((label) => label.textContent.trim())) say("no label", el);
    if (el.type === "radio" && !el.closest("fieldset")) say("an option outside a group", el);
  }
  for (const el of all("fieldset")) {
    const legend = el.querySelector(":scope > legend");
    if (!legend || !legend.textContent.trim()) say("no legend", el);
  }
  for (const el of all("button, a")) if (!el.textContent.trim()) say("no name", el);
  for (const el of all("[id]")) if (all(`[id="${el.id}"]`).length !== 1) say("an id twice", el, el.id);
  for (const el of all("[aria-describedby]")) if (!document.getElementById(el.getAttribute("aria-describedby"))) say("describes nothing", el);

  // 1.4.3: contrast of every text with what is behind it.
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r, g, b].map((v, i) => (v * a + [R, G, B][i] * (255 - a)) / 255);
  const behind = (el) => {
    if (!el) return [255, 255, 255];
    const own = read(getComputedStyle(el).backgroundColor);
    return own[3] === 255 ? own.slice(0, 3) : over(own, behind(el.parentElement));
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let checked = 0;
  for (let node; (node = texts.nextNode());) {
    const el = node.parentElement;
    if (!node.data.trim() || !seen(el)) continue;
    checked++;
    const style = getComputedStyle(el), size = parseFloat(style.fontSize), back = behind(el);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const got = contrast(over(read(style.color), back), back);
    if (got < least) say("contrast", el, got.toFixed(2));
  }
  if (checked < 4) found.push(`only ${checked} texts on the page`);

  // 1.4.11: the edges of what can be pressed.
  for (const el of all(".choices .choice, input[type=date], .button")) {
    const style = getComputedStyle(el), around = behind(el.parentElement);
    const edge = parseFloat(style.borderTopWidth) > 0 ? read(style.borderTopColor) : [0, 0, 0, 0];
    const fill = behind(el);
    if (seen(el) && Math.max(contrast(over(edge, around), around), contrast(fill, around)) < 3) say("edge", el);
  }

  // 2.4.7, 2.5.8, 1.4.10: focus is seen, targets are large enough, nothing has to be scrolled sideways.
  for (const el of all("button, a, input:not([type=hidden])")) {
    if (!seen(el)) continue;
    el.focus({ focusVisible: true, preventScroll: true });
    const style = getComputedStyle(el);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) say("focus is not seen", el);
    el.blur();
    const target = (el.type === "checkbox" || el.type === "radio" ? el.labels[0] || el : el).getBoundingClientRect();
    if (target.height < 24 && getComputedStyle(el).display !== "inline") say("too small", el, `${target.width}x${target.height}`);
  }
  if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push("wider than the window");
  return found;
})()
