#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/metrics/reference.safetensors: inputs of the metrics, and what scikit-image, numpy and scipy say of them.

usage: make_reference.py    (needs numpy, scipy, scikit-image, safetensors; it was made with the versions in its metadata)
"""
import os
import numpy as np, scipy, scipy.linalg, scipy.ndimage, skimage
from safetensors.numpy import save_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

rng = np.random.default_rng(6)
out, expected = {}, {}


def put(name, value):
    expected[name] = np.array([value], dtype=np.float64)


def smooth(h, w):
    x = scipy.ndimage.gaussian_filter(rng.uniform(0, 255, (h, w, 3)), (2, 2, 0))
    x = (x - x.min()) / (x.max() - x.min()) * 255
    return np.round(x).astype(np.uint8)


def pair(name, h, w, noise):
    a = smooth(h, w)
    b = np.clip(np.round(a + rng.normal(0, noise, a.shape)), 0, 255).astype(np.uint8)
    out[name + ".a"], out[name + ".b"] = a, b
    put(name + ".l1", np.abs(a / 255.0 - b / 255.0).mean())
    put(name + ".psnr", peak_signal_noise_ratio(a, b, data_range=255))
    put(name + ".ssim", structural_similarity(a, b, channel_axis=2, data_range=255))
    if min(h, w) >= 11:
        put(name + ".ssim_wang", structural_similarity(a, b, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5,
                                                       use_sample_covariance=False))
        put(name + ".ssim_9_biased", structural_similarity(a, b, channel_axis=2, data_range=255, win_size=9, use_sample_covariance=False))


pair("square", 32, 32, 12.0)
pair("wide", 17, 29, 60.0)
pair("smallest", 7, 9, 5.0)


def kid(x, y):
    d, m, n = x.shape[1], len(x), len(y)
    k = lambda a, b: (a @ b.T / d + 1) ** 3
    xx, yy = k(x, x), k(y, y)
    return (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1)) - 2 * k(x, y).mean()


def fid_sqrtm(x, y):
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s) + np.trace(t) - 2 * np.trace(scipy.linalg.sqrtm(s @ t)).real


def fid_singular(x, y):
    a, b = x - x.mean(0), y - y.mean(0)
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum() / np.sqrt((len(x) - 1) * (len(y) - 1))
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(np.cov(x, rowvar=False)) + np.trace(np.cov(y, rowvar=False)) - 2 * root


def jackknife(score, x, y, parts):
    def variance(n, without):
        g = n if parts == 0 else min(parts, n)
        t = np.array([without(np.arange(n) % g != i) for i in range(g)])
        return (g - 1) / g * ((t - t.mean()) ** 2).sum()

    return np.sqrt(variance(len(x), lambda keep: score(x[keep], y)) + variance(len(y), lambda keep: score(x, y[keep])))


def features(name, m, n, d, fid):
    mix = rng.normal(size=(d, d)) / np.sqrt(d)
    x = (rng.normal(size=(m, d)) @ mix).astype(np.float32)
    y = (rng.normal(size=(n, d)) @ mix * 1.2 + 0.15).astype(np.float32)
    out[name + ".x"], out[name + ".y"] = x, y
    x, y = x.astype(np.float64), y.astype(np.float64)
    put(name + ".kid", kid(x, y))
    put(name + ".kid_error", jackknife(kid, x, y, 0))
    put(name + ".fid", fid(x, y))
    put(name + ".fid_error", jackknife(fid, x, y, 10))


features("many", 90, 70, 6, fid_sqrtm)
features("few", 9, 14, 24, fid_singular)
features("between", 30, 12, 16, fid_singular)

folder = os.path.dirname(os.path.abspath(__file__))
save_file(out | expected, os.path.join(folder, "reference.safetensors"),
          {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-image": skimage.__version__})
