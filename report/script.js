// Read-outs, zoom and saving for charts that are complete without it.
"use strict";
(() => {
  const NS = "http://www.w3.org/2000/svg";
  const tip = document.getElementById("tip");

  function show(text, x, y) {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(x + 14, innerWidth - box.width - 8);
    const top = y - box.height - 12 < 4 ? y + 16 : y - box.height - 12;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = top + "px";
  }

  function hide() { tip.hidden = true; }

  // The place of the pointer in the drawing's own units.
  function placeIn(element, event) {
    const matrix = element.getScreenCTM();
    return new DOMPoint(event.clientX, event.clientY)
      .matrixTransform(matrix.inverse());
  }

  function button(tools, text, title, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.title = title;
    made.addEventListener("click", act);
    tools.append(made);
  }

  // The drawing as it is without this page's colours: as a paper has it.
  function svgText(svg) {
    const copy = svg.cloneNode(true);
    copy.querySelectorAll(".here").forEach((ring) => ring.remove());
    return '<?xml version="1.0" encoding="UTF-8"?>\n' +
      new XMLSerializer().serializeToString(copy);
  }

  function save(svg) {
    const link = document.createElement("a");
    const name = svg.getAttribute("aria-label").toLowerCase()
      .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60);
    link.href = URL.createObjectURL(
      new Blob([svgText(svg)], { type: "image/svg+xml" }));
    link.download = (name || "chart") + ".svg";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function readOuts(svg) {
    const marks = [...svg.querySelectorAll(".mark[data-v]")];
    const at = marks.map((mark) => [+mark.dataset.x, +mark.dataset.y]);
    let current = -1;
    let ring = null;

    function point(k) {
      current = k;
      if (!ring) {
        ring = document.createElementNS(NS, "circle");
        ring.setAttribute("class", "here");
        ring.setAttribute("r", "6");
      }
      svg.append(ring);
      ring.setAttribute("cx", at[k][0]);
      ring.setAttribute("cy", at[k][1]);
      const place = new DOMPoint(...at[k]).matrixTransform(svg.getScreenCTM());
      show(marks[k].dataset.v, place.x, place.y);
    }

    function leave() {
      hide();
      if (ring) ring.remove();
    }

    svg.addEventListener("pointermove", (event) => {
      const place = placeIn(svg, event);
      let best = -1;
      let least = Infinity;
      at.forEach(([x, y], k) => {
        const gap = (x - place.x) ** 2 + (y - place.y) ** 2;
        if (gap < least) { least = gap; best = k; }
      });
      if (best >= 0) point(best);
    });
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("blur", leave);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      if (event.key === "Escape") leave();
      if (!(event.key in step) || marks.length === 0) return;
      event.preventDefault();
      point(current < 0 ? 0
        : (current + step[event.key] + marks.length) % marks.length);
    });
  }

  // One window over the steps for all layers, one over the units of each.
  function raster(figure, svg, tools) {
    const panels = [...svg.querySelectorAll("svg.layer")].map((panel) => ({
      panel, steps: +panel.dataset.steps, units: +panel.dataset.units,
      label: panel.dataset.label, ends: panel.nextElementSibling,
      u0: 0, u1: +panel.dataset.units,
    }));
    const steps = panels.length ? panels[0].steps : 1;
    let t0 = 0;
    let t1 = steps;
    let from = null;

    function draw() {
      const last = svg.querySelectorAll(".step-end");
      for (const p of panels) {
        p.panel.setAttribute("viewBox", `${t0} ${p.u0} ${t1 - t0} ${p.u1 - p.u0}`);
        const ends = p.ends.querySelectorAll("text");
        ends[0].textContent = Math.floor(p.u0);
        ends[1].textContent = Math.ceil(p.u1) - 1;
      }
      last[0].textContent = Math.floor(t0) + 1;
      last[1].textContent = Math.ceil(t1);
    }

    function clip(low, high, max, least) {
      const width = Math.min(max, Math.max(least, high - low));
      const begin = Math.max(0, Math.min(max - width, low));
      return [begin, begin + width];
    }

    function zoom(factor, where, panel) {
      const at = where === undefined ? (t0 + t1) / 2 : where.x;
      [t0, t1] = clip(at - (at - t0) * factor, at + (t1 - at) * factor, steps, 4);
      for (const p of panels) {
        if (panel && p !== panel) continue;
        const unit = panel && where ? where.y : (p.u0 + p.u1) / 2;
        [p.u0, p.u1] = clip(unit - (unit - p.u0) * factor,
          unit + (p.u1 - unit) * factor, p.units, Math.min(8, p.units));
      }
      draw();
    }

    function move(dt, du) {
      [t0, t1] = clip(t0 + dt * (t1 - t0), t1 + dt * (t1 - t0), steps, 4);
      for (const p of panels) {
        const d = du * (p.u1 - p.u0);
        [p.u0, p.u1] = clip(p.u0 + d, p.u1 + d, p.units, Math.min(8, p.units));
      }
      draw();
    }

    function reset() {
      t0 = 0;
      t1 = steps;
      for (const p of panels) { p.u0 = 0; p.u1 = p.units; }
      draw();
    }

    button(tools, "+", "Zoom in (key +)", () => zoom(0.5));
    button(tools, "\u2212", "Zoom out (key -)", () => zoom(2));
    button(tools, "all", "Show all (key 0, or double click)", reset);
    for (const p of panels) {
      const spikes = p.panel.querySelector("path");
      p.panel.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
        event.preventDefault();
        const turn = event.deltaY || event.deltaX;
        zoom(turn < 0 ? 0.8 : 1.25, placeIn(spikes, event), p);
      }, { passive: false });
      p.panel.addEventListener("pointerdown", (event) => {
        from = placeIn(spikes, event);
        p.panel.setPointerCapture(event.pointerId);
      });
      p.panel.addEventListener("pointerup", (event) => {
        const to = placeIn(spikes, event);
        const start = from;
        from = null;
        if (!start || Math.abs(to.x - start.x) < (t1 - t0) / 50) return;
        [t0, t1] = clip(Math.min(start.x, to.x), Math.max(start.x, to.x), steps, 4);
        [p.u0, p.u1] = clip(Math.min(start.y, to.y), Math.max(start.y, to.y),
          p.units, Math.min(8, p.units));
        draw();
      });
      p.panel.addEventListener("pointermove", (event) => {
        const place = placeIn(spikes, event);
        const t = Math.floor(place.x);
        const unit = Math.floor(place.y);
        if (t < 0 || unit < 0 || t >= steps || unit >= p.units) return hide();
        const middle = new DOMPoint(t + 0.5, unit + 0.5);
        const fires = spikes.isPointInFill(middle);
        show(`${p.label}: unit ${unit}, step ${t + 1}, ` +
          (fires ? "fires" : "silent"), event.clientX, event.clientY);
      });
      p.panel.addEventListener("pointerleave", hide);
    }
    svg.addEventListener("dblclick", reset);
    svg.addEventListener("keydown", (event) => {
      const acts = { "+": () => zoom(0.5), "=": () => zoom(0.5),
        "-": () => zoom(2), "0": reset,
        ArrowLeft: () => move(-0.25, 0), ArrowRight: () => move(0.25, 0),
        ArrowUp: () => move(0, -0.25), ArrowDown: () => move(0, 0.25) };
      if (!(event.key in acts) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      acts[event.key]();
    });
  }

  for (const figure of document.querySelectorAll("figure.chart")) {
    const svg = figure.querySelector("svg");
    const tools = document.createElement("div");
    tools.className = "tools";
    figure.append(tools);
    if (figure.classList.contains("raster")) raster(figure, svg, tools);
    else readOuts(svg);
    button(tools, "save SVG", "Save this drawing for print or a paper",
      () => save(svg));
  }
  window.limenReport = { svgText };
})();
