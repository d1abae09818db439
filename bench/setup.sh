# What both bench/run and bench/loop.sh need before they measure. Sourced, in the repository root.
#   KEELROW_BUILD        build folder (build)
#   KEELROW_DEPS         folder of downloads (.deps)
#   KEELROW_BENCH_VENV   the venv of the Python peers (.deps/bench-venv); made when its pins changed
#   KEELROW_TORCH_INDEX  a Python package index that offers CPU builds of torch
BUILD=$(realpath -m "${KEELROW_BUILD:-build}")
VENV=$(realpath -m "${KEELROW_BENCH_VENV:-${KEELROW_DEPS:-.deps}/bench-venv}")

build_programs() {
  cmake -S . -B "$BUILD" -G Ninja -Wno-dev -DKEELROW_BENCH=ON >&2
  cmake --build "$BUILD" -j "${JOBS:-$(nproc)}" --target "$@" >&2
}

make_pictures() {
  [ -d examples/digits/data/9 ] ||
    "$BUILD/bin/digits-pictures" "${KEELROW_DEPS:-.deps}/mnist" examples/digits/data >&2
}

make_venv() {
  cmp -s bench/requirements.txt "$VENV/requirements.txt" && return
  echo "bench: making $VENV with the Python peers (PyTorch: 190 MB to download, 750 MB)" >&2
  rm -rf "$VENV"
  python3 -m venv "$VENV"
  "$VENV/bin/pip" install --quiet --disable-pip-version-check -r bench/requirements.txt \
    ${KEELROW_TORCH_INDEX:+--extra-index-url "$KEELROW_TORCH_INDEX"} >&2
  cp bench/requirements.txt "$VENV/"
}
