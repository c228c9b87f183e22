#!/bin/sh
# Makes the sound of every prompt in languages/<language>/texts.txt, beside it:
#   <id>.wav    A-law, 8 kHz, mono: what G.711 calls hear, and any player plays
#   <id>.g722   G.722, 64 kbit/s (16 kHz): what wideband calls hear
# Both are what goes out on the wire, byte for byte, so that wissel decodes nothing when it starts. Together they are
# 16 kB a second; a recorder of real voices replaces them by dropping a WAV into the operator's directory instead.
#
# The voice is espeak-ng's: plain, and there for each language. Each clip is cut of silence (20 ms are left in all, so
# that joined clips follow each other within 60 ms), faded at both ends, and brought to -19 LUFS with a true peak under
# -3 dBTP. A clip shorter than 3 s is measured as if it were said again and again.
# MANIFEST holds for each clip the hash of voice and text that it was made from, and those of its two files.
#
# usage: render.sh [--all] [language…]    Only what changed is made again, everything with --all.
# Needs: espeak-ng, sox, ffmpeg, awk, sha256sum.
set -eu
cd "$(dirname "$0")/languages"
for tool in espeak-ng sox ffmpeg awk sha256sum; do
  command -v "$tool" >/dev/null || { echo "render.sh: $tool is missing; on Debian: apt-get install espeak-ng sox ffmpeg" >&2; exit 1; }
done
all=
if [ "${1:-}" = --all ]; then all=1; shift; fi
[ $# -gt 0 ] || set -- *
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

hash() { sha256sum | cut -c1-16; }

loudness() { # of a WAV file, in LUFS
  sox "$1" "$tmp/long.wav" repeat "$(awk -v d="$(sox --i -D "$1")" 'BEGIN { print (d < 3) ? int(3 / d) : 0 }')"
  ffmpeg -hide_banner -nostats -i "$tmp/long.wav" -af ebur128 -f null - 2>&1 | awk '$1 == "I:" { v = $2 } END { print v }'
}

limited() { # at a gain in dB
  ffmpeg -hide_banner -loglevel error -y -i "$tmp/cut.wav" \
    -af "volume=${1}dB,alimiter=limit=0.60:attack=2:release=40:level=false:latency=true" "$tmp/loud.wav" </dev/null
}

render() { # id, voice and text, in the directory of its language
  case $2 in en) name=en-gb speed=155 ;; *) name=$2 speed=150 ;; esac
  floor=0.6% soft=
  case $1 in digit.*) speed=140 ;; esac
  case $lang/$1 in
  en/time.oclock) floor=1.5% ;; # its k dies away
  nl/digit.5) soft="compand 0.003,0.03 -60,-60,-50,-36,-35,-22,0,0" ;; # its f would be cut off as silence
  esac
  espeak-ng -v "$name" -s "$speed" -w "$tmp/raw.wav" -- "$3" </dev/null
  sox "$tmp/raw.wav" -b 16 -r 16000 -c 1 "$tmp/cut.wav" gain -6 highpass 80 $soft \
    silence 1 0.005 "$floor" reverse silence 1 0.005 "$floor" fade 0.004 reverse fade 0.004 pad 0.010 0.010
  gain=0
  for _ in 1 2 3 4 5 6 7 8 9; do # the limiter takes a little away, so the gain is found in steps
    limited "$gain"
    sox "$tmp/loud.wav" -r 8000 "$tmp/narrow.wav" # an s is mostly above 4 kHz: what suits both bands lies between them
    off=$(awk -v w="$(loudness "$tmp/loud.wav" </dev/null)" -v n="$(loudness "$tmp/narrow.wav" </dev/null)" \
      'BEGIN { print -19 - (w + n) / 2 }')
    if awk -v o="$off" 'BEGIN { exit !(o > -0.2 && o < 0.2) }'; then break; fi
    gain=$(awk -v g="$gain" -v o="$off" 'BEGIN { print g + o }')
  done
  sox "$tmp/loud.wav" -r 8000 -e a-law "$1.wav"
  ffmpeg -hide_banner -loglevel error -y -i "$tmp/loud.wav" -c:a g722 -f g722 "$1.g722" </dev/null
}

for lang; do
  cd "$lang"
  touch MANIFEST
  : >"$tmp/manifest"
  # id <tab> voice <tab> text, one line for each clip
  awk -v lang="$lang" '
    function out() { gsub(/^\+|\+$/, "", text); if (id != "") printf "%s\t%s\t%s\n", id, voice, text; id = "" }
    /^#/ { next }
    /^[[:space:]]*$/ { out(); next }
    /^ / { sub(/^ +/, ""); sub(/ +$/, ""); text = text " " $0; next }
    { out(); at = index($0, ":"); head = substr($0, 1, at - 1); text = substr($0, at + 1); gsub(/^ +| +$/, "", text)
      split(head, w, /[ ()]+/); id = w[1]; voice = w[2] == "" ? lang : w[2] }
    END { out() }
  ' texts.txt >"$tmp/list"
  while IFS="$(printf '\t')" read -r id voice text; do
    made=$(printf '%s|%s' "$voice" "$text" | hash)
    if [ -n "$all" ] || [ ! -f "$id.wav" ] || ! grep -q "^$id $made" MANIFEST; then
      render "$id" "$voice" "$text"
      echo "$lang/$id" >&2
    fi
    printf '%s %s %s %s\n' "$id" "$made" "$(hash <"$id.wav")" "$(hash <"$id.g722")" >>"$tmp/manifest"
  done <"$tmp/list"
  for file in *.wav *.g722; do # what the texts no longer have goes
    grep -q "^${file%.*} " "$tmp/manifest" || rm -f "$file"
  done
  sort "$tmp/manifest" >MANIFEST
  cd ..
done
