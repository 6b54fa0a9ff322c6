// On a phone the contents cover the page: they close when an entry is chosen.
const contents = document.getElementById("contents");
contents.addEventListener("click", event => {
  if (event.target.closest("a") && contents.matches(":popover-open")) contents.hidePopover();
});
// The entry of the section that is read is marked: that of the last heading above a line a quarter down the
// window, which comes down to its foot at the page's end, so that every section is reached.
const entries = new Map([...contents.querySelectorAll("a[href^='#']")].map(a => [named(a.hash), a]));
const headings = [...document.querySelectorAll("main :is(h2, h3, h4)[id]")].filter(one => entries.has(one.id));
let chosen = null; // the section that a link led to, until one scrolls on
const mark = () => {
  if (chosen && Math.abs(scrollY - chosen.at) > 2) chosen = null;
  const end = document.documentElement.scrollHeight - innerHeight, last = Math.min(end, 0.75 * innerHeight);
  const line = innerHeight * (1 - 0.75 * Math.min(1, (end - scrollY) / (last || 1)));
  const here = chosen?.heading ?? headings.findLast(one => one.getBoundingClientRect().top <= line);
  const entry = here ? entries.get(here.id) : contents.querySelector("a");
  for (const a of entries.values()) a.removeAttribute("aria-current");
  entry.setAttribute("aria-current", "true");
  if (contents.scrollHeight > contents.clientHeight) contents.scrollTop = entry.offsetTop - contents.clientHeight / 2;
};
const choose = () => {
  const heading = headings.find(one => one.id === named(location.hash));
  chosen = heading ? { heading, at: scrollY } : null;
  mark();
};
addEventListener("scroll", mark, { passive: true });
addEventListener("hashchange", () => requestAnimationFrame(choose));
requestAnimationFrame(choose);
