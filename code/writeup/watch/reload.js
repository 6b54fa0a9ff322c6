"use strict";
// A new version is loaded in place, and what stood in view stands there again; an error is a banner at the top.
(() => {
  const mine = "VERSION", key = "writeup-place";
  const blocks = () => [...document.querySelectorAll("main :is(p, li, h1, h2, h3, h4, figcaption, caption, pre, td)")];
  const text = block => block.textContent.trim().slice(0, 300);
  const keep = () => {
    const seen = blocks().map((block, index) => ({ index, text: text(block), top: block.getBoundingClientRect().top }))
      .filter(one => one.top >= 0 && one.top < innerHeight && one.text.length > 8).slice(0, 30);
    sessionStorage.setItem(key, JSON.stringify({ seen, y: scrollY }));
  };
  const restore = place => {
    const now = blocks().map((block, index) => ({ block, index, text: text(block) }));
    for (const one of place.seen) {
      const same = now.filter(other => other.text === one.text)
        .sort((a, b) => Math.abs(a.index - one.index) - Math.abs(b.index - one.index))[0];
      if (same) return scrollBy({ top: same.block.getBoundingClientRect().top - one.top, behavior: "instant" });
    }
    scrollTo({ top: place.y, behavior: "instant" });
  };
  const kept = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  if (kept) {
    const place = JSON.parse(kept);
    restore(place);
    if (document.readyState !== "complete") {
      addEventListener("load", () => requestAnimationFrame(() => restore(place)), { once: true });
    }
  }
  const banner = document.createElement("p");
  banner.setAttribute("role", "alert");
  banner.id = "writeup-error";
  banner.style.cssText = "position:fixed;inset:0 0 auto 0;z-index:99;margin:0;padding:.6em 1em;" +
    "background:#8b0000;color:#fff;font:1rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere";
  banner.hidden = true;
  document.body.append(banner);
  new EventSource("EVENTS").onmessage = event => {
    const { version, error } = JSON.parse(event.data);
    banner.textContent = error;
    banner.hidden = !error;
    if (version && version !== mine && !error) {
      history.scrollRestoration = "manual";
      keep();
      location.reload();
    }
  };
})();
