#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The whole line on real images (2,000 of Fashion-MNIST): every command works, four ranks train as one does, a run that
# was interrupted ends as one that was not, and every config under configs/ starts.
# usage: end_to_end_test.sh TACIT PROJECT
set -euo pipefail
tacit=${1:?usage: end_to_end_test.sh TACIT PROJECT} project=${2:?usage: end_to_end_test.sh TACIT PROJECT}
source=/usr/share/datasets/fashion-mnist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

ranks() { local count=$1; shift; mpirun -np "$count" "$tacit" "$@"; }
has() { [ -s "$1" ] || { echo "end to end: $1 was not written" >&2; exit 1; }; }

# head_of NAME COUNT: the first COUNT images and labels of a split, as IDX files of the same form.
head_of() {
    local name=$1 count=$2 size
    size=$(printf '\\x00\\x00\\x%02x\\x%02x' $((count / 256)) $((count % 256)))
    { printf '\x00\x00\x08\x03'"$size"'\x00\x00\x00\x1c\x00\x00\x00\x1c'
      zcat "$source/$name-images-idx3-ubyte.gz" | tail -c +17 | head -c $((count * 784)) || true; } >"idx/$name-images-idx3-ubyte"
    { printf '\x00\x00\x08\x01'"$size"
      zcat "$source/$name-labels-idx1-ubyte.gz" | tail -c +9 | head -c "$count" || true; } >"idx/$name-labels-idx1-ubyte"
}

# curves RUN RUN TOLERANCE: the losses in two metrics.jsonl agree to a relative tolerance; 0: all but timing is equal.
curves() {
    python3 - "$1/metrics.jsonl" "$2/metrics.jsonl" "$3" <<'PYTHON'
import json, sys

first, second = ([json.loads(line) for line in open(path)] for path in sys.argv[1:3])
tolerance = float(sys.argv[3])
timing = {"seconds", "images_per_second", "data_wait"}
assert first and [row["step"] for row in first] == [row["step"] for row in second], (first, second)
for one, two in zip(first, second):
    if tolerance == 0:
        assert {k: v for k, v in one.items() if k not in timing} == {k: v for k, v in two.items() if k not in timing}, (one, two)
    else:
        difference = abs(one["loss"] / two["loss"] - 1)
        print(f"step {one['step']}: losses {one['loss']} and {two['loss']}, relative difference {difference:.1e}")
        assert difference <= tolerance
PYTHON
}

mkdir idx
head_of train 2000
head_of t10k 500
"$tacit" data import idx --out shards --classes T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag "Ankle boot"
"$tacit" data inspect shards
"$tacit" data stats shards
"$tacit" data verify shards
"$tacit" data pack shards --out packed --shuffle-seed 1
"$tacit" data verify packed --json | python3 -m json.tool >/dev/null
options=(--config "$project/configs/fashion-mnist/simclr.yaml" --set data.path=shards --set train.batch=64
         --set train.log_every=5 --set eval.finetune.epochs=2 --set eval.pictures.map_points=200)
"$tacit" data preview "${options[@]}" --out preview.png
has preview.png
for recipe in $("$tacit" bench augment --channels 1 --seconds 0.01 --json | python3 -c 'import json, sys; print(*(r["recipe"] for r in json.load(sys.stdin)["results"]))'); do
    "$tacit" data preview shards --recipe "$recipe" --count 2 --epochs 2 --out "$recipe.png"
    has "$recipe.png"
done
"$tacit" bench augment --recipe simclr --seconds 0.01 --profile | grep 'random_resized_crop .* us a view' >/dev/null

# Small steps: rounding errors grow tenfold in a few steps where a net's start is stormy.
for count in 1 4; do
    ranks $count pretrain --config "$project/configs/fashion-mnist/autoencoder.yaml" --set data.path=shards \
        --set train.batch=64 --set train.log_every=5 --set train.max_steps=20 --set optim.name=sgd --set optim.lr=0.003 \
        --run ranks$count
done
curves ranks1 ranks4 1e-5

