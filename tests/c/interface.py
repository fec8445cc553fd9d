# SPDX-License-Identifier: MIT
"""limn.h from Python, through ctypes and nothing else:
interface.py LIBRARY VERSION MODEL IN.ppm OUT.ppm"""

import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_int, c_int32, c_int64
from ctypes import c_size_t, c_void_p, create_string_buffer, sizeof

Progress = ctypes.CFUNCTYPE(c_int, c_double, c_void_p)


class Sized(Structure):
    """A struct of limn.h: it knows its size, and what is not said is 0."""

    def __init__(self, **fields):
        super().__init__(struct_size=sizeof(self), **fields)


class Options(Sized):
    _fields_ = [("struct_size", c_size_t)] + [
        (name, c_int32) for name in ("direction", "threads", "precision", "maths", "weights")
    ]


class Facts(Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("size", c_int64),
        ("channels", c_int64),
        ("direction", c_int32),
        ("weights", c_int32),
    ]


class Request(Sized):
    _fields_ = [
        ("struct_size", c_size_t),
        ("pixels", c_void_p),
        ("width", c_int64),
        ("height", c_int64),
        ("stride", c_int64),
        ("translation", c_void_p),
        ("translation_stride", c_int64),
        ("heatmap", c_void_p),
        ("heatmap_stride", c_int64),
        ("fit", c_int32),
        ("progress", Progress),
        ("user", c_void_p),
    ]


class Translator:
    """A generator; what fails is a RuntimeError with the library's sentence."""

    def __init__(self, library, model, **options):
        self.limn = ctypes.CDLL(library)
        self.limn.limn_version.restype = c_char_p
        self.limn.limn_new.restype = c_void_p
        self.limn.limn_free.argtypes = [c_void_p]
        self.limn.limn_open.argtypes = [c_void_p, c_char_p, POINTER(Options)]
        self.limn.limn_get_facts.argtypes = [c_void_p, POINTER(Facts)]
        self.limn.limn_translate.argtypes = [c_void_p, POINTER(Request)]
        self.limn.limn_error.argtypes = [c_void_p, c_char_p, c_size_t]
        self.limn.limn_error.restype = c_size_t
        self.handle = self.limn.limn_new()
        self._do(self.limn.limn_open, model.encode(), byref(Options(**options)))

    def __del__(self):
        self.limn.limn_free(self.handle)

    def _do(self, function, *arguments):
        if function(self.handle, *arguments) != 0:
            text = create_string_buffer(1024)
            self.limn.limn_error(self.handle, text, len(text))
            raise RuntimeError(text.value.decode())

    def facts(self):
        facts = Facts()
        self._do(self.limn.limn_get_facts, byref(facts))
        return facts

    def translate(self, width, height, pixels, progress=None):
        out = create_string_buffer(len(pixels))
        # an exception cannot pass through C: it cancels, and is raised again here
        raised = []

        def told(done, _user):
            try:
                return 0 if progress is None or progress(done) else 1
            except BaseException as error:
                raised.append(error)
                return 1

        request = Request(
            pixels=ctypes.cast(c_char_p(pixels), c_void_p),
            width=width,
            height=height,
            translation=ctypes.cast(out, c_void_p),
            progress=Progress(told),
        )
        try:
            self._do(self.limn.limn_translate, byref(request))
        except RuntimeError:
            if raised:
                raise raised[0] from None
            raise
        return out.raw


def main(library, version, model, source, target):
    translator = Translator(library, model, threads=1)
    assert translator.limn.limn_version().decode() == version
    assert translator.facts().size == 32
    with open(source, "rb") as file:
        header, extents, depth, pixels = file.read().split(b"\n", 3)
    assert (header, depth) == (b"P6", b"255")
    width, height = map(int, extents.split())
    seen = []
    out = translator.translate(width, height, pixels, lambda done: seen.append(done) or True)
    assert seen == sorted(seen) and seen[0] == 0 and seen[-1] == 1 and len(seen) > 20
    with open(target, "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width, height) + out)

    def refused(call, part):
        try:
            call()
        except RuntimeError as error:
            assert part in str(error), error
        else:
            raise AssertionError(f"'{part}' was not refused")

    refused(lambda: Translator(library, "/nowhere"), "/nowhere: there is no such")
    refused(lambda: Translator(library, model, precision=5), "precision is 5")
    refused(lambda: translator.translate(-1, height, pixels), "-1x")
    refused(lambda: translator.translate(width, height, pixels, lambda done: done < 0.3), "cancelled")
    try:
        translator.translate(width, height, pixels, lambda done: 1 / (done - done))
    except ZeroDivisionError:
        pass
    else:
        raise AssertionError("an exception of the progress function is lost")
    assert translator.translate(width, height, pixels) == out
    print("passed")


if __name__ == "__main__":
    main(*sys.argv[1:])
