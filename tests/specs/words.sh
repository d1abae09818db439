# Words that specs use besides the commands of Keelrow and of the shell.

# --- Projects -------------------------------------------------------------------------------------

# tiny: a whole project of 60 pictures in the present folder.
tiny() {
  [ -d "$scratch/tiny" ] || tiny-project "$scratch/tiny" || return
  cp -r "$scratch/tiny/." .
}

# versions: a project whose model `tiny` has four versions, drawn and not trained; 1 is champion.
versions() {
  slow-version . || return
  printf 'name: tiny\ndata: {source: data}\n' >keelrow.yaml
  keelrow models promote tiny 1
}

# trained: the present folder becomes one in which the tiny project has run. Specs of a file share
# it, so they must not change it.
trained() {
  local shared=$scratch/trained
  if [ ! -d "$shared" ]; then
    mkdir "$shared" && (cd "$shared" && tiny && keelrow -q run) || return
  fi
  cd "$shared" || return
}

# own: a copy of it in the present folder, to be changed.
own() {
  (trained) && cp -r "$scratch/trained/." .
}

# bundle: the folder of the first version of the model.
bundle() { keelrow -o json models show tiny 1 | sed -n 's/.*"bundle": "\(.*\)".*/\1/p'; }

# reseal FOLDER: gives a changed bundle the checksums that fit.
reseal() {
  (cd "$1" && sed 's/^.*  //' SHA256SUMS | xargs sha256sum >sums && mv sums SHA256SUMS)
}

# strays: drafts that nobody will finish, below the present folder.
strays() { find . -name '*.tmp' -o -name 'keelrow-??????'; }

# manifest: a table of the 60 pictures.
manifest() {
  local class i
  echo path,label
  for class in class0 class1 class2; do
    for i in {00..19}; do echo "data/$class/$i.png,$class"; done
  done
}

# --- The service ----------------------------------------------------------------------------------

# soon COMMAND...: repeats it until it succeeds, for 10 s.
soon() {
  local tries
  for tries in {1..500}; do
    "$@" >/dev/null 2>&1 && return
    sleep 0.02
  done
  echo "not within 10 s: $*" >&2
  return 1
}

# up [OPTION...]: serves the present project; returns when it is ready. $url and $port say where,
# $service is its process, $token lets ask in.
up() {
  local log=$scratch/service
  rm -f "$log.out" "$log.err"
  keelrow up --port 0 "$@" >"$log.out" 2>"$log.err" &
  service=$!
  soon listening || return
  url=$(sed -n 's/.* at \(http[^ ]*\).*/\1/p' "$log.out") port=${url##*:}
  token=$(keelrow token) && kill -0 "$service" 2>/dev/null && soon curl -sf "$url/readyz" && return
  cat "$log.err" >&2
  return 1
}

# Or dead, of which what follows tells more.
listening() { grep -q ' at http' "$scratch/service.out" || ! kill -0 "$service"; }

# ask PATH [OPTION OF CURL...]: the answer's body, then its status.
ask() {
  curl -sS -m 10 -w '\n%{http_code}\n' ${token:+-H "Authorization: Bearer $token"} "$url$1" "${@:2}"
}

# says WORDS PATH: whether the answer has them.
says() { ask "$2" | grep -qF -- "$1"; }

# json_of FILE: a request that carries it.
json_of() { printf '{"input_data": "%s"}' "$(base64 -w0 "$1")"; }

# jwt HEADER CLAIMS SECRET_FILE: a token made by hand.
jwt() {
  local part
  part=$(printf %s "$1" | base64url).$(printf %s "$2" | base64url)
  printf %s "$part" |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(od -An -vtx1 "$3" | tr -d ' \n')" -binary |
    base64url | sed "s/^/$part./"
}

base64url() { openssl base64 -A | tr '+/' '-_' | tr -d =; }

# --- The machine ----------------------------------------------------------------------------------

# disk FOLDER SIZE: mounts a small disk there. resize SIZE: the one of the present folder.
disk() { mkdir -p "$1" && mount -t tmpfs -o "size=$2" none "$1"; }
resize() { mount -o "remount,size=$1" .; }

# working_on STEP: whether a run here has come to it.
working_on() { compgen -G ".keelrow/work/$1-*" >/dev/null; }

# kill_step RUN: kills the step that this process has come to.
kill_step() { kill -KILL $(cat "/proc/$1/task/$1/children"); }

# stranger COMMAND...: as somebody who owns nothing; where we are not root, as ourselves.
stranger() {
  local as=()
  [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
  chmod 755 "$scratch" && "${as[@]}" "$@"
}

end_spec() {
  local jobs
  jobs=$(jobs -p)
  disown -a # else the shell tells that they were killed
  while [ -n "$jobs" ] && kill -9 $jobs 2>/dev/null; do sleep 0.01; done
  cd "$scratch" && chmod -R u+w spec
  awk -v below="$scratch/spec/" 'index($2, below) == 1 { print $2 }' /proc/mounts | xargs -r umount
}

# --- Pictures -------------------------------------------------------------------------------------

# png_header WIDTH HEIGHT: the beginning of a PNG that claims this size.
png_header() {
  printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'
  printf "$(printf '%08x%08x' "$1" "$2" | sed 's/../\\x&/g')\\x08\\0\\0\\0\\0\\0\\0\\0\\0"
}

# jpeg: a gray picture of 16 x 16 pixels.
jpeg() {
  base64 -d <<</9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAQABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAUG/8QAFhAAAwAAAAAAAAAAAAAAAAAAABRh/9oACAEBAAA/AJiECENMhAhD/9k=
}
