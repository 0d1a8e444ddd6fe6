#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every kind of bad input gets the right exit code and one line on stderr that says what is wrong and where.
# usage: bad_input_test.sh TACIT
set -u
tacit=${1:?usage: bad_input_test.sh TACIT}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
checks=0 failures=0

fail() {
    failures=$((failures + 1))
    echo "FAILED: $*"
    sed 's/^/    stderr: /' "$work/stderr"
}

# expect CODE TEXT WORDS...: `tacit WORDS` ends with CODE and one line on stderr, an error that contains TEXT.
expect() {
    local code=$1 text=$2
    shift 2
    checks=$((checks + 1))
    timeout 120 "$tacit" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null
    local got=$?
    if [ "$got" != "$code" ]; then
        fail "tacit $*: exit code $got, expected $code"
    elif [ "$(wc -l <"$work/stderr")" != 1 ] || ! grep -q '^error: ' "$work/stderr"; then
        fail "tacit $*: stderr is not one line of error"
    elif ! grep -qF -- "$text" "$work/stderr"; then
        fail "tacit $*: stderr lacks '$text'"
    fi
}

# expect_on RANKS CODE TEXT WORDS...: the same under mpirun, whose own lines are passed over.
expect_on() {
    local ranks=$1 code=$2 text=$3
    shift 3
    checks=$((checks + 1))
    timeout 120 mpirun -np "$ranks" "$tacit" "$@" \
        >"$work/stdout" 2>"$work/stderr" </dev/null
    local got=$?
    if [ "$got" != "$code" ]; then
        fail "tacit $* on $ranks ranks: exit code $got, expected $code"
    elif [ "$(grep -c 'error: ' "$work/stderr")" != 1 ]; then
        fail "tacit $* on $ranks ranks: not one line of error"
    elif ! grep 'error: ' "$work/stderr" | grep -qF -- "$text"; then
        fail "tacit $* on $ranks ranks: stderr lacks '$text'"
    fi
}

# works WORDS...: what the checks below build on.
works() {
    if ! timeout 300 "$tacit" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null; then
        fail "tacit $*"
        echo "bad input: cannot go on"
        exit 1
    fi
}

# Bytes of a number, most significant first, as IDX headers have them.
big_endian() { printf "\\x$(printf %02x $(($1 >> 24 & 255)))\\x$(printf %02x $(($1 >> 16 & 255)))\\x$(printf %02x $(($1 >> 8 & 255)))\\x$(printf %02x $(($1 & 255)))"; }
# write_idx NAME COUNT: COUNT images of 28 x 28 and labels 0..9 in turn.
write_idx() {
    { printf '\x00\x00\x08\x03'; big_endian "$2"; big_endian 28; big_endian 28; seq 1 400000 | head -c $(($2 * 784)); } >"idx/$1-images-idx3-ubyte"
    { printf '\x00\x00\x08\x01'; big_endian "$2"; for ((i = 0; i < $2; i++)); do printf "\\x0$((i % 10))"; done; } >"idx/$1-labels-idx1-ubyte"
}

mkdir idx
write_idx train 120
write_idx t10k 40
works data import idx --out shards
cat >good.yaml <<'YAML'
data: {path: shards, workers: 1}
augment: {size: 28}
model: {backbone: convnet, width: 4}
pretext: {name: rotnet}
train: {epochs: 1, batch: 24, threads: 1}
YAML
works pretrain --config good.yaml --run runs/good --set train.max_steps=2
works --help
works help data import
works pretrain --help
works data --help
works version
works version --json

# the command line
expect 2 "did you mean 'pretrain'" pretrian --config good.yaml
expect 2 "did you mean 'data import'" data improt idx
expect 2 "did you mean 'data import'" dat import idx
expect 2 "needs a second word" data
expect 2 "did you mean '--config'" pretrain --confg good.yaml
expect 2 "error: --run needs a value: --run FOLDER; see tacit probe --help" probe --run
expect 2 "error: --run needs a value: --run FOLDER; see tacit probe --help" probe --run=
expect 2 "error: --k many: eval.knn.k: expected an integer in [1, 10000], got 'many'" knn --run runs/good --k many
expect 2 "error: --k 2.5: eval.knn.k: expected an integer in [1, 10000], got '2.5'" knn --run runs/good --k=2.5
expect 2 "error: --seconds S: 'long' is no number; see tacit data inspect --help" data inspect idx --seconds long
expect 2 "error: --out is given more than once; give it once; see tacit data import --help" data import idx --out a --out b
expect 2 "error: --quiet takes no value; see tacit version --help" version --quiet=yes
expect 2 "error: unknown option '--see'" version --see
expect 2 "--config FILE" pretrain
expect 2 "in [1, 10000]" knn --run runs/good --k 0
expect 2 "too many words" data stats shards more
expect 2 "in [1, 4096]" pretrain good.yaml --ranks 0

