#!/usr/bin/env bash
# verb.sh WORD: what make says of a verb that it does not know, with the nearest that it does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
awk -v word="$1" '
  # letters to insert, remove or exchange
  function distance(a, b,  i, j, row, before, last, cost) {
    for (j = 0; j <= length(b); j++) row[j] = j
    for (i = 1; i <= length(a); i++) {
      last = row[0]; row[0] = i
      for (j = 1; j <= length(b); j++) {
        before = row[j]
        cost = last + (substr(a, i, 1) != substr(b, j, 1))
        if (row[j] + 1 < cost) cost = row[j] + 1
        if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1
        row[j] = cost; last = before
      }
    }
    return row[length(b)]
  }
  /^[a-z-]+:.*## / {
    name = $0; sub(/:.*/, "", name)
    apart = distance(word, name)
    if (nearest == "" || apart < least) { nearest = name; least = apart }
  }
  END {
    hint = least * 5 <= length(word) * 2 ? ", did you mean make " nearest "?" : ":"
    print "no verb is called " word hint " make alone prints them all"
  }' Makefile >&2
exit 2
