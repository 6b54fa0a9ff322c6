// What a reference, a citation or a step leads to, beside it: under the pointer and at the focus, until Escape.
const preview = document.createElement("div");
Object.assign(preview, { className: "preview", id: "preview", popover: "manual", role: "tooltip" });
document.body.append(preview);
let asked = 0, previewed = null;
const content = link => {
  if (link.matches(".step")) {
    const one = parsed(cards.get(link.getAttribute("popovertarget")) ?? "");
    return [...one.querySelectorAll(".formula, .uses, .formula ~ dl")];
  }
  const id = named(link.hash), kept = document.getElementById(id) ? null : folded(id);
  const there = kept ? parsed(kept.textContent).getElementById(id) : document.getElementById(id);
  if (!there || there.closest(".card")) return [];
  if (there.matches("h2, h3, h4, h5")) return [there, there.nextElementSibling].filter(Boolean);
  return [there.closest("figure, .scroll, .captioned, tr, .equation, .headed, .answer, li") ?? there.closest("p") ?? there];
};
const bare = node => {
  const copy = node.cloneNode(true);
  for (const one of copy.querySelectorAll("button.source, script, input, output, .live, details")) one.remove();
  for (const one of [copy, ...copy.querySelectorAll("*")]) {
    for (const name of ["id", "tabindex", "href", "role", "aria-label", "popovertarget"]) one.removeAttribute(name);
  }
  for (const one of copy.querySelectorAll("button")) one.replaceWith(...one.childNodes);
  if (copy.tagName !== "TR") return copy;
  const table = document.createElement("table");
  table.append(copy);
  return table;
};
const hide = () => {
  clearTimeout(asked);
  previewed?.removeAttribute("aria-describedby");
  previewed = null;
  preview.hidePopover();
};
const show = link => {
  const shown = content(link).map(bare);
  if (!shown.length || !link.isConnected) return;
  hide();
  preview.replaceChildren(...shown);
  preview.showPopover();
  const at = link.getBoundingClientRect(), { width, height } = preview.getBoundingClientRect();
  const below = at.bottom + height + 8 < innerHeight || at.top < height + 8;
  preview.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  preview.style.top = `${below ? Math.min(at.bottom + 4, innerHeight - height - 4) : at.top - height - 4}px`;
  previewed = link;
  link.setAttribute("aria-describedby", "preview");
};
const soon = (act, delay) => { clearTimeout(asked); asked = setTimeout(act, delay); };
const link = target => target.closest?.(":is(main, .card) a[href^='#']:not(.self), main .step");
document.addEventListener("pointerover", event => {
  const over = event.pointerType === "mouse" ? link(event.target) : null;
  if (over && over !== previewed) soon(() => show(over), 250);
  else if (over || event.target.closest("#preview")) clearTimeout(asked);
  else if (previewed !== document.activeElement) soon(hide, 250);
});
document.addEventListener("focusin", event => {
  const on = event.target.matches(":focus-visible") ? link(event.target) : null;
  if (on) soon(() => show(on), 250); else if (!event.target.closest("#preview")) hide();
});
document.addEventListener("click", event => { if (!event.target.closest("#preview")) hide(); });
document.addEventListener("scroll", () => { if (previewed) hide(); });
document.addEventListener("keydown", event => { if (event.key === "Escape" && previewed) { hide(); event.preventDefault(); } });
