// SPDX-License-Identifier: MIT
// The charts of a report: lines and bands in SVG, drawn by a script of its own in the page.
#pragma once

#include <string_view>

namespace limn::inline v0::detail {

inline constexpr std::string_view report_charts = R"js(
'use strict';
const root = document.documentElement;
root.classList.add('js');
function failed(what) {
  const box = document.getElementById('error');
  root.dataset.drawn = 'failed';
  if (!box) return;
  box.classList.add('on');
  box.textContent += 'This page could not draw everything: ' + what + '\n';
}
addEventListener('error', e => failed(e.message));
addEventListener('unhandledrejection', e => failed(e.reason));

const look = {log: false, raw: true, smooth: 0.6};
const charts = [];
const svgName = 'http://www.w3.org/2000/svg';
function node(name, attributes, parent) {
  const n = document.createElementNS(svgName, name);
  for (const k in attributes) n.setAttribute(k, attributes[k]);
  if (parent) parent.appendChild(n);
  return n;
}
function html(name, attributes, parent, text) {
  const n = document.createElement(name);
  for (const k in attributes) n.setAttribute(k, attributes[k]);
  if (text !== undefined) n.textContent = text;
  if (parent) parent.appendChild(n);
  return n;
}
const finite = v => typeof v === 'number' && isFinite(v);
function text(v) {
  if (!finite(v)) return '–';
  const a = Math.abs(v);
  if (a !== 0 && (a < 1e-3 || a >= 1e6)) return v.toExponential(2).replace('e+', 'e');
  return String(+v.toPrecision(4));
}
function tickText(v) {
  const a = Math.abs(v);
  if (a !== 0 && (a < 1e-3 || a >= 1e9)) return (+v.toPrecision(3)).toExponential().replace('e+', 'e');
  if (a >= 1e6) return +(v / 1e6).toPrecision(4) + 'M';
  return a >= 10000 ? +(v / 1000).toPrecision(4) + 'k' : String(+v.toPrecision(4));
}
// An exponential mean that starts as a plain one; gaps stay gaps.
function smoothed(values, weight) {
  let mean = 0, mass = 0;
  return values.map(v => {
    if (!finite(v)) return null;
    mean = weight * mean + (1 - weight) * v;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}
function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw * 0.999);
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) out.push(i * step);
  return out;
}
function logTicks(low, high) {
  const out = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); ++p)
    for (const m of high / low > 50 ? [1] : [1, 2, 5])
      if (m * 10 ** p >= low * 0.999 && m * 10 ** p <= high * 1.001) out.push(m * 10 ** p);
  return out;
}
function path(xs, ys, toX, toY) {
  let d = '', pen = 'M', points = 0;
  for (let i = 0; i < xs.length; ++i) {
    const y = finite(ys[i]) ? toY(ys[i]) : NaN;
    if (!isFinite(y)) { pen = 'M'; continue; }
    d += pen + toX(xs[i]).toFixed(1) + ' ' + y.toFixed(1);
    pen = 'L';
    ++points;
  }
  return {d, points};
}
function area(xs, low, high, toX, toY) {
  const there = xs.map((x, i) => i).filter(i => finite(low[i]) && finite(high[i]) &&
      isFinite(toY(low[i])) && isFinite(toY(high[i])));
  if (!there.length) return '';
  const at = (i, v) => toX(xs[i]).toFixed(1) + ' ' + toY(v[i]).toFixed(1);
  return 'M' + there.map(i => at(i, high)).join('L') + 'L' +
      there.reverse().map(i => at(i, low)).join('L') + 'Z';
}

