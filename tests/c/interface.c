/* SPDX-License-Identifier: MIT */
/* A program in C that uses limn.h:
 *   limn-c-interface translate MODEL IN.ppm OUT.ppm FIT [HEATMAP.ppm]
 *   limn-c-interface refuse MODEL           whatever cannot be asked for is refused in a sentence
 *   limn-c-interface together MODEL IN.ppm  two threads, two translators, and one for both */
#include <limn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

static void check(int holds, const char* what) {
  if (holds) return;
  printf("FAILED: %s\n", what);
  ++failures;
}

static int ended(void) {
  if (failures == 0) printf("passed\n");
  return failures > 0;
}

static void die(const char* what, limn_translator* t) {
  char text[512] = "";
  limn_error(t, text, sizeof text);
  fprintf(stderr, "limn-c-interface: %s: %s\n", what, text);
  exit(1);
}

typedef struct {
  int width, height;
  unsigned char* pixels;
} picture;

static picture new_picture(int width, int height) {
  picture p = {width, height, malloc((size_t)width * (size_t)height * 3)};
  if (p.pixels == NULL) exit(1);
  return p;
}

static picture read_ppm(const char* path) {
  FILE* file = fopen(path, "rb");
  int width = 0, height = 0;
  if (file == NULL || fscanf(file, "P6 %d %d 255", &width, &height) != 2 || fgetc(file) == EOF ||
      width < 1 || height < 1) {
    fprintf(stderr, "limn-c-interface: %s is no PPM\n", path);
    exit(1);
  }
  picture p = new_picture(width, height);
  if (fread(p.pixels, 3, (size_t)(width * height), file) != (size_t)(width * height)) exit(1);
  fclose(file);
  return p;
}

static void write_ppm(const char* path, picture p) {
  FILE* file = fopen(path, "wb");
  if (file == NULL) exit(1);
  fprintf(file, "P6\n%d %d\n255\n", p.width, p.height);
  fwrite(p.pixels, 3, (size_t)(p.width * p.height), file);
  fclose(file);
}

static limn_request request_for(picture in, picture out) {
  limn_request r;
  memset(&r, 0, sizeof r);
  r.struct_size = sizeof r;
  r.pixels = in.pixels;
  r.width = in.width;
  r.height = in.height;
  r.translation = out.pixels;
  return r;
}

static limn_translator* opened(const char* model) {
  limn_options options;
  memset(&options, 0, sizeof options);
  options.struct_size = sizeof options;
  options.threads = 1;
  limn_translator* t = limn_new();
  if (t == NULL || limn_open(t, model, &options) != LIMN_OK) die(model, t);
  return t;
}

/* ---- translate */

typedef struct {
  double last;
  int calls, falls;
} progress_seen;

static int see_progress(double done, void* user) {
  progress_seen* seen = user;
  if (done < seen->last || done < 0 || done > 1) ++seen->falls;
  seen->last = done;
  ++seen->calls;
  return 0;
}

static int translate(int argc, char** argv) {
  limn_translator* t = opened(argv[2]);
  limn_facts facts;
  memset(&facts, 0, sizeof facts);
  facts.struct_size = sizeof facts;
  if (limn_get_facts(t, &facts) != LIMN_OK) die("facts", t);
  printf("limn %s: %s, size %d, %d channels, %s weights\n", limn_version(),
         facts.direction == LIMN_A2B ? "A2B" : "B2A", (int)facts.size, (int)facts.channels,
         facts.weights == LIMN_AVERAGED ? "averaged" : "last");

  const picture in = read_ppm(argv[3]);
  const picture out = new_picture(in.width, in.height), heat = new_picture(in.width, in.height);
  progress_seen seen = {0, 0, 0};
  limn_request r = request_for(in, out);
  r.fit = strcmp(argv[5], "pad") == 0    ? LIMN_PAD
          : strcmp(argv[5], "crop") == 0 ? LIMN_CROP
                                         : LIMN_SQUASH;
  r.heatmap = argc > 6 ? heat.pixels : NULL;
  r.progress = see_progress;
  r.user = &seen;
  if (limn_translate(t, &r) != LIMN_OK) die(argv[3], t);
  write_ppm(argv[4], out);
  if (argc > 6) write_ppm(argv[6], heat);
  check(seen.calls > 20 && seen.falls == 0 && seen.last == 1, "progress goes from 0 to 1");

  /* the same from rows with gaps, into the memory of the picture itself */
  const size_t stride = (size_t)in.width * 3 + 5;
  unsigned char* rows = malloc(stride * (size_t)in.height);
  if (rows == NULL) return 1;
  memset(rows, 77, stride * (size_t)in.height);
  for (int y = 0; y < in.height; ++y)
    memcpy(rows + (size_t)y * stride, in.pixels + 3 * y * in.width, (size_t)in.width * 3);
  r.pixels = r.translation = rows;
  r.stride = r.translation_stride = (int64_t)stride;
  r.heatmap = NULL;
  check(limn_translate(t, &r) == LIMN_OK, "in place, with gaps");
  for (int y = 0; y < in.height; ++y) {
    const unsigned char* row = rows + (size_t)y * stride;
    check(memcmp(row, out.pixels + 3 * y * in.width, (size_t)in.width * 3) == 0,
          "rows with gaps hold the same pixels");
    check(memcmp(row + 3 * in.width, "MMMMM", 5) == 0, "gaps stay as they were");
  }
  free(rows);
  free(in.pixels);
  free(out.pixels);
  free(heat.pixels);
  limn_free(t);
  return ended();
}

