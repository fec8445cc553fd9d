// SPDX-License-Identifier: MIT
// What a report's page does: its charts from its data (report_html.hpp), its slider.
#pragma once

#include <string_view>

namespace limn::inline v0::detail {

inline constexpr std::string_view report_script = R"js(
const data = JSON.parse(document.getElementById('data').textContent);

// A and B are blue and orange wherever a name ends in one of them; local judges are dashed.
function styleOf(name, index, all) {
  const end = /_([GL]?)([AB])$|genA2B|genB2A/.exec(name);
  if (!end) return {colour: index % 8, dash: index >= 8 ? '6 4' : ''};
  const b = end[2] === 'B' || end[0] === 'genA2B', local = end[1] === 'L';
  return {colour: (b ? 1 : 0) + (local ? 2 : 0), dash: local ? '5 4' : ''};
}
function block(parent, title, note, small) {
  if (title) html('h3', {}, parent, title);
  if (note) html('p', {class: 'note'}, parent, note);
  return html('div', {class: small ? 'charts small' : 'charts'}, parent);
}
const section = id => document.getElementById(id);
function lossLine(term, i) {
  return Object.assign({name: term.name, x: data.at, y: term.mean, low: term.low, high: term.high},
      styleOf(term.name, i));
}

function drawLosses() {
  const left = new Set(data.losses);
  const groups = new Map();
  const put = (group, chart) => {
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(chart);
  };
  for (const f of data.families) {
    const terms = data.losses.filter(t => left.has(t) && (t.name === f.key || t.name.startsWith(f.key + '_')));
    if (!terms.length) continue;
    terms.forEach(t => left.delete(t));
    put(f.group, {terms, title: f.title, note: f.note, level: {value: f.level, name: 'undecided'}});
  }
  const others = new Map();
  for (const t of left) {
    const key = t.name.replace(/_[GL]?[AB]$/, '');
    if (!others.has(key)) others.set(key, []);
    others.get(key).push(t);
  }
  for (const [title, terms] of others)
    put(/^D/.test(title) ? 'Discriminators' : /^G/.test(title) ? 'Generators' : 'Losses', {terms, title});
  for (const [group, list] of groups) {
    const parent = block(section('losses'), group);
    for (const c of list)
      new Chart(parent, c.terms.map(lossLine), {title: c.title, note: c.note, level: c.level, losses: true});
    if (group === groups.keys().next().value && data.lr.length)
      new Chart(parent, [{name: 'lr', x: data.at, y: data.lr, colour: 4}],
          {title: 'Learning rate'});
  }
}

function drawAttention() {
  const cam = data.losses.filter(t => /^G_cam_loss_/.test(t.name));
  // another adversarial loss is no squared error
  const squared = data.families.some(f => f.key === 'D_ad_cam_loss' && f.note.startsWith('squared error'));
  const judges = squared ? data.losses.filter(t => /^D_ad_cam_loss_/.test(t.name)) : [];
  const signals = data.signals.filter(s => /^(cam|CAM accuracy)\//.test(s.name));
  if (!cam.length && !judges.length && !signals.length) return;
  section('attention').hidden = false;
  const parent = block(section('attention'));
  // two terms each: -ln p of both right answers, (1 - a)^2 + a^2 of a score that misses by a
  const derive = (terms, f) => terms.map((t, i) => Object.assign({name: t.name, x: data.at,
    y: t.mean.map(v => finite(v) ? f(v) : null)}, styleOf(t.name, i)));
  if (cam.length)
    new Chart(parent, derive(cam, v => Math.exp(-v / 2)), {title: 'Generators: certainty of the right domain',
      note: 'geometric mean of the probability, exp(−loss / 2)', level: {value: 0.5, name: 'undecided'},
      bounds: [0, 1]});
  if (judges.length)
    new Chart(parent, derive(judges, v => Math.max(0, 1 - Math.sqrt(v / 2))),
      {title: 'Discriminators: nearness to the right answer',
      note: '1 − root mean square error, 1 − √(loss / 2)', level: {value: 0.5, name: 'undecided'}, bounds: [0, 1]});
  drawSignals(parent, signals);
}

// Single numbers that share what is before their slash make one chart; many values make a band.
function drawSignals(parent, signals) {
  const groups = new Map();
  for (const s of signals.filter(s => s.count === 1)) {
    const key = s.name.includes('/') ? s.name.split('/')[0] : 'signals';
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(s);
  }
  for (const [key, all] of groups)
    for (let i = 0; i < all.length; i += 8)
      new Chart(parent, all.slice(i, i + 8).map((s, k) => Object.assign({name: s.name, x: s.steps, y: s.mean},
          styleOf(s.name, k))), {title: key === 'cam' ? 'Attention (cam/)' : key});
  const many = signals.filter(s => s.count !== 1);
  if (!many.length) return;
  const small = block(parent.parentNode, '', 'Several values each: their least, mean and greatest.', true);
  for (const s of many)
    new Chart(small, [{name: s.name, x: s.steps, y: s.mean, low: s.low, high: s.high, colour: 4}],
        {title: s.name + ', ' + s.count + ' values', small: true, height: 96});
}

function drawRho() {
  const rho = data.signals.filter(s => s.name.startsWith('rho/'));
  if (!rho.length) return;
  section('rho').hidden = false;
  const nets = new Map();
  for (const s of rho) {
    const [net, ...layer] = s.name.slice(4).split('.');
    if (!nets.has(net)) nets.set(net, []);
    nets.get(net).push([layer.join('.') || net, s]);
  }
  for (const [net, layers] of nets) {
    const parent = block(section('rho'), net, '', true);
    for (const [layer, s] of layers)
      new Chart(parent, [{name: s.name, x: s.steps, y: s.mean, low: s.low, high: s.high,
        colour: /B2A/.test(net) ? 0 : 1}], {title: layer, small: true, bounds: [0, 1], height: 96});
  }
}

function drawRest() {
  if (data.scores.length) {
    const parent = section('score-charts');
    data.scores.forEach((s, i) => new Chart(parent, [{name: s.name, x: s.steps, y: s.values, colour: i % 8}],
        {title: s.name}));
  }
  const other = data.signals.filter(s => !/^(rho|cam|CAM accuracy)\//.test(s.name));
  if (other.length) {
    section('signals').hidden = false;
    drawSignals(block(section('signals')), other);
  }
}

function slides() {
  const sheets = [...document.querySelectorAll('.sheets img')];
  const slider = section('slide'), label = section('slide-step'), play = section('slide-play');
  if (!sheets.length) return;
  let timer = 0;
  slider.max = sheets.length - 1;
  slider.value = slider.max;
  const show = () => {
    const at = +slider.value;
    sheets.forEach((s, i) => s.classList.toggle('on', i === at));
    label.textContent = 'step ' + sheets[at].dataset.step;
    slider.setAttribute('aria-valuetext', label.textContent);
  };
  const stop = () => { clearInterval(timer); timer = 0; play.textContent = 'Play'; };
  const move = by => { slider.value = +slider.value + by; show(); };
  slider.addEventListener('input', () => { stop(); show(); });
  section('slide-back').addEventListener('click', () => { stop(); move(-1); });
  section('slide-on').addEventListener('click', () => { stop(); move(1); });
  play.addEventListener('click', () => {
    if (timer) return stop();
    if (+slider.value === +slider.max) slider.value = 0;
    show();
    play.textContent = 'Pause';
    timer = setInterval(() => { move(1); if (+slider.value === +slider.max) stop(); }, 700);
  });
  addEventListener('keydown', e => {
    if (e.altKey || e.ctrlKey || e.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    const by = {ArrowLeft: -1, ArrowRight: 1, Home: -sheets.length, End: sheets.length}[e.key];
    if (by) { stop(); move(by); e.preventDefault(); }
  });
  show();
}

function controls() {
  const redraw = () => charts.filter(c => c.options.losses).forEach(c => c.draw());
  section('log').addEventListener('change', e => { look.log = e.target.checked; redraw(); });
  section('raw').addEventListener('change', e => { look.raw = e.target.checked; redraw(); });
  section('smooth').addEventListener('input', e => { look.smooth = +e.target.value; redraw(); });
  if (data.at.length < 20) section('smooth').value = look.smooth = 0;
  look.raw = section('raw').checked;
  look.log = section('log').checked;
  look.smooth = +section('smooth').value;
}

function times() {
  for (const t of document.querySelectorAll('time')) {
    const when = new Date(t.getAttribute('datetime'));
    if (!isNaN(when)) t.textContent = when.toLocaleString([], {dateStyle: 'medium', timeStyle: 'short'});
  }
}

try {
  controls();
  times();
  slides();
  drawLosses();
  drawAttention();
  drawRho();
  drawRest();
  if (root.dataset.drawn !== 'failed') root.dataset.drawn = charts.length;
} catch (e) {
  failed(e.stack || e);
}
)js";

}  // namespace limn::inline v0::detail
