/* SPDX-License-Identifier: MIT */
/* Translating pictures from C, and from whatever calls C: the shared library liblimn (CMake:
 * limn::c).
 *
 *   limn_translator *t = limn_new();
 *   limn_request r = {.struct_size = sizeof r, .pixels = in, .width = 640, .height = 480,
 *                     .translation = out};
 *   if (limn_open(t, "a2b.safetensors", NULL) != LIMN_OK || limn_translate(t, &r) != LIMN_OK) {
 *     char text[512];
 *     limn_error(t, text, sizeof text);
 *     fprintf(stderr, "%s\n", text);
 *   }
 *   limn_free(t);
 *
 * Nothing is global: a translator has everything of its own, and as many as memory has room for may
 * work side by side. Any thread may call any function; calls for one translator wait for one
 * another. No function prints or ends the program, none throws.
 *
 * Structs begin with their own size, so that a library may know more fields than the program does.
 * Set it, and leave every field that means nothing to you 0: that is its default. */
#ifndef LIMN_H
#define LIMN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define LIMN_API __attribute__((visibility("default")))
#else
#define LIMN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a function gives back. */
typedef int32_t limn_status;
enum {
  LIMN_OK = 0,
  LIMN_BAD_ARGUMENT = 1,  /* what the caller gave: null, extents, options that contradict */
  LIMN_BAD_FILE = 2,      /* missing, unreadable, damaged, no model */
  LIMN_DEVICE_FAILED = 3, /* out of memory for tensors; an instruction set that is not there */
  LIMN_NOT_FINITE = 4,    /* the model's weights are no good */
  LIMN_CANCELLED = 5,     /* the progress function asked for it */
  LIMN_OUT_OF_MEMORY = 6,
  LIMN_INTERNAL = 7 /* a mistake of the library */
};

/* Which way pictures go. */
enum {
  LIMN_DIRECTION_OF_FILE = 0, /* an exported generator has one; a whole training has both */
  LIMN_A2B = 1,
  LIMN_B2A = 2
};

/* What the network computes in. */
enum { LIMN_FP32 = 0, LIMN_BF16 = 1, LIMN_FP64 = 2 };

/* Fast: also algorithms that are exact in real numbers but round more; strict: only sums as they
 * are defined; split: as fast, and float as three products of bfloat16, which pays on processors
 * with matrix tiles (AMX). */
enum { LIMN_FAST = 0, LIMN_STRICT = 1, LIMN_SPLIT = 2 };

/* Of a whole training: averages over its last steps, or those of its last step. */
enum {
  LIMN_BEST_WEIGHTS = 0 /* averaged ones where there are any */,
  LIMN_AVERAGED = 1,
  LIMN_LAST = 2
};

/* How a picture becomes square for the network, and comes back: squashed; padded with white; or
 * the square in the middle, around which the picture stays as it is. */
enum { LIMN_SQUASH = 0, LIMN_PAD = 1, LIMN_CROP = 2 };

/* A trained generator; empty until limn_open(). */
typedef struct limn_translator limn_translator;

/* How a generator is opened. */
typedef struct limn_options {
  size_t struct_size; /* sizeof(limn_options) */
  int32_t direction;  /* LIMN_DIRECTION_OF_FILE, ... */
  int32_t threads;    /* 0: as many as the processor has; changes no result */
  int32_t precision;  /* LIMN_FP32, ... */
  int32_t maths;      /* LIMN_FAST, ... */
  int32_t weights;    /* LIMN_BEST_WEIGHTS, ... */
} limn_options;

/* What an open generator is. */
typedef struct limn_facts {
  size_t struct_size; /* sizeof(limn_facts) */
  int64_t size;       /* the network works on size x size pixels */
  int64_t channels;   /* after its first convolution */
  int32_t direction;  /* LIMN_A2B or LIMN_B2A */
  int32_t weights;    /* LIMN_AVERAGED or LIMN_LAST */
} limn_facts;

/* Told by the thread that translates, before each layer and at the end, how much is done: 0 to 1,
 * never less than before. Anything but 0 cancels the translation. It cannot call functions of
 * the same translator. */
typedef int (*limn_progress)(double done, void* user);

/* A picture and what to make of it. Pixels are red, green, blue, a byte each, rows from top to
 * bottom; a stride is the bytes from one row to the next, 0: no gaps. The translation has the
 * extents of the picture, and may be the very same memory. */
typedef struct limn_request {
  size_t struct_size; /* sizeof(limn_request) */
  const uint8_t* pixels;
  int64_t width, height, stride;
  uint8_t* translation;
  int64_t translation_stride;
  uint8_t* heatmap; /* where the attention was, blue to red over the picture; NULL: not wanted */
  int64_t heatmap_stride;
  int32_t fit;            /* LIMN_SQUASH, ... */
  limn_progress progress; /* or NULL */
  void* user;             /* for progress */
} limn_request;

/* "0.1.0": of the library that is loaded. */
LIMN_API const char* limn_version(void);

/* A translator without a generator. NULL if there is no memory. limn_free() ends it, and does
 * nothing for NULL. */
LIMN_API limn_translator* limn_new(void);
LIMN_API void limn_free(limn_translator* translator);

/* Opens a file of ugatit-export, a training's checkpoint or its folder; `options` may be NULL. An
 * earlier generator is replaced, unless this fails. */
LIMN_API limn_status limn_open(limn_translator* translator, const char* path,
                               const limn_options* options);

/* Fills *facts, whose struct_size must be set. */
LIMN_API limn_status limn_get_facts(limn_translator* translator, limn_facts* facts);

/* Translates one picture. Unless it gives LIMN_OK, nothing was written to the request's memory. */
LIMN_API limn_status limn_translate(limn_translator* translator, const limn_request* request);

/* Why the last call for this translator failed, in one sentence; "" if it did not. Writes at most
 * `size` bytes, the final 0 among them, and gives back how many all of it needs. */
LIMN_API size_t limn_error(limn_translator* translator, char* text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* LIMN_H */