/* ---- refuse */

static void refused(limn_translator* t, limn_status got, limn_status expected, const char* part) {
  char text[512] = "";
  const size_t needs = limn_error(t, text, sizeof text);
  if (got == expected && strstr(text, part) != NULL && needs == strlen(text) + 1 &&
      strchr(text, '\n') == NULL)
    return;
  printf("FAILED: status %d, not %d, or '%s' says nothing of '%s'\n", (int)got, (int)expected, text,
         part);
  ++failures;
}

static int cancel_halfway(double done, void* user) {
  *(double*)user = done;
  return done >= 0.5;
}

static int call_itself(double done, void* user) {
  (void)done;
  limn_facts facts;
  facts.struct_size = sizeof facts;
  check(limn_get_facts(user, &facts) == LIMN_BAD_ARGUMENT, "progress cannot call its translator");
  return 0;
}

static int refuse(const char* model) {
  limn_facts facts;
  memset(&facts, 0, sizeof facts);
  limn_request r;
  memset(&r, 0, sizeof r);
  limn_free(NULL);
  refused(NULL, limn_open(NULL, model, NULL), LIMN_BAD_ARGUMENT, "the translator is NULL");
  check(limn_translate(NULL, &r) == LIMN_BAD_ARGUMENT, "no translator translates nothing");

  limn_translator* t = limn_new();
  if (t == NULL) return 1;
  check(limn_error(t, NULL, 0) == 1, "no error yet");
  refused(t, limn_translate(t, &r), LIMN_BAD_ARGUMENT, "no generator is open");
  facts.struct_size = sizeof facts;
  refused(t, limn_get_facts(t, &facts), LIMN_BAD_ARGUMENT, "no generator is open");
  refused(t, limn_open(t, NULL, NULL), LIMN_BAD_ARGUMENT, "path is NULL");
  refused(t, limn_open(t, "/nowhere", NULL), LIMN_BAD_FILE, "/nowhere: there is no such");
  refused(t, limn_open(t, "/bin/sh", NULL), LIMN_BAD_FILE, "/bin/sh");
  limn_options o;
#define BAD_OPTION(field, value, part) \
  memset(&o, 0, sizeof o);             \
  o.struct_size = sizeof o;            \
  o.field = value;                     \
  refused(t, limn_open(t, model, &o), LIMN_BAD_ARGUMENT, part)
  BAD_OPTION(struct_size, 0, "limn_options.struct_size is 0");
  BAD_OPTION(struct_size, 4096, "limn_options.struct_size is 4096");
  BAD_OPTION(threads, -1, "threads is -1");
  BAD_OPTION(threads, 100000, "threads is 100000");
  BAD_OPTION(precision, 3, "precision is 3");
  BAD_OPTION(maths, -7, "maths is -7");
  BAD_OPTION(weights, 9, "weights is 9");
  BAD_OPTION(direction, 3, "direction is 3");
  BAD_OPTION(direction, LIMN_B2A, "translates A2B, not B2A");

  check(limn_open(t, model, NULL) == LIMN_OK, "opens without options");
  check(limn_error(t, NULL, 0) == 1, "a success clears the error");
  refused(t, limn_open(t, "/nowhere", NULL), LIMN_BAD_FILE, "/nowhere");
  check(limn_get_facts(t, &facts) == LIMN_OK, "the generator outlives a failed limn_open");
  refused(t, limn_get_facts(t, NULL), LIMN_BAD_ARGUMENT, "limn_facts is NULL");
  facts.struct_size = 1;
  refused(t, limn_get_facts(t, &facts), LIMN_BAD_ARGUMENT, "struct_size is 1");

  const picture in = new_picture(9, 7), out = new_picture(9, 7);
  memset(in.pixels, 100, 9 * 7 * 3);
  memset(out.pixels, 55, 9 * 7 * 3);
#define BAD_REQUEST(field, value, part) \
  r = request_for(in, out);             \
  r.field = value;                      \
  refused(t, limn_translate(t, &r), LIMN_BAD_ARGUMENT, part)
  refused(t, limn_translate(t, NULL), LIMN_BAD_ARGUMENT, "limn_request is NULL");
  BAD_REQUEST(struct_size, 8, "limn_request.struct_size is 8");
  BAD_REQUEST(pixels, NULL, "pixels is NULL");
  BAD_REQUEST(translation, NULL, "translation is NULL");
  BAD_REQUEST(width, 0, "0x7");
  BAD_REQUEST(width, -9, "-9x7");
  BAD_REQUEST(height, INT64_MIN, "both must be positive");
  BAD_REQUEST(height, INT64_MAX, "at most");
  BAD_REQUEST(width, INT64_MAX, "at most");
  BAD_REQUEST(stride, -27, "stride is -27");
  BAD_REQUEST(stride, 26, "stride is 26, a row of 9 pixels has 27 bytes");
  BAD_REQUEST(stride, INT64_MAX, "stride is");
  BAD_REQUEST(translation_stride, 3, "translation_stride is 3");
  BAD_REQUEST(heatmap_stride, INT64_MIN, "heatmap_stride is");
  BAD_REQUEST(fit, 3, "fit is 3");

  double done = -1;
  r = request_for(in, out);
  r.progress = cancel_halfway;
  r.user = &done;
  refused(t, limn_translate(t, &r), LIMN_CANCELLED, "the translation was cancelled");
  check(done >= 0.5 && done < 1, "cancelled halfway, not at the end");
  for (int i = 0; i < 9 * 7 * 3; ++i)
    if (out.pixels[i] != 55) {
      check(0, "what fails writes nothing");
      break;
    }
  r.progress = call_itself;
  r.user = t;
  check(limn_translate(t, &r) == LIMN_OK, "works after it was cancelled");
  char text[12];
  limn_open(t, "/nowhere", NULL);
  check(limn_error(t, text, sizeof text) > sizeof text && strcmp(text, "/nowhere: t") == 0,
        "a long error is cut and ended");
  limn_free(t);
  free(in.pixels);
  free(out.pixels);
  return ended();
}

