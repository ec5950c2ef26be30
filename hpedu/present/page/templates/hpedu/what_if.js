// Reckons what other sizes of classes would take, as hpedu does in Python and from the table it wrote.
for (const box of document.querySelectorAll(".what-if")) {
  const { levels, wide, said } = JSON.parse(box.dataset.model);
  const { lang } = document.documentElement;
  const write = (value, decimals = 0) =>
    value.toLocaleString(lang === "vi" ? "vi-VN" : "en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" });
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const level = box.querySelector("select");
  const size = box.querySelector("[name=size]");
  const ratio = box.querySelector("[name=ratio]");
  // What stands in a box is rounded; untouched, it means the ratio itself.
  const read = (input, place) => {
    const exact = levels[level.value].ratios[place];
    return input.value === round(exact, place) ? exact : input.valueAsNumber;
  };
  const round = (value, place) => value.toFixed(1 + place);
  const whole = (exact) => Math.ceil(exact - 1e-9);

  // A shortage to the unit is only said where all scenarios say that there is one, and they lie close enough.
  const judge = (there, needed) => {
    if (there === null) return said.unknown;
    if (needed.high > wide * needed.low || (needed.low <= there && there < needed.high)) return said.unsure;
    return needed.middle > there ? fill(said.missing, { count: write(needed.middle - there) }) : said.enough;
  };
  const reckon = () => {
    const { name, pupils, there } = levels[level.value];
    if (!size.checkValidity() || !ratio.checkValidity() || !size.value || !ratio.value) return;
    const [perClass, teachersEach] = [size, ratio].map(read);
    const classes = {};
    const teachers = {};
    for (const [scenario, count] of Object.entries(pupils)) {
      classes[scenario] = whole((1 / perClass) * count);
      teachers[scenario] = whole(teachersEach * classes[scenario]);
      const cells = box.querySelectorAll(`[data-scenario=${scenario}] td`);
      [count, classes[scenario], teachers[scenario]].forEach((value, place) => {
        cells[place].textContent = write(value);
      });
    }
    box.querySelector("[role=status]").textContent = fill(said.said, {
      level: name,
      size: write(perClass, 1),
      ratio: write(teachersEach, 2),
      classes: write(classes.middle),
      teachers: write(teachers.middle),
      verdict: judge(there[0], classes),
      count: judge(there[1], teachers),
    });
  };
  const restart = () => {
    [size.value, ratio.value] = levels[level.value].ratios.map(round);
    reckon();
  };
  level.addEventListener("change", restart);
  box.querySelector("button").addEventListener("click", restart);
  for (const input of [size, ratio]) input.addEventListener("input", reckon);
  box.hidden = false;
  restart();
}