# paths that no file system takes
ln -s loop2 loop1 && ln -s loop1 loop2
long=$(printf 'a%.0s' {1..300})
for words in "data stats" "data inspect" runs; do
    expect 1 "error: loop1: Too many levels of symbolic links; check the path" $words loop1
    expect 1 "error: $long: File name too long; check the path" $words "$long"
done
expect 1 "error: loop1: Too many levels of symbolic links; check the path" data import loop1 --out other
expect 1 "error: loop1/config.yaml: Too many levels of symbolic links" export --run loop1

# the config
expect 2 "cannot read 'none.yaml': No such file" pretrain --config none.yaml
expect 2 "cannot read '.': Is a directory" pretrain --config .
printf 'data: {path: shards}\npretext: {name: rotnet}\noptim:\n  learning_rate: 1\n' >key.yaml
expect 2 "key.yaml:4: unknown or unused key 'learning_rate'" pretrain --config key.yaml --set train.batch=24 --dry-run
printf 'data: {path: shards}\npretext: {name: rotnet}\noptim:\n  lr: fast\n' >type.yaml
expect 2 "type.yaml:4: optim.lr: expected a finite number" pretrain --config type.yaml --dry-run
printf 'data: {path: shards\npretext: [\n' >syntax.yaml
expect 2 "syntax.yaml:" pretrain --config syntax.yaml
expect 2 "did you mean 'rotnet'" pretrain --config good.yaml --set pretext.name=rotnett --dry-run
expect 2 "--set pretext.name=multicrop: pretext.name: unknown pretext 'multicrop'" pretrain good.yaml --set pretext.name=multicrop --dry-run
expect 2 "--set train.batch=2000: train.batch: 2000 images are more than" pretrain good.yaml --set train.batch=2000 --dry-run
printf 'data: {path: shards}\nreport:\n  title: caf\xe9\n' >latin1.yaml
expect 2 "latin1.yaml:3: a character that is not UTF-8" pretrain latin1.yaml
expect 2 "--set train.batch: expected section.key=value" pretrain --config good.yaml --set train.batch
expect 2 "--set train.batch=many: train.batch: expected an integer" pretrain --config good.yaml --set train.batch=many
expect 2 "--set train.bach=8: unknown or unused key 'bach'; did you mean 'batch'" pretrain --config good.yaml --set train.bach=8 --dry-run

