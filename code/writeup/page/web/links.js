// A link to a card opens it, one into a fold unfolds it, and the keyboard goes on from there.
const opening = id => [...document.querySelectorAll("main [popovertarget]")]
  .find(button => button.getAttribute("popovertarget") === id);
const reach = id => {
  const one = card(id), kept = one ? null : folded(id);
  if (kept) unfold(kept.closest("details"));
  const there = one ? opening(id) : document.getElementById(id);
  for (let at = there?.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  if (there && !there.matches("a, button, input, summary, [tabindex]")) there.tabIndex = -1;
  there?.scrollIntoView({ block: one ? "center" : "start" });
  there?.focus({ preventScroll: true });
  one?.togglePopover(true);
};
const named = hash => decodeURIComponent(hash.slice(1));
addEventListener("hashchange", () => { if (location.hash) reach(named(location.hash)); });
if (location.hash) reach(named(location.hash));
document.addEventListener("click", event => {
  const target = event.target.closest("[popovertarget]")?.getAttribute("popovertarget");
  if (target) card(target);
  const link = event.target.closest("a[href^='#']");
  link?.closest(".card")?.hidePopover();
  if (link && link.hash === location.hash) reach(named(link.hash));
});