ranks 2 pretrain "${options[@]}" --set train.max_steps=40 --run whole --set data.stage="$work/stage"
[ "$(ls "$work"/stage/*.h5 | wc -l)" = 1 ] || { echo "end to end: the training split was not staged" >&2; exit 1; }
# What Ctrl-C sends; a shell lets its background jobs ignore it unless told otherwise.
env --default-signal=INT mpirun -np 2 "$tacit" pretrain "${options[@]}" \
    --set train.max_steps=40 --run halves &
until grep -q '"step":10,' halves/metrics.jsonl 2>/dev/null; do sleep 0.05; done
kill -INT $!
wait $! && { echo "end to end: the run ended before it was interrupted" >&2; exit 1; }
ranks 2 pretrain "${options[@]}" --set train.max_steps=40 --run halves | tee resumed.txt
grep -q 'resum\|goes on\|went on' resumed.txt
curves whole halves 0

# A rank that hangs: the other one says so and the job ends with exit code 76.
ranks 2 pretrain "${options[@]}" --set train.max_steps=100000 --set dist.timeout=2 --run hangs >hangs.txt 2>&1 &
until grep -q '"step":10,' hangs/metrics.jsonl 2>/dev/null; do sleep 0.05; done
kill -STOP "$(pgrep -f -- '--run hangs' | tail -1)"
wait $! && code=0 || code=$?
[ $code = 76 ] && grep '2 s .*(dist.timeout): rank [01] on .* gives no sign of life' hangs.txt ||
    { echo "end to end: a rank that hangs ended the job with exit code $code:" >&2; cat hangs.txt >&2; exit 1; }

# The same for evaluation, where a rank may wait for another one's training longer than the timeout.
ranks 2 pretrain "${options[@]}" --set train.max_steps=1 --set dist.timeout=2 --set eval.finetune.epochs=150 \
    --set eval.finetune.draws=1 --set eval.finetune.lrs='[0.001,0.01,0.02]' --run waits
ranks 2 finetune --run waits
# Noticed while the other rank trains alone, far from the next collective.
ranks 2 finetune --run waits --epochs 100000 >hangs.txt 2>&1 &
until grep -q 'fine-tune: ' hangs.txt 2>/dev/null; do sleep 0.05; done
kill -STOP "$(pgrep -f -- '--run waits' | tail -1)"
stopped=$SECONDS
wait $! && code=0 || code=$?
[ $code = 76 ] && [ $((SECONDS - stopped)) -lt 60 ] && grep '2 s .*(dist.timeout): rank [01] on .* gives no sign of life' hangs.txt ||
    { echo "end to end: a rank that hangs ended finetune with exit code $code:" >&2; cat hangs.txt >&2; exit 1; }

