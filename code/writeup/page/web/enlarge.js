// A picture fills the window when one asks for it.
const lightbox = document.createElement("dialog");
lightbox.className = "lightbox";
lightbox.innerHTML = "<button type=button class=close aria-label=Close autofocus>×</button>";
lightbox.addEventListener("click", () => lightbox.close());
document.body.append(lightbox);
each("main figure", figure => {
  const pictures = figure.querySelectorAll(":scope > p img, :scope > .subfigure img"), words = figure.querySelector(":scope > figcaption p:last-child, :scope > figcaption");
  if (!pictures.length || !words) return;
  const button = Object.assign(document.createElement("button"), { type: "button", className: "source", textContent: "Enlarge" });
  button.addEventListener("click", () => {
    lightbox.replaceChildren(lightbox.firstChild, ...[...pictures].map(one => one.cloneNode()));
    lightbox.setAttribute("aria-label", figure.querySelector(".caption-number")?.textContent ?? "Figure");
    lightbox.showModal();
  });
  words.append(" ", button);
});
