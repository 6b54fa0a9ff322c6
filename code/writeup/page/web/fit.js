// On a narrow screen a formula is made smaller, down to LEAST, to be seen whole; beyond that it scrolls.
const LEAST = 0.6;
const fit = () => {
  for (const one of document.querySelectorAll("main :is(.derivation td, .equation, .displayed, .wide)")) {
    one.style.fontSize = "";
    if (one.scrollWidth > one.clientWidth && one.clientWidth) {
      one.style.fontSize = `${Math.max(LEAST, 0.98 * one.clientWidth / one.scrollWidth)}em`;
    }
  }
};
for (const name of ["resize", "added"]) addEventListener(name, fit);
fit();