# data
expect 1 "none" data stats none
expect 2 "--axes: 'NHWX' is no order of axes" data stats shards --axes NHWX
expect 2 "--range 6:0: two numbers, the lower one first" data stats shards --range 6:0
expect 2 "data.normalize: fixed needs mean and std" pretrain --config good.yaml --set data.normalize=fixed --dry-run
expect 1 "none" pretrain --config good.yaml --set data.path=none --dry-run
expect 1 "valid" pretrain --config good.yaml --set data.train=valid --dry-run
expect 1 "none" data import none --out other
expect 2 "2000" pretrain --config good.yaml --set train.batch=2000 --dry-run
mkdir -p photos/cat photos/dog
echo "this is no image" | tee photos/cat/a.jpg >photos/dog/b.png
expect 1 "photos/" data import photos --out other
mkdir truncated && cp idx/*-labels-* truncated && head -c 5000 idx/train-images-idx3-ubyte >truncated/train-images-idx3-ubyte
expect 1 "train-images-idx3-ubyte" data import truncated --out other
[ -e other ] && fail "a failed import left '$work/other' behind"
gray() { mkdir -p "$(dirname "$1")" && printf 'P2 2 2 255 1 2 3 4' >"$1"; } # an image
latin=$(printf 'caf\xe9')
gray "bytes/$latin/a.pgm" && gray bytes/dog/b.pgm && touch "bytes/$latin.doc"
works data import bytes --out bytes-shards --json
iconv -f UTF-8 -t UTF-8 "$work/stdout" >"$work/json" || fail "data import --json prints what is no UTF-8"
grep -qF '"caf\\xE9"' "$work/json" || fail "data import --json lacks the class of other bytes"
grep -qF '"caf\\xE9.doc"' "$work/json" || fail "data import --json lacks the file that it left out"
gray splits/train/a.pgm && gray splits/test/a.pgm && gray splits/more/a.pgm
expect 2 "--splits none" data import splits --out other
works data import splits --out told --splits train=train test=test --json
grep -qF '"images outside of the folders that --splits names"' "$work/stdout" || fail "data import does not count what --splits leaves out"
cp -r shards flipped
shard=$(ls flipped/train-*.h5)
printf '\xff\xfe\xfd\xfc' | dd of="$shard" bs=1 seek=$(($(stat -c %s "$shard") / 2)) conv=notrunc status=none
expect 1 "$shard" data stats flipped
expect 1 "$shard: images: image " data verify flipped
expect 1 "no split 'none'" data verify shards --split none
expect 1 "no/such" data verify no/such
expect 1 "$shard" data pack flipped --out other
expect 2 "keep" data pack shards --out other --encode jpeg
expect 2 "already holds shards" data pack shards --out shards
cp -r shards cut
truncate -s 3000 cut/train-*.h5
expect 1 "cut/train-" data stats cut
cp -r shards garbage
for file in garbage/*.h5; do head -c 5000 "$tacit" >"$file"; done
expect 1 "garbage/" data stats garbage
expect 1 "and all images of 1 file lost" data verify garbage --split train
# Threads that cannot start are no matter of paths.
stack=$(ulimit -Ss)
ulimit -Ss 200000000000
expect 1 "Resource temporarily unavailable; check the limits of this host (ulimit -a)" data import idx --out threads
ulimit -Ss "$stack"
printf 'GIF89a%600s' x | tee odd-1.h5 >odd-2.h5
expect 1 "odd-1.h5: is a GIF image; convert it" data inspect odd-1.h5
expect 1 "none of 2 files can be read as images; the first: odd-1.h5: is a GIF image" data inspect 'odd-*.h5'
expect 1 "no file matches" data inspect 'none-*.h5'
# The form of the answer is that of what was asked; a file that a section above reads is named.
mkdir looked
cp shards/train-*.h5 looked/train-0.h5
"$tacit" data inspect looked/train-0.h5 ./looked/train-0.h5 --seconds 0 --json >looked/both.json
"$tacit" data inspect 'looked/train-*.h5' --seconds 0 --json >looked/pattern.json
"$tacit" data inspect looked/train-0.h5 --seconds 0 --json >looked/one.json
python3 - <<'PYTHON' 2>"$work/stderr" || fail "tacit data inspect --json"
import json
both, pattern, one = (json.load(open(f"looked/{name}.json")) for name in ("both", "pattern", "one"))
assert pattern == [one], "one match of a pattern is no list"
assert both[0] == one and len(both) == 2, both
assert both[1]["guess"] == "./looked/train-0.h5: is read by the section of looked/train-0.h5", both[1]
PYTHON
expect 1 "odd-1.h5: is a GIF image" data stats odd-1.h5
expect 1 "odd-1.h5: is a GIF image" data pack odd-1.h5 --out other
expect 1 "odd-1.h5: is a GIF image" pretrain --config good.yaml --set data.path=odd-1.h5 --dry-run
expect 1 "is a GIF image" data import odd-1.h5 --out other

expect 2 "--set augment.recipe=simcrl: augment.recipe: unknown word 'simcrl'" data preview shards --set augment.recipe=simcrl
expect 2 "--set changes a value of --config, and there is none" bench augment --set augment.size=8
for command in "data preview" "bench augment" "bench loader"; do # which work without --config
    checks=$((checks + 1))
    # shellcheck disable=SC2086
    "$tacit" $command --help >help.txt 2>"$work/stderr" && grep -A 3 -- '--config FILE' help.txt >option.txt ||
        fail "$command --help does not tell of --config FILE"
    grep -q required option.txt && fail "$command --help: --config is not required"
done
# runs
expect 1 "runs/none" probe --run runs/none
expect 1 "999" probe runs/good --checkpoint 999
expect 1 "runs/none" report runs/none
expect 2 "--format tacit" export --run runs/good
cp -r runs/good runs/damaged
for file in runs/damaged/checkpoints/step-*/model.safetensors; do truncate -s 100 "$file"; done
expect 1 "runs/damaged" probe --run runs/damaged --checkpoint 2

# ranks
if command -v mpirun >/dev/null; then
    expect_on 2 2 "25" pretrain --config good.yaml --set train.batch=25 --dry-run
    expect_on 3 2 "20" pretrain --config good.yaml --set train.batch=20 --dry-run
    expect_on 2 2 "cannot read 'none.yaml'" pretrain --config none.yaml
    expect_on 2 2 "one process" data stats shards
    for given in soon -1 1.5 ""; do
        TACIT_START_TIMEOUT=$given expect_on 1 2 "TACIT_START_TIMEOUT '$given' is no number of seconds (0: wait for ever)" data stats shards
    done
    expect_on 2 2 "--ranks 3: mpirun or srun started 2 already" pretrain good.yaml --ranks 3
fi
mkdir mpi # an mpirun that ends in every way
while IFS='|' read -r ends text; do
    printf '#!/bin/sh\n%s\n' "$ends" >mpi/mpirun
    chmod +x mpi/mpirun
    PATH=$PWD/mpi:$PATH expect 1 "$text, and the job of 2 ranks with it" pretrain good.yaml --ranks 2
done <<'END'
exit 243|mpirun failed by itself with code 243 (`mpirun -np 2 hostname` tries it alone)
exit 137|a rank was ended by signal 9 (Killed: by hand, or for want of memory)
exit 134|a rank was ended by signal 6 (Aborted)
kill -9 $$|mpirun was ended by signal 9 (Killed: by hand, or for want of memory)
exit 5|mpirun ended with code 5
END

echo "bad input: $checks checks, $failures failed"
[ "$failures" = 0 ]
