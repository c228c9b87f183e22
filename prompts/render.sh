#!/bin/sh
# Makes the sound of every prompt in catalogue.txt, into audio/<language>/:
#   <id>.wav    A-law, 8 kHz, mono: what G.711 calls hear, and any player plays
#   <id>.g722   G.722, 64 kbit/s (16 kHz): what wideband calls hear
# Both are what goes out on the wire, byte for byte, so that wissel decodes nothing when it starts. Together they are
# 16 kB a second; a recorder of real voices replaces them by dropping a WAV into the operator's directory instead.
#
# The voice is espeak-ng's: plain, and there for each language. Each clip is cut of silence (20 ms are left in all, so
# that joined clips follow each other within 60 ms) and brought to -19 LUFS with a true peak under -3 dBTP. A clip
# shorter than 3 s is measured as if it were said again and again.
# audio/MANIFEST holds, for each clip, the hash of voice and text that it was made from; only what changed is made again,
# everything with --all. Needs: espeak-ng, sox, ffmpeg, awk, sha256sum.
set -eu
cd "$(dirname "$0")"
for tool in espeak-ng sox ffmpeg awk sha256sum; do
  command -v "$tool" >/dev/null || { echo "render.sh: $tool is missing; on Debian: apt-get install espeak-ng sox ffmpeg" >&2; exit 1; }
done
all=${1:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p audio
touch audio/MANIFEST

# id <tab> language <tab> voice <tab> text, one line for each clip
awk '
  function out() { if (lang != "") printf "%s\t%s\t%s\t%s\n", id, lang, voice, text; lang = "" }
  /^#/ { next }
  /^[[:space:]]*$/ { out(); next }
  /^\[/ { out(); id = substr($0, 2, index($0, "]") - 2); next }
  /^ / { sub(/^ +/, ""); text = text " " $0; next }
  { out(); at = index($0, ":"); head = substr($0, 1, at - 1); text = substr($0, at + 1); sub(/^ +/, "", text)
    split(head, w, /[ ()]+/); lang = w[1]; voice = w[2] == "" ? w[1] : w[2] }
  END { out() }
' catalogue.txt >"$tmp/list"

loudness() { # of a WAV file, in LUFS
  sox "$1" "$tmp/long.wav" repeat "$(awk -v d="$(sox --i -D "$1")" 'BEGIN { print (d < 3) ? int(3 / d) : 0 }')"
  ffmpeg -hide_banner -nostats -i "$tmp/long.wav" -af ebur128 -f null - 2>&1 | awk '$1 == "I:" { v = $2 } END { print v }'
}

: >"$tmp/manifest"
while IFS="$(printf '\t')" read -r id lang voice text; do
  hash=$(printf '%s|%s' "$voice" "$text" | sha256sum | cut -c1-16)
  wav=audio/$lang/$id.wav
  printf '%s/%s %s\n' "$lang" "$id" "$hash" >>"$tmp/manifest"
  if [ "$all" != --all ] && [ -f "$wav" ] && grep -qx "$lang/$id $hash" audio/MANIFEST; then continue; fi
  mkdir -p "audio/$lang"
  case $voice in en) name=en-gb speed=155 ;; *) name=$voice speed=150 ;; esac
  case $id in digit.*) speed=140 ;; esac
  espeak-ng -v "$name" -s "$speed" -w "$tmp/raw.wav" -- "$text" </dev/null
  sox "$tmp/raw.wav" -b 16 -r 16000 -c 1 "$tmp/cut.wav" gain -6 highpass 80 \
    silence 1 0.005 0.6% reverse silence 1 0.005 0.6% fade 0.004 reverse fade 0.004 pad 0.010 0.010
  gain=0
  for _ in 1 2 3; do # the limiter takes a little away, so the gain is found in steps
    ffmpeg -hide_banner -loglevel error -y -i "$tmp/cut.wav" \
      -af "volume=${gain}dB,alimiter=limit=0.60:attack=2:release=40:level=false:latency=true" "$tmp/loud.wav" </dev/null
    gain=$(awk -v g="$gain" -v l="$(loudness "$tmp/loud.wav" </dev/null)" 'BEGIN { print g - 19 - l }')
  done
  ffmpeg -hide_banner -loglevel error -y -i "$tmp/cut.wav" \
    -af "volume=${gain}dB,alimiter=limit=0.60:attack=2:release=40:level=false:latency=true" "$tmp/loud.wav" </dev/null
  sox "$tmp/loud.wav" -r 8000 -e a-law "$wav"
  ffmpeg -hide_banner -loglevel error -y -i "$tmp/loud.wav" -c:a g722 -f g722 "audio/$lang/$id.g722" </dev/null
  echo "$lang/$id" >&2
done <"$tmp/list"

# What the catalogue no longer has goes.
find audio -name '*.wav' -o -name '*.g722' | while read -r file; do
  clip=${file#audio/}
  grep -q "^${clip%.*} " "$tmp/manifest" || rm -f "$file"
done
sort "$tmp/manifest" >audio/MANIFEST
