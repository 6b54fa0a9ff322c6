// The lines of the derivations are walked by the arrow keys: up and down in the text, left and right in the cards.
document.addEventListener("keydown", event => {
  const step = event.target.closest?.("main .step"), way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && way) {
    const steps = [...document.querySelectorAll("main .step")], next = steps[steps.indexOf(step) + way];
    next?.focus();
    if (next) event.preventDefault();
  }
  const side = { ArrowRight: "next", ArrowLeft: "prev" }[event.key];
  if (side) document.querySelector(`.card:popover-open a[rel=${side}]`)?.click();
});
// The line at the focus or under the pointer is marked, and so are those that it uses.
const marks = button => [[button.closest("tr"), "current"],
  ...[...parsed(cards.get(button.getAttribute("popovertarget")) ?? "").querySelectorAll(".uses a")]
    .map(a => [opening(named(a.hash))?.closest("tr"), "used"])];
for (const [on, off] of [["focusin", "focusout"], ["pointerover", "pointerout"]]) {
  for (const [name, whether] of [[on, true], [off, false]]) {
    document.addEventListener(name, event => {
      const step = event.target.closest?.(".derivation .step");
      if (step) for (const [row, kind] of marks(step)) row?.classList.toggle(kind, whether);
    });
  }
}
