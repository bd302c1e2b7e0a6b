"use strict";
(function () {
  function show(section, band) {
    var names = section.dataset.columns.split("|"), values = band.dataset.v.split("\u001f");
    var list = document.createElement("dl");
    names.forEach(function (name, i) {
      var cell = document.createElement("div"), term = document.createElement("dt"), value = document.createElement("dd");
      term.textContent = name;
      value.textContent = values[i] || "–";
      cell.append(term, value);
      list.append(cell);
    });
    section.querySelector(".readout").replaceChildren(list);
  }

  // the next band in a direction: nearest along it, sideways counting double
  function neighbour(band, key) {
    var way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
    var from = band.getBoundingClientRect(), best = null, least = Infinity;
    band.parentNode.querySelectorAll(".band").forEach(function (other) {
      var to = other.getBoundingClientRect();
      var dx = to.left + to.width / 2 - from.left - from.width / 2, dy = to.top + to.height / 2 - from.top - from.height / 2;
      var along = dx * way[0] + dy * way[1], aside = Math.abs(dx * way[1]) + Math.abs(dy * way[0]);
      if (along > 1 && aside < 2 * along && along + 2 * aside < least) { least = along + 2 * aside; best = other; }
    });
    return best;
  }

  document.querySelectorAll(".membrane").forEach(function (section) {
    var dark = section.querySelector(".dark");
    function darken() {
      // on inverted pixels brightness scales what is dark: display only
      var filter = dark.value === "100" ? "none" : "invert(1) brightness(" + dark.value / 100 + ") invert(1)";
      section.querySelectorAll(".blot").forEach(function (image) { image.style.filter = filter; });
    }
    dark.addEventListener("input", darken);
    section.querySelector(".plain").addEventListener("click", function () { dark.value = "100"; darken(); });
    section.querySelector(".zoom").addEventListener("change", function (event) {
      section.querySelector(".zoomed").style.width = event.target.value + "%";
    });
    section.querySelector(".boxes").addEventListener("change", function (event) {
      section.classList.toggle("no-boxes", !event.target.checked);
    });
    section.addEventListener("pointerover", function (event) {
      if (event.target.classList.contains("band")) { show(section, event.target); }
    });
    section.addEventListener("focusin", function (event) {
      if (!event.target.classList.contains("band")) { return; }
      event.target.parentNode.querySelectorAll(".band").forEach(function (band) { band.setAttribute("tabindex", "-1"); });
      event.target.setAttribute("tabindex", "0");
      show(section, event.target);
    });
    section.addEventListener("keydown", function (event) {
      if (!event.target.classList.contains("band") || event.key.indexOf("Arrow") !== 0) { return; }
      var next = neighbour(event.target, event.key);
      event.preventDefault();
      if (next) { next.focus(); }
    });
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (part) { part.open = true; });
  });
})();
