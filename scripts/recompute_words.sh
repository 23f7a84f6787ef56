#!/usr/bin/env bash
# Makes the words of a transcript of `airlock-offline init` again, with sha256sum and nothing of Airlock.
#
#   scripts/recompute_words.sh TRANSCRIPT   the five lines, as docs/ENTROPY.md shows them (- for stdin)
#   scripts/recompute_words.sh --check      does it for vectors/entropy and compares
#
# Spaces between the digits of `device` and `dice` are dropped. Secrets stay in this shell: they go to sha256sum through
# pipes, never through arguments or files.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
mapfile -t list <"$root/vectors/wordlists/bip39_english.txt"

fail() { echo "$1" >&2; exit 2; }
sha256() { local line; line="$(sha256sum)"; echo "${line%% *}"; }

# What stands behind "label length", compared with its length.
contribution() {
  local line="$1" label="$2" length rest
  [[ "$line" == "$label "* ]] || fail "expected a line that begins with '$label'"
  rest="${line#"$label "}"
  length="${rest%% *}"
  rest="${rest#"$length"}"
  rest="${rest# }"
  [ "$label" = second ] || rest="${rest// /}"
  [ "${#rest}" = "$length" ] || fail "$label has ${#rest} characters, its line says $length"
  echo "$rest"
}

recompute() {
  local lines count device dice second digest entropy check bits index
  mapfile -t lines
  [ "${lines[0]:-}" = "airlock-entropy/1" ] || fail "the first line is not airlock-entropy/1"
  count="${lines[1]#words }"
  [[ "$count" = 12 || "$count" = 24 ]] || fail "words are 12 or 24"
  device="$(contribution "${lines[2]:-}" device)"
  dice="$(contribution "${lines[3]:-}" dice)"
  second="$(contribution "${lines[4]:-}" second)"
  [ "${#lines[@]}" = 5 ] || fail "${#lines[@]} lines, not 5"

  # The lines as they are hashed: a contribution that is absent has nothing behind its 0.
  digest="$({
    printf 'airlock-entropy/1\nwords %s\n' "$count"
    printf 'device %s %s\n' "${#device}" "$device"
    printf 'dice %s%s\n' "${#dice}" "${dice:+ $dice}"
    printf 'second %s%s\n' "${#second}" "${second:+ $second}"
  } | sha256)"
  entropy="${digest:0:$((count * 8 / 3))}"

  # BIP-39: entropy, then the first bits of its SHA-256, in pieces of 11 bits.
  check="$(for ((i = 0; i < ${#entropy}; i += 2)); do printf '%b' "\\x${entropy:i:2}"; done | sha256)"
  bits=""
  for ((i = 0; i < ${#entropy} + count / 12; i++)); do
    local digits="$entropy$check"
    for ((bit = 8; bit > 0; bit /= 2)); do bits+=$(((16#${digits:i:1} & bit) > 0)); done
  done
  echo "commitment $(printf 'device %s %s\n' "${#device}" "$device" | sha256)"
  echo "entropy $entropy"
  for ((i = 0; i < count; i++)); do
    index=$((2#${bits:i * 11:11}))
    printf '%d %s\n' $((i + 1)) "${list[index]}"
  done
}

if [ "${1:-}" = --check ]; then
  count=0
  for transcript in "$root"/vectors/entropy/*.txt; do
    diff <(recompute <"$transcript") "${transcript%.txt}.expected"
    count=$((count + 1))
  done
  [ "$count" -ge 4 ] || fail "$count transcripts, fewer than 4"
  echo "$count transcripts recomputed"
elif [ "${1:-}" = - ]; then
  recompute
elif [ -n "${1:-}" ]; then
  recompute <"$1"
else
  fail "usage: $0 TRANSCRIPT | - | --check"
fi
