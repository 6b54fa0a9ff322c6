// Distances against a threshold that one moves: how they lie, what is accepted, and the rates that follow.
const BINS = 50, WIDE = 600, HIGH = 150;
live("threshold", ({ measure, places, sets, examples }, box) => {
  const last = places.length - 1, step = last / BINS;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const drawn = (name, attributes) => {
    const one = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    svg.append(one);
    return one;
  };
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${HIGH}`);
  svg.setAttribute("aria-hidden", "true"); // the words below say the same
  const shares = sets.map(({ accepted, total }) => Array.from({ length: BINS }, (_, b) =>
    (accepted[Math.round((b + 1) * step)] - (b ? accepted[Math.round(b * step)] : 0)) / total));
  const most = Math.max(...shares.flat());
  shares.forEach((share, k) => {
    const tops = share.map((x, b) => `H${b * WIDE / BINS}V${HIGH - HIGH * x / most}H${(b + 1) * WIDE / BINS}`);
    drawn("path", { d: `M0 ${HIGH}${tops.join("")}V${HIGH}Z`, class: `set${k}` });
  });
  const line = drawn("line", { y1: 0, y2: HIGH });
  const key = part("span", "key");
  sets.forEach(({ name }, k) => key.append(Object.assign(part("span", `set${k}`), { textContent: name })));
  box.append(key, svg);
  const pairs = examples.flatMap(({ name, distances, ...sheet }) => {
    const row = part("span", "row", { role: "group", "aria-label": name });
    row.append(Object.assign(part("span", "name"), { textContent: name }));
    box.append(row);
    return distances.map((distance, k) => {
      const cell = part("span", "example"), [view] = framed(sheet, k), said = part("span", "");
      view.setAttribute("aria-label", `${name}, ${k + 1}`);
      cell.append(view, said);
      row.append(cell);
      return { distance, cell, said };
    });
  });
  const miss = k => Math.abs(sets[0].accepted[k] / sets[0].total + sets[1].accepted[k] / sets[1].total - 1);
  const even = places.reduce((best, _, k) => miss(k) < miss(best) ? k : best, 0);
  slide(box, `Threshold of the ${measure}`, places.length, k => {
    const at = places[k];
    line.setAttribute("transform", `translate(${WIDE * k / last})`);
    for (const { distance, cell, said } of pairs) {
      cell.classList.toggle("out", distance > at);
      said.textContent = `${distance.toFixed(2)} ${distance > at ? "refused" : "accepted"}`;
    }
    return `Threshold ${at}. Accepted: ` + sets.map(({ name, total, accepted }) =>
      `${(100 * accepted[k] / total).toFixed(1)} % of the ${total} ${name}`).join(", ") + ".";
  }, even);
});
