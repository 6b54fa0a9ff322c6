// Below some figures something moves: each kind of it by a function, of the figure's data and of where it stands.
const live = (kind, make) => each(`.live[data-kind=${kind}]`, box => make(JSON.parse(box.querySelector("script").textContent), box));
const part = (name, className, attributes = {}) => {
  const one = Object.assign(document.createElement(name), { className });
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
};
// show(k) puts the place k of the slider on the screen and says what is there.
const slide = (box, label, count, show, begin = 0) => {
  const slider = part("input", "", { type: "range", min: 0, max: count - 1, value: begin, "aria-label": label });
  const output = part("output", "");
  const moved = () => {
    output.textContent = show(Number(slider.value));
    slider.setAttribute("aria-valuetext", output.textContent);
  };
  slider.addEventListener("input", moved);
  box.append(slider, output);
  moved();
};
// One image of a sheet, on which they stand one below the other.
const framed = ({ sheet, count, width, height }, k = 0) => {
  const view = part("span", "frame", { role: "img" });
  Object.assign(view.style, { backgroundImage: `url(${sheet})`, backgroundSize: `100% ${100 * count}%`,
    aspectRatio: `${width} / ${height}` });
  const turn = to => { view.style.backgroundPositionY = `${count > 1 ? 100 * to / (count - 1) : 0}%`; };
  turn(k);
  return [view, turn];
};
live("frames", (told, box) => {
  const [view, turn] = framed(told);
  box.append(view);
  slide(box, "Which of the pictures", told.count, k => {
    turn(k);
    view.setAttribute("aria-label", told.said[k]);
    return told.said[k];
  });
});
