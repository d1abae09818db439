# Words that specs use besides the commands of Keelrow and of the shell.

# tiny: a whole project of 60 pictures in the present folder.
tiny() {
  [ -d "$scratch/tiny" ] || tiny-project "$scratch/tiny" || return
  cp -r "$scratch/tiny/." .
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

# bundle: the folder of the promoted model.
bundle() { keelrow -o json models show tiny | sed -n 's/.*"bundle": "\(.*\)".*/\1/p' | head -1; }

end_spec() {
  local job
  for job in $(jobs -p); do
    kill -9 "$job" 2>/dev/null
  done
  wait 2>/dev/null
}

# png_header WIDTH HEIGHT: the beginning of a PNG that claims this size.
png_header() {
  printf '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'
  printf "$(printf '%08x%08x' "$1" "$2" | sed 's/../\\x&/g')\\x08\\0\\0\\0\\0\\0\\0\\0\\0"
}

# jpeg: a gray picture of 16 x 16 pixels.
jpeg() {
  base64 -d <<</9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5moq6T/wAALCAAQABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAUG/8QAFhAAAwAAAAAAAAAAAAAAAAAAABRh/9oACAEBAAA/AJiECENMhAhD/9k=
}

# manifest: a table of the 60 pictures.
manifest() {
  local class i
  echo path,label
  for class in class0 class1 class2; do
    for i in {00..19}; do echo "data/$class/$i.png,$class"; done
  done
}
