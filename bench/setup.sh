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

# install_servers: the peers of the suite `serving` that Debian has, and what asks them.
install_servers() {
  local missing="" name
  for name in wrk nghttp2-client nginx-light default-jre-headless; do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=" $name"
  done
  ! command -v nginx >/dev/null || missing=${missing/ nginx-light/}
  ! command -v java >/dev/null || missing=${missing/ default-jre-headless/}
  [ -n "$missing" ] || return 0
  echo "bench: installing$missing" >&2
  # nginx must not begin to serve this machine only because it was installed to be measured.
  local as_root="" policy=/usr/sbin/policy-rc.d
  [ "$(id -u)" = 0 ] || as_root=sudo
  if [ -e "$policy" ]; then policy=""; else
    printf '#!/bin/sh\nexit 101\n' | $as_root install -m 755 /dev/stdin "$policy"
  fi
  # shellcheck disable=SC2086  # $missing is a list of words
  { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq \
    --no-install-recommends $missing; } >&2 || { [ -z "$policy" ] || $as_root rm -f "$policy"; return 1; }
  [ -z "$policy" ] || $as_root rm -f "$policy"
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
