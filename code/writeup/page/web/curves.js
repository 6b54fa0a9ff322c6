// Curves tell their values under the pointer; a slider below does the same for the keyboard.
const words = x => Number(x.toPrecision(4)).toString();
each(".plot", plot => {
  const panels = JSON.parse(plot.querySelector("script").textContent);
  const reading = plot.querySelector("output"), slider = plot.querySelector("input"), line = plot.querySelector(".at");
  const places = panels.flatMap(panel => panel.places.map(([x, share]) => ({ panel, x, share })));
  slider.max = places.length - 1;
  const show = k => {
    const { panel, x, share } = places[k], [, top, , bottom] = panel.box, [across, up] = panel.labels;
    const told = panel.curves.map(curve => [curve.label, curve.y[curve.x.indexOf(x)]]).filter(([, y]) => y != null);
    const text = `${across || "x"} ${words(x)}: ` + told.map(([label, y]) => `${label} ${words(y)}`.trim()).join(", ") +
      (up ? ` (${up})` : "");
    reading.textContent = text;
    slider.value = k;
    slider.setAttribute("aria-valuetext", text);
    Object.assign(line.style, { left: `${100 * share}%`, top: `${100 * top}%`, height: `${100 * (bottom - top)}%` });
    line.hidden = false;
  };
  plot.querySelector(".picture").addEventListener("pointermove", event => {
    const frame = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - frame.left) / frame.width, y = (event.clientY - frame.top) / frame.height;
    const inside = ({ box: [left, top, right, bottom] }) => x >= left && x <= right && y >= top && y <= bottom;
    const there = [...places.keys()].filter(k => inside(places[k].panel));
    if (there.length) show(there.reduce((a, b) => Math.abs(places[b].share - x) < Math.abs(places[a].share - x) ? b : a));
  });
  slider.addEventListener("input", () => show(Number(slider.value)));
});
