"use strict";
(function () {
  var profiles = JSON.parse(document.getElementById("profiles").textContent);

  // the light along the band's lane: the whole run, the box shaded, the background's level dashed
  function profile(band) {
    var lane = (profiles[band.parentNode.dataset.image] || {})[band.dataset.lane];
    if (!lane || lane[2].length < 2) { return null; }
    var first = lane[0], step = lane[1], light = lane[2], level = Number(band.dataset.level), wide = 460, high = 84;
    var low = Math.min.apply(null, light.concat(level)), top = Math.max.apply(null, light.concat(level)), last = first + step * (light.length - 1);
    function x(row) { return (row - first) / (last - first) * wide; }
    function y(value) { return high - 4 - (value - low) / (top - low || 1) * (high - 8); }
    var from = Number(band.getAttribute("y")), to = from + Number(band.getAttribute("height"));
    var svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    function part(tag, attributes) {
      var made = document.createElementNS(svg.namespaceURI, tag);
      Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
      svg.append(made);
      return made;
    }
    svg.setAttribute("viewBox", "0 0 " + wide + " " + (high + 14));
    svg.setAttribute("class", "profile");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", "Light along lane " + band.dataset.lane + ", from " + Math.round(low) + " to " + Math.round(top) + " AU");
    part("rect", { x: x(from), y: 0, width: x(to) - x(from), height: high });
    part("line", { x1: x(from), x2: x(to), y1: y(level), y2: y(level) });
    part("polyline", { points: light.map(function (value, i) { return x(first + i * step).toFixed(1) + "," + y(value).toFixed(1); }).join(" ") });
    part("text", { x: 0, y: high + 11 }).textContent = "top";
    part("text", { x: wide, y: high + 11, "text-anchor": "end" }).textContent = "bottom";
    part("text", { x: wide / 2, y: high + 11, "text-anchor": "middle" }).textContent = "light along lane " + band.dataset.lane + ": " + Math.round(low) + " to " + Math.round(top) + " AU (dashed: background)";
    return svg;
  }

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
    var drawn = profile(band);
    section.querySelector(".readout").replaceChildren.apply(section.querySelector(".readout"), drawn ? [list, drawn] : [list]);
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
