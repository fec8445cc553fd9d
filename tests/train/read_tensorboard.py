# SPDX-License-Identifier: MIT
"""Reads RUN/tensorboard with TensorBoard's own reader and compares it with RUN/log.csv."""

import csv
import glob
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = sys.argv[1]
events = EventAccumulator(os.path.join(run, "tensorboard"), size_guidance={"images": 0, "scalars": 0, "histograms": 0})
events.Reload()
tags = events.Tags()
with open(os.path.join(run, "log.csv")) as file:
    log = list(csv.DictReader(file))
assert len(log) == 20, len(log)
steps = [int(row["step"]) for row in log]

terms = [name for name in log[0] if name not in ("step", "seconds", "lr")]
assert len(terms) >= 24, terms
for name in terms + ["lr"]:
    tag = "learning rate" if name == "lr" else "loss/" + name
    assert tag in tags["scalars"], (tag, tags["scalars"])
    got = events.Scalars(tag)
    # every step once: what a killed session did after its checkpoint is void
    assert [e.step for e in got] == steps, (tag, [e.step for e in got])
    for e, row in zip(got, log):
        want = float(row[name])
        assert abs(e.value - want) <= 1e-6 * max(1, abs(want)), (tag, e, want)

assert tags["images"] == ["sheet"], tags["images"]
sheets = events.Images("sheet")
assert [s.step for s in sheets] == [5, 10, 15, 20], sheets
for s in sheets:
    with open(os.path.join(run, "sheets", f"step_{s.step:07}.png"), "rb") as file:
        assert s.encoded_image_string == file.read(), s.step
    assert s.width > 96 and s.height > 96

rho = [tag for tag in tags["histograms"] if tag.startswith("rho/gen")]
assert len(rho) >= 4, tags["histograms"]
for tag in tags["histograms"]:
    assert [e.step for e in events.Histograms(tag)] == steps, tag
    for e in events.Histograms(tag):
        h = e.histogram_value
        assert h.num == sum(h.bucket), (tag, e)
        assert h.min - 1e-9 <= h.sum / h.num <= h.max + 1e-9, (tag, e)
files = glob.glob(os.path.join(run, "tensorboard", "*"))
assert len(files) == 3, files
print(len(terms), "terms,", len(sheets), "sheets,", len(tags["histograms"]), "histograms: as logged")