// A chart of lines {name, x, y, low, high, colour, dash}; options: title, note, level {value, name},
// losses (smoothing and log scale apply), small, bounds [low, high], height.
class Chart {
  constructor(parent, lines, options) {
    this.lines = lines.map(l => Object.assign({shown: true}, l));
    this.options = options;
    const figure = html('figure', {class: 'chart'}, parent);
    const caption = html('figcaption', {}, figure, options.title);
    if (options.note) html('small', {}, caption, options.note);
    this.svg = node('svg', {role: 'img', 'aria-label': options.title}, figure);
    this.height = options.height || 190;
    if (!options.small) this.makeLegend(figure);
    this.svg.addEventListener('pointermove', e => this.point(e));
    this.svg.addEventListener('pointerdown', e => this.point(e));
    this.svg.addEventListener('pointerleave', () => charts.forEach(c => c.cursorAt(null)));
    charts.push(this);
    this.draw();
    new ResizeObserver(() => {
      if (Math.abs(figure.clientWidth - this.drawnFor) > 1) this.draw();
    }).observe(figure);
    this.figure = figure;
  }
  makeLegend(figure) {
    const legend = html('div', {class: 'legend'}, figure);
    for (const line of this.lines) {
      const button = html('button', {type: 'button', 'aria-pressed': 'true'}, legend);
      const swatch = node('svg', {viewBox: '0 0 22 8', 'aria-hidden': 'true'}, button);
      node('path', {d: 'M1 4H21', class: 'line s' + line.colour, 'stroke-dasharray': line.dash || 'none'},
          swatch);
      html('span', {}, button, line.name);
      line.value = html('b', {}, button);
      button.addEventListener('click', () => {
        line.shown = !line.shown;
        button.setAttribute('aria-pressed', line.shown);
        this.draw();
      });
    }
  }
  draw() {
    const {svg, options, height} = this;
    const width = Math.max(120, svg.clientWidth || 320);
    this.drawnFor = svg.parentNode.clientWidth;
    svg.replaceChildren();
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    svg.setAttribute('height', height);
    const small = options.small, left = small ? 30 : 46, bottom = small ? 16 : 20;
    const losses = options.losses, log = losses && look.log;
    const usable = v => finite(v) && (!log || v > 0);
    let xLow = Infinity, xHigh = -Infinity, low = Infinity, high = -Infinity;
    const see = v => { if (usable(v)) { low = Math.min(low, v); high = Math.max(high, v); } };
    for (const line of this.lines) {
      line.drawn = losses ? smoothed(line.y, look.smooth) : line.y;
      for (const x of line.x) { xLow = Math.min(xLow, x); xHigh = Math.max(xHigh, x); }
      if (!line.shown) continue;
      line.drawn.forEach(see);
      if (line.low && (!losses || look.raw)) { line.low.forEach(see); line.high.forEach(see); }
      else if (losses && look.raw) line.y.forEach(see);
    }
    if (options.level && finite(options.level.value)) see(options.level.value);
    if (options.bounds && !log) [low, high] = [Math.min(low, options.bounds[0]), Math.max(high, options.bounds[1])];
    if (!(low <= high)) [low, high] = log ? [0.1, 1] : [0, 1];
    if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) / 2 || 1), high + (Math.abs(high) / 2 || 1)];
    if (!options.bounds && !log) {
      const room = (high - low) * 0.05;
      if (low >= 0 && low < high / 2) low = 0; else low -= room;
      high += room;
    }
    if (!(xLow <= xHigh)) [xLow, xHigh] = [0, 1];
    if (xLow === xHigh) xLow -= 1;
    const right = width - 6, top = 6, base = height - bottom;
    const toX = x => left + (x - xLow) / (xHigh - xLow) * (right - left);
    const span = log ? Math.log(high / low) : high - low;
    const toY = v => base - (log ? Math.log(v / low) : v - low) / span * (base - top);
    const grid = log ? logTicks(low, high) : ticks(low, high, small ? 2 : 4);
    for (const v of grid) {
      const y = toY(v).toFixed(1);
      node('path', {class: 'grid', d: `M${left} ${y}H${right}`}, svg);
      node('text', {x: left - 6, y: +y + 4, 'text-anchor': 'end'}, svg).textContent = tickText(v);
    }
    const xTicks = small ? [xLow, xHigh] : ticks(xLow, xHigh, Math.max(2, Math.floor(width / 90)));
    for (const v of xTicks.filter(v => v === Math.round(v)))
      node('text', {x: toX(v).toFixed(1), y: height - 4,
        'text-anchor': toX(v) > right - 14 ? 'end' : small ? 'start' : 'middle'}, svg).textContent = tickText(v);
    for (const s of data.sessions.slice(1))
      if (s > xLow && s < xHigh)
        node('path', {class: 'resume', d: `M${toX(s).toFixed(1)} ${top}V${base}`}, svg);
    let levelName = null;
    if (options.level && finite(options.level.value)) {
      const y = toY(options.level.value).toFixed(1);
      node('path', {class: 'level', d: `M${left} ${y}H${right}`}, svg);
      if (options.level.name)
        levelName = {text: options.level.name, y: y - 4};
    }
    for (const line of this.lines) {
      if (!line.shown) continue;
      if (line.low && (!losses || look.raw))
        node('path', {class: 'band f' + line.colour, 'data-band': line.name,
          d: area(line.x, line.low, line.high, toX, toY)}, svg);
      else if (losses && look.raw && look.smooth > 0)
        node('path', {class: 'raw s' + line.colour, d: path(line.x, line.y, toX, toY).d}, svg);
    }
    for (const line of this.lines) {
      if (!line.shown) continue;
      const {d, points} = path(line.x, line.drawn, toX, toY);
      const p = node('path', {class: 'line s' + line.colour, 'data-line': line.name, 'data-points': points, d}, svg);
      if (line.dash) p.setAttribute('stroke-dasharray', line.dash);
      if (points === 1)
        node('circle', {class: 'f' + line.colour, r: 3, cx: toX(line.x[line.drawn.findIndex(finite)]), cy: toY(line.drawn.find(finite))}, svg);
    }
    if (levelName)
      node('text', {x: right, y: levelName.y, 'text-anchor': 'end'}, svg).textContent = levelName.text;
    this.cursor = node('path', {class: 'cursor'}, svg);
    Object.assign(this, {toX, xLow, xHigh, left, right, top, base, width});
    this.cursorAt(null);
  }
  point(e) {
    const box = this.svg.getBoundingClientRect();
    const x = (e.clientX - box.left) / box.width * this.width;
    const step = this.xLow + (x - this.left) / (this.right - this.left) * (this.xHigh - this.xLow);
    charts.forEach(c => c.cursorAt(Math.min(this.xHigh, Math.max(this.xLow, step))));
  }
  cursorAt(step) {
    for (const line of this.lines) {
      if (!line.value) continue;
      let best = line.x.length - 1;
      if (step !== null)
        line.x.forEach((x, i) => { if (Math.abs(x - step) < Math.abs(line.x[best] - step)) best = i; });
      line.value.textContent = text(line.drawn[best]);
    }
    const on = step !== null && step >= this.xLow && step <= this.xHigh;
    this.cursor.style.visibility = on ? 'visible' : 'hidden';
    if (on) this.cursor.setAttribute('d', `M${this.toX(step).toFixed(1)} ${this.top}V${this.base}`);
  }
}
)js";

}  // namespace limn::inline v0::detail
