"use strict";
(function () {
  var NS = "http://www.w3.org/2000/svg", T = 0, B = 1, L = 2, R = 3;
  var data = JSON.parse(document.getElementById("data").textContent);
  var things = [], chosen = null, adding = false;
  function by(id) { return document.getElementById(id); }
  function what() { return document.querySelector("[name=what]:checked").value; }
  function say(text, wrong) { by("said").textContent = text; by("said").className = wrong ? "wrong" : ""; }

  // a thing is a lane or a band: number and box as they were (none where it is new) and as they are now
  function thing(image, kind, row) {
    return { image: image, kind: kind, lane: row.lane, band: row.band, was: row.box.slice(), box: row.box.slice(),
             number: kind === "band" ? row.band : String(row.lane), seen: row.seen, doubts: row.doubts,
             fresh: false, deleted: false, excluded: row.excluded, wasExcluded: row.excluded, notes: {} };
  }
  data.images.forEach(function (image, i) {
    image.lanes.forEach(function (row) { things.push(thing(i, "lane", row)); });
    image.bands.forEach(function (row) { things.push(thing(i, "band", row)); });
  });

  function note(one, action) {
    one.notes[action] = { who: by("who").value.trim(), when: new Date().toISOString(), why: by("why").value.trim() };
  }
  // where a band lies of itself: its lane takes it along sideways
  function base(one) {
    var lane = one.kind === "band" && things.find(function (each) { return each.kind === "lane" && each.image === one.image && each.lane === one.lane; });
    if (!lane || lane.fresh || !moved(lane)) { return one.was; }
    var stretch = (lane.box[R] - lane.box[L]) / (lane.was[R] - lane.was[L]);
    function along(edge) { return Math.round(lane.box[L] + stretch * (edge - lane.was[L])); }
    return [one.was[T], one.was[B], along(one.was[L]), along(one.was[R])];
  }
  function differ(one, other) { return one.some(function (edge, k) { return Math.abs(edge - other[k]) > 0.01; }); }
  function moved(one) { return !one.fresh && differ(one.box, one.kind === "lane" ? one.was : base(one)); }
  function bands_of(lane) {
    return things.filter(function (one) { return one.kind === "band" && !one.fresh && one.image === lane.image && one.lane === lane.lane; });
  }
  function gone(one) {
    return one.kind === "band" && things.some(function (each) { return each.kind === "lane" && each.deleted && each.image === one.image && each.lane === one.lane; });
  }
  function renamed(one) { return !one.fresh && one.number !== (one.kind === "band" ? one.band : String(one.lane)); }
  function name(one) { return "lane " + one.lane + (one.kind === "band" ? " band " + one.band : ""); }

  // a box of the upright picture in pixels of the file: mirrored back, then turned back
  function inFile(box, frame) {
    var t = box[T], b = box[B], l = box[L], r = box[R], wide = frame.turns % 2 ? frame.rows : frame.cols;
    if (frame.mirror) { l = wide - box[R]; r = wide - box[L]; }
    if (frame.turns % 4 === 1) { return [frame.rows - r, frame.rows - l, t, b]; }
    if (frame.turns % 4 === 2) { return [frame.rows - b, frame.rows - t, frame.cols - r, frame.cols - l]; }
    if (frame.turns % 4 === 3) { return [l, r, frame.cols - b, frame.cols - t]; }
    return [t, b, l, r];
  }
  function text(box, one) {
    var edges = inFile(box, data.images[one.image].frame).map(function (edge) { return String(Math.round(edge * 100) / 100); });
    return edges[T] + ":" + edges[B] + "," + edges[L] + ":" + edges[R];
  }

  function edits() {
    var rows = [];
    function put(one, action, before, after) {
      var said = one.notes[action] || {};
      rows.push({ image: data.images[one.image].image, what: one.kind, lane: String(one.lane), band: one.kind === "band" ? one.band : "",
                  action: action, old: before, new: after, who: said.who || by("who").value.trim(), when: said.when || "", why: said.why || "" });
    }
    things.forEach(function (one) { if (one.fresh && one.kind === "lane" && !one.deleted) { put(one, "add", "", text(one.box, one)); } });
    things.forEach(function (one) {
      if (gone(one) || (one.fresh && one.deleted)) { return; }
      if (one.fresh && one.kind === "band") { put(one, "add", "", text(one.box, one)); }
      if (one.deleted && !one.fresh) { put(one, "delete", text(one.was, one), ""); return; }
      if (moved(one)) { put(one, "move", text(one.was, one), text(one.box, one)); }
      if (one.excluded && !one.wasExcluded) { put(one, "exclude", "", ""); }
      if (renamed(one)) { put(one, "rename", one.kind === "band" ? one.band : String(one.lane), one.number); }
    });
    return rows;
  }

  function shape(tag, attributes, parent) {
    var made = document.createElementNS(NS, tag);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    parent.append(made);
    return made;
  }

  function draw(i) {
    var svg = document.querySelectorAll("svg")[i], image = data.images[i], size = Math.max(9, image.width / 90);
    var focused = document.activeElement && document.activeElement.parentNode === svg;
    svg.replaceChildren();
    svg.classList.toggle("adding", adding);
    var kind = what(), first = true;
    things.forEach(function (one, index) {
      if (one.image !== i || (one.fresh && one.deleted) || gone(one)) { return; }
      var mine = one.kind === kind;
      var looks = [one.kind, mine ? "" : "idle", one === chosen ? "chosen" : "", one.fresh ? "added" : moved(one) || renamed(one) ? "changed" : "",
                   one.deleted ? "deleted" : "", one.excluded ? "excluded" : "", one.seen ? "" : "unseen"].filter(Boolean).join(" ");
      var rect = shape("rect", { "class": looks, x: one.box[L], y: one.box[T], width: one.box[R] - one.box[L], height: one.box[B] - one.box[T] }, svg);
      if (mine) {
        rect.setAttribute("role", "button");
        rect.setAttribute("aria-pressed", String(one === chosen));
        rect.setAttribute("aria-label", name(one) + (one.deleted ? ", deleted" : one.excluded ? ", excluded" : "") + (one.doubts ? "; " + one.doubts : ""));
        rect.setAttribute("tabindex", one === chosen || (first && !(chosen && chosen.image === i)) ? "0" : "-1");
        rect.dataset.thing = index;
        first = false;
      }
      if (one.kind === "lane") {
        shape("text", { x: (one.box[L] + one.box[R]) / 2, y: Math.max(one.box[T], 0) + size, "font-size": size, "aria-hidden": "true" }, svg).textContent = one.number;
      } else if (mine) {
        shape("text", { x: one.box[L] - size * 0.45, y: (one.box[T] + one.box[B]) / 2 + size * 0.3, "font-size": size * 0.8, "aria-hidden": "true" }, svg).textContent = one.number;
      }
      if (one === chosen && mine && !one.deleted) {
        [["tl", L, T], ["tr", R, T], ["bl", L, B], ["br", R, B]].forEach(function (corner) {
          shape("circle", { "class": "handle " + corner[0], cx: one.box[corner[1]], cy: one.box[corner[2]], r: size * 0.3, "data-x": corner[1], "data-y": corner[2] }, svg);
        });
      }
    });
    if (focused && chosen && chosen.image === i) { var again = svg.querySelector(".chosen"); if (again) { again.focus(); } }
  }
  function list() {
    var rows = edits();
    by("edits").replaceChildren.apply(by("edits"), rows.map(function (row) {
      var item = document.createElement("li");
      item.textContent = row.action + " " + row.what + " " + (row.what === "band" ? row.band + " of lane " : "") + row.lane + " in " + row.image +
        (row.old ? ", was " + row.old : "") + (row.new ? ", now " + row.new : "") + (row.why ? " (" + row.why + ")" : "");
      return item;
    }));
  }
  function redraw() { data.images.forEach(function (image, i) { draw(i); }); list(); }
  function choose(one) { chosen = one; by("number").value = one ? one.number : ""; if (one) { say(name(one) + (one.doubts ? ": " + one.doubts : "")); } redraw(); }

  // what is done to a lane may be meant for all pictures of its membrane
  function group(one) {
    if (one.kind !== "lane" || !by("together").checked) { return [one]; }
    var membrane = data.images[one.image].membrane;
    return things.filter(function (other) {
      return other.kind === "lane" && other.lane === one.lane && other.fresh === one.fresh && data.images[other.image].membrane === membrane;
    });
  }
  function fits(box, i) {
    var image = data.images[i];
    return box[T] >= 0 && box[L] >= 0 && box[B] <= image.height && box[R] <= image.width && box[B] - box[T] >= 2 && box[R] - box[L] >= 2;
  }
  function shift(one, by4) {
    var all = group(one);
    var boxes = all.map(function (each) { return each.box.map(function (edge, k) { return edge + by4[k]; }); });
    if (!boxes.every(function (box, k) { return fits(box, all[k].image); })) { return false; }
    all.forEach(function (each, k) {
      var along = each.kind === "lane" && !each.fresh ? bands_of(each).filter(function (band) { return !moved(band); }) : [];
      each.box = boxes[k];
      along.forEach(function (band) { band.box = base(band).slice(); });
      note(each, each.fresh ? "add" : "move");
    });
    return true;
  }
  function remove(one) {
    if (!one) { say("Choose a box first.", true); return; }
    if (!one.fresh && !by("why").value.trim()) { say("Say why, in the field above; it is kept with the edit.", true); by("why").focus(); return; }
    group(one).forEach(function (each) { each.deleted = true; note(each, "delete"); });
    say(name(one) + " is deleted.");
    redraw();
  }

  function point(svg, event) {
    var at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [at.x, at.y];
  }
  var drag = null;
  document.querySelectorAll("svg").forEach(function (svg, i) {
    svg.addEventListener("pointerdown", function (event) {
      var at = point(svg, event), target = event.target;
      if (adding) {
        drag = { from: at, fresh: true, image: i };
      } else if (target.classList.contains("handle")) {
        drag = { from: at, one: chosen, x: Number(target.dataset.x), y: Number(target.dataset.y), done: [0, 0] };
      } else if (target.dataset.thing) {
        choose(things[Number(target.dataset.thing)]);
        var again = svg.querySelector(".chosen");
        if (again) { again.focus(); }
        drag = chosen.deleted ? null : { from: at, one: chosen, done: [0, 0] };
      } else { choose(null); }
      if (drag) { svg.setPointerCapture(event.pointerId); event.preventDefault(); }
    });
    svg.addEventListener("pointermove", function (event) {
      if (!drag || drag.fresh) { return; }
      var at = point(svg, event), dx = Math.round(at[0] - drag.from[0]) - drag.done[0], dy = Math.round(at[1] - drag.from[1]) - drag.done[1];
      if (!dx && !dy) { return; }
      var by4 = [dy, dy, dx, dx];
      if (drag.x !== undefined) { by4 = [0, 0, 0, 0]; by4[drag.y] = dy; by4[drag.x] = dx; }
      if (shift(drag.one, by4)) { drag.done[0] += dx; drag.done[1] += dy; redraw(); }
    });
    svg.addEventListener("pointerup", function (event) {
      if (drag && drag.fresh) { draw_new(i, drag.from, point(svg, event)); }
      drag = null;
    });
    svg.addEventListener("keydown", function (event) {
      var one = things[Number(event.target.dataset.thing)];
      if (!event.target.dataset.thing) { return; }
      var way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(one); return; }
      if (event.key === "Delete") { choose(one); remove(one); return; }
      if (!way) {
        if (event.key === "n" || event.key === "p") { step(i, one, event.key === "n" ? 1 : -1); }
        return;
      }
      event.preventDefault();
      if (one !== chosen) { choose(one); }
      shift(one, event.shiftKey ? [0, way[0], 0, way[1]] : [way[0], way[0], way[1], way[1]]);
      redraw();
    });
  });
  // n and p: the next and the previous box of the picture
  function step(i, one, by1) {
    var mine = things.filter(function (each) { return each.image === i && each.kind === what(); });
    choose(mine[(mine.indexOf(one) + by1 + mine.length) % mine.length]);
    document.querySelectorAll("svg")[i].querySelector(".chosen").focus();
  }

  function nearest_lane(i, box) {
    var best = null, most = 0;
    things.forEach(function (one) {
      var common = Math.min(one.box[R], box[R]) - Math.max(one.box[L], box[L]);
      if (one.image === i && one.kind === "lane" && !one.deleted && common > most) { most = common; best = one; }
    });
    return best;
  }
  function free_row(i, lane, box) {
    var rows = things.filter(function (one) { return one.image === i && one.kind === "band" && /^\d+$/.test(one.band); });
    var taken = rows.filter(function (one) { return one.lane === lane && !(one.fresh && one.deleted); }).map(function (one) { return one.band; });
    var level = rows.filter(function (one) {
      return taken.indexOf(one.band) < 0 && Math.min(one.box[B], box[B]) - Math.max(one.box[T], box[T]) > 0.5 * Math.min(one.box[B] - one.box[T], box[B] - box[T]);
    }).sort(function (a, b) { return Math.abs(a.lane - lane) - Math.abs(b.lane - lane); });
    return level.length ? level[0].band : String(Math.max.apply(null, [0].concat(rows.map(function (one) { return Number(one.band); }))) + 1);
  }
  function draw_new(i, from, to) {
    var box = [from[1], to[1], from[0], to[0]].map(Math.round);
    box = [Math.min(box[T], box[B]), Math.max(box[T], box[B]), Math.min(box[L], box[R]), Math.max(box[L], box[R])];
    adding = false;
    by("add").setAttribute("aria-pressed", "false");
    if (!fits(box, i)) { say("Draw the box by dragging from one corner to the other.", true); redraw(); return; }
    var kind = what(), made = null;
    function put(image, lane, band) {
      var one = thing(image, kind, { lane: lane, band: band, box: box, seen: true, doubts: "", excluded: false });
      one.fresh = true;
      note(one, "add");
      things.push(one);
      made = made || one;
    }
    if (kind === "lane") {
      var last = Math.max.apply(null, [0].concat(things.filter(function (one) { return one.kind === "lane" && data.images[one.image].membrane === data.images[i].membrane; }).map(function (one) { return one.lane; })));
      put(i, last + 1, "");
      data.images.forEach(function (image, k) {
        if (k !== i && by("together").checked && image.membrane === data.images[i].membrane && fits(box, k)) { put(k, last + 1, ""); }
      });
      say("Lane " + (last + 1) + " is added; rename lanes where their order from the left has changed.");
    } else {
      var lane = nearest_lane(i, box);
      if (!lane) { say("There is no lane under this box; add the lane first.", true); redraw(); return; }
      put(i, lane.lane, free_row(i, lane.lane, box));
      say("Band " + made.band + " of lane " + made.lane + " is added.");
    }
    choose(made);
  }

  by("add").addEventListener("click", function () {
    adding = !adding;
    by("add").setAttribute("aria-pressed", String(adding));
    say(adding ? "Drag over the picture from one corner of the new box to the other." : "");
    redraw();
  });
  by("delete").addEventListener("click", function () { remove(chosen); });
  by("exclude").addEventListener("click", function () {
    if (!chosen) { say("Choose a lane or a band first.", true); return; }
    if (!by("why").value.trim()) { say("Say why, in the field above; it is kept with the edit.", true); by("why").focus(); return; }
    group(chosen).forEach(function (each) { each.excluded = true; note(each, "exclude"); });
    say(name(chosen) + " is measured, but left out of groups, tests and curves.");
    redraw();
  });
  by("rename").addEventListener("click", function () {
    var number = by("number").value.trim();
    if (!chosen) { say("Choose a lane or a band first.", true); return; }
    if (!/^[1-9]\d*$/.test(number)) { say("Lanes and rows have whole numbers from 1.", true); return; }
    group(chosen).forEach(function (each) {
      if (each.fresh) { if (each.kind === "band") { each.band = number; } else { each.lane = Number(number); } }
      each.number = number;
      note(each, each.fresh ? "add" : "rename");
    });
    say(name(chosen) + " becomes number " + number + ".");
    redraw();
  });
  by("undo").addEventListener("click", function () {
    if (!chosen) { say("Choose a box first.", true); return; }
    group(chosen).forEach(function (each) {
      if (each.fresh) { each.deleted = true; return; }
      var along = each.kind === "lane" ? bands_of(each).filter(function (band) { return !moved(band); }) : [];
      each.box = each.kind === "lane" ? each.was.slice() : base(each).slice();
      along.forEach(function (band) { band.box = base(band).slice(); });
      each.deleted = false; each.excluded = each.wasExcluded;
      each.notes = {};
      each.number = each.kind === "band" ? each.band : String(each.lane);
    });
    say(name(chosen) + " is as it was.");
    redraw();
  });
  document.querySelectorAll("[name=what]").forEach(function (radio) { radio.addEventListener("change", function () { choose(null); }); });
  by("zoom").addEventListener("change", function (event) {
    document.querySelectorAll(".stack").forEach(function (stack) { stack.className = "stack z" + event.target.value; });
  });

  // a spreadsheet runs a cell that starts so; the apostrophe makes it text, and blotquant takes it off
  function cell(value) { return '"' + (/^[=+\-@\t\r']/.test(value) ? "'" + value : value).replace(/"/g, '""') + '"'; }
  by("download").addEventListener("click", function () {
    var rows = edits();
    if (!rows.length) { say("There are no edits yet.", true); return; }
    if (!by("who").value.trim()) { say("Say who you are, in the field above; it is kept with the edits.", true); by("who").focus(); return; }
    rows.forEach(function (row) { row.who = row.who || by("who").value.trim(); });
    var lines = [data.columns.join(",")].concat(rows.map(function (row) { return data.columns.map(function (column) { return cell(row[column]); }).join(","); }));
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    link.download = "corrections.csv";
    document.body.append(link);
    link.click();
    link.remove();
    say(rows.length + (rows.length === 1 ? " edit" : " edits") + " downloaded; run the same command again with --corrections corrections.csv.");
  });
  redraw();
})();
