/* SPDX-License-Identifier: MIT */
#include <limn.h>
#include <stdio.h>

int main(void) {
  char text[256];
  limn_translator* t = limn_new();
  const limn_status status = limn_open(t, "/nowhere", NULL);
  limn_error(t, text, sizeof text);
  limn_free(t);
  printf("limn %s: %s\n", limn_version(), text);
  return status == LIMN_BAD_FILE ? 0 : 1;
}