for command in probe knn finetune; do ranks 2 $command --run whole; done
grep -q '"command": "mpirun -np 2 .*tacit knn --run whole"' whole/eval/knn.json
grep -q '"launch": "mpirun -np 2 .*tacit pretrain --config .* --run whole --set ' whole/environment.json
"$tacit" embed --run whole
"$tacit" export --run whole --format tacit --out whole.safetensors
"$tacit" report whole ranks1 halves --out report.html
grep -q 'mpirun -np 2 .*tacit knn --run whole' report.html
"$tacit" report whole ./whole/ --out twice.html 2>&1 | tee twice.txt
grep -q 'warning: ./whole/ is the same run as whole, which is given before: it is counted once' twice.txt
if grep -q 'encoders compared' twice.html; then echo "end to end: one run given twice is compared with itself" >&2; exit 1; fi
# Results that were measured otherwise stand in columns of their own, and what is damaged hides nothing.
"$tacit" knn --run halves --k 5
mkdir damaged damaged/eval torn
cp whole/config.yaml damaged
echo '{' >damaged/eval/knn.json
printf 'a: 1\nb: [' >torn/config.yaml
"$tacit" runs . >runs.txt 2>hidden.txt
cat runs.txt
grep -q 'warning: left out: .*damaged/eval/knn.json is not an evaluation result (it is not JSON, or not all of it); delete it' hidden.txt
grep -q damaged runs.txt
grep -q 'warning: \./torn is not listed: .*torn/config.yaml is not YAML in line 2; put back what tacit pretrain wrote' hidden.txt
"$tacit" runs . --json 2>/dev/null | python3 -c 'import json, sys
runs = {run["run"]: {result["column"]: result for result in run["results"]} for run in json.load(sys.stdin)}
assert {result["protocol"] for result in runs["./whole"].values()} == {"linear", "knn", "finetune"}, runs
twins = [column for run in ("./whole", "./halves") for column in runs[run] if column.startswith("kNN")]
assert sorted(twins) == ["kNN (a)", "kNN (b)"], twins
assert "k 5" in runs["./halves"][twins[1]]["measure"], runs'
grep -q 'kNN (a): on .*k 5' runs.txt || grep -q 'kNN (b): on .*k 5' runs.txt
rm -r damaged torn
# The step is that of the newest checkpoint where metrics were last logged before it.
cp -r whole sparse
head -n 1 whole/metrics.jsonl >sparse/metrics.jsonl
"$tacit" runs sparse --json | python3 -c 'import json, os, sys
steps = max(int(name[5:]) for name in os.listdir("sparse/checkpoints") if name.startswith("step-"))
assert [run["step"] for run in json.load(sys.stdin)] == [steps]'
"$tacit" runs sparse | grep "^sparse  *$(ls -d sparse/checkpoints/step-* | tail -n 1 | sed 's/.*step-0*//') " >/dev/null
rm -r sparse
for file in eval/linear.json eval/knn.json eval/finetune.json eval/map.json features/train.h5 features/test.h5 config.yaml environment.json; do
    has "whole/$file"
done
has whole.safetensors
has report.html

# Test images whose file numbers the same classes the other way round: a class is known by its name.
mkdir mixed
tail -c +9 idx/t10k-labels-idx1-ubyte | tr '\0-\11' '\11\10\7\6\5\4\3\2\1\0' >reversed
head -c 8 idx/t10k-labels-idx1-ubyte | cat - reversed >labels && mv labels idx/t10k-labels-idx1-ubyte
"$tacit" data import idx --out mixed --classes "Ankle boot" Bag Sneaker Shirt Sandal Coat Dress Pullover Trouser T-shirt
rm mixed/train*
cp shards/train* mixed
"$tacit" pretrain "${options[@]}" --set data.path=mixed --set train.max_steps=1 --run named
"$tacit" knn --run named
python3 -c 'import json
pixels = {row["name"]: row["scores"]["accuracy"]["value"] for row in json.load(open("named/eval/knn.json"))["rows"]}["raw pixels"]
assert pixels > 0.6, f"raw pixels: {pixels}"'
"$tacit" doctor || [ $? = 1 ] # what it says about this machine is not the matter here
"$tacit" bench step "${options[@]}" --steps 2 --warmup 1 --json | python3 -m json.tool >/dev/null
"$tacit" bench step "${options[@]}" --steps 2 --warmup 4 --same-batch --json | python3 -c 'import json, sys
assert json.load(sys.stdin)["data_wait"] == 0'
"$tacit" bench loader "${options[@]}" --json | python3 -m json.tool >/dev/null

# Images in colour, as CIFAR-10's are: two classes of waves.
python3 -c 'import math, os
for place in range(80):
    kind = "ab"[place % 2]
    os.makedirs(f"colours/{kind}", exist_ok=True)
    pixels = bytes(int(127 + 120 * math.sin(0.1 * (1 + place) * (x if kind == "a" else y) + channel))
                   for y in range(32) for x in range(32) for channel in range(3))
    open(f"colours/{kind}/{place}.ppm", "wb").write(b"P6 32 32 255\n" + pixels)'
"$tacit" data import colours --out coloured --test-fraction 0.1
for config in "$project"/configs/*/*.yaml; do
    case $config in */fashion-mnist/*) data=shards ;; *) data=coloured ;; esac
    "$tacit" pretrain --config "$config" --dry-run --set data.path=$data --set train.batch=8
done
echo "end to end: all is well"
