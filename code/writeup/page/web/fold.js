// What is folded, and each card, is text within <noscript> until it is needed: a page of many lists opens at once.
const parsed = text => {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.content;
};
// make(element) for each that the selector finds, also when it comes later.
const each = (selector, make) => {
  const below = root => { for (const one of root.querySelectorAll(selector)) make(one); };
  below(document);
  document.addEventListener("added", event => below(event.detail));
};
const added = root => document.dispatchEvent(new CustomEvent("added", { detail: root, bubbles: true }));
const unfold = details => {
  const kept = details.querySelector("noscript");
  if (!kept) return;
  kept.replaceWith(parsed(kept.textContent));
  added(details);
};
each("details", details => details.addEventListener("toggle", () => { if (details.open) unfold(details); }));
const cards = new Map(document.getElementById("cards").textContent.split(/(?=<div class="card")/)
  .filter(text => text.startsWith("<div")).map(text => [text.match(/ id="([^"]*)"/)[1], text]));
const card = id => {
  if (!document.getElementById(id) && cards.has(id)) {
    document.body.append(parsed(cards.get(id)));
    added(document.body.lastElementChild);
  }
  return cards.has(id) ? document.getElementById(id) : null;
};
const folded = id => [...document.querySelectorAll("main noscript")].find(one => one.textContent.includes(` id="${id}"`));