/* ---- together */

typedef struct {
  limn_translator *own, *shared;
  picture in, from_own, from_shared;
  int ok;
} worker;

static void* work(void* argument) {
  worker* w = argument;
  w->ok = 1;
  for (int round = 0; round < 3; ++round) {
    limn_request r = request_for(w->in, w->from_own);
    if (limn_translate(w->own, &r) != LIMN_OK) w->ok = 0;
    r.translation = w->from_shared.pixels;
    if (limn_translate(w->shared, &r) != LIMN_OK) w->ok = 0;
  }
  return NULL;
}

static int together(const char* model, const char* path) {
  const picture in = read_ppm(path);
  const size_t bytes = (size_t)(3 * in.width * in.height);
  limn_translator* shared = opened(model);
  worker w[2];
  pthread_t threads[2];
  for (int i = 0; i < 2; ++i) {
    const worker one = {opened(model),
                        shared,
                        in,
                        new_picture(in.width, in.height),
                        new_picture(in.width, in.height),
                        0};
    w[i] = one;
  }
  for (int i = 0; i < 2; ++i)
    if (pthread_create(&threads[i], NULL, work, &w[i]) != 0) return 1;
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  const picture out = new_picture(in.width, in.height);
  limn_request r = request_for(in, out);
  check(limn_translate(shared, &r) == LIMN_OK, "alone");
  for (int i = 0; i < 2; ++i) {
    check(w[i].ok, "both threads translate");
    check(memcmp(w[i].from_own.pixels, out.pixels, bytes) == 0, "own translators, the same bytes");
    check(memcmp(w[i].from_shared.pixels, out.pixels, bytes) == 0,
          "one translator, the same bytes");
    limn_free(w[i].own);
    free(w[i].from_own.pixels);
    free(w[i].from_shared.pixels);
  }
  limn_free(shared);
  free(in.pixels);
  free(out.pixels);
  return ended();
}

int main(int argc, char** argv) {
  if (argc >= 6 && strcmp(argv[1], "translate") == 0) return translate(argc, argv);
  if (argc == 3 && strcmp(argv[1], "refuse") == 0) return refuse(argv[2]);
  if (argc == 4 && strcmp(argv[1], "together") == 0) return together(argv[2], argv[3]);
  fputs("usage: limn-c-interface translate|refuse|together MODEL ...\n", stderr);
  return 2;
}
