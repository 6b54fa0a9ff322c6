"use strict";
// A link out of a card closes it, so that what it leads to can be seen.
for (const card of document.querySelectorAll(".card")) {
  card.addEventListener("click", event => { if (event.target.closest("a[href^='#']")) card.hidePopover(); });
}
// On a phone the contents cover the page: they close when an entry is chosen.
const contents = document.getElementById("contents");
contents.addEventListener("click", event => {
  if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});
// The entry of the section that is read is marked.
const entries = new Map([...contents.querySelectorAll("a[href^='#']")].map(a => [a.hash.slice(1), a]));
const seen = new IntersectionObserver(found => {
  for (const { target, isIntersecting } of found) {
    if (!isIntersecting) continue;
    for (const a of entries.values()) a.removeAttribute("aria-current");
    const entry = entries.get(target.id) || entries.get(decodeURIComponent(target.id));
    if (entry) entry.setAttribute("aria-current", "true");
  }
}, { rootMargin: "0px 0px -75% 0px" });
for (const heading of document.querySelectorAll("main :is(h2, h3)[id]")) seen.observe(heading);
// Curves tell their values under the pointer; a slider below does the same for the keyboard.
const share = (axis, x) => {
  const [low, high] = axis.scale === "log" ? axis.ends.map(Math.log) : axis.ends;
  return ((axis.scale === "log" ? Math.log(x) : x) - low) / (high - low);
};
const words = x => Number(x.toPrecision(4)).toString();
for (const plot of document.querySelectorAll(".plot")) {
  const panels = JSON.parse(plot.querySelector("script").textContent);
  const reading = plot.querySelector("output"), slider = plot.querySelector("input"), line = plot.querySelector(".at");
  const places = panels.flatMap((panel, p) =>
    [...new Set(panel.curves.flatMap(curve => curve.x))].filter(x => x !== null).sort((a, b) => a - b).map(x => [p, x]));
  slider.max = places.length - 1;
  const show = k => {
    const [p, x] = places[k], { box: [left, top, right, bottom], x: axis, y, curves } = panels[p];
    const told = curves.map(curve => [curve.label, curve.y[curve.x.indexOf(x)]]).filter(([, value]) => value != null);
    const text = `${axis.label || "x"} ${words(x)}: ` +
      told.map(([label, value]) => (label ? label + " " : "") + words(value)).join(", ") + (y.label ? ` (${y.label})` : "");
    reading.textContent = text;
    slider.value = k;
    slider.setAttribute("aria-valuetext", text);
    line.hidden = false;
    line.style.left = `${100 * (left + share(axis, x) * (right - left))}%`;
    line.style.top = `${100 * top}%`;
    line.style.height = `${100 * (bottom - top)}%`;
  };
  plot.querySelector(".picture").addEventListener("pointermove", event => {
    const frame = event.currentTarget.getBoundingClientRect();
    const at = (event.clientX - frame.left) / frame.width, down = (event.clientY - frame.top) / frame.height;
    const p = panels.findIndex(({ box: [left, top, right, bottom] }) => at >= left && at <= right && down >= top && down <= bottom);
    if (p < 0) return;
    const [left, , right] = panels[p].box;
    let best = -1, least = Infinity;
    places.forEach(([panel, x], k) => {
      const far = panel === p ? Math.abs(left + share(panels[p].x, x) * (right - left) - at) : Infinity;
      if (far < least) [best, least] = [k, far];
    });
    if (best >= 0) show(best);
  });
  slider.addEventListener("input", () => show(Number(slider.value)));
}
