#!/usr/bin/env bash
# What `keelrow deploy rules` writes, as Prometheus' and Alertmanager's own tools see it: their checks,
# each alert over made-up series (*_test.yml), and where Alertmanager would send it.
set -euo pipefail
bin=${KEELROW_BIN:-build/bin}
command -v promtool amtool >/dev/null || { echo "promtool or amtool is missing: ./bootstrap --dev" >&2 && exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# write FOLDER [OPTION...]
write() {
  "$bin/keelrow" -f "$work/keelrow.yaml" "${@:2}" deploy rules --out "$work/$1" >/dev/null
}
# check FOLDER
check() {
  promtool check config "$work/$1/prometheus.yml"
  promtool check rules --lint=all --lint-fatal "$work/$1/rules.yml"
  amtool check-config "$work/$1/alertmanager.yml"
}
# goes_to RECEIVER LABEL...: where an alert with these labels ends.
goes_to() {
  amtool config routes test --config.file="$work/plain/alertmanager.yml" \
    --verify.receivers="$1" "${@:2}"
}

printf '%s\n' 'name: shop' 'data: {source: data}' >"$work/keelrow.yaml"
write plain
check plain
# Names that YAML could take for something else, and every key that lands in the files.
write odd --set alerts.job=1.0 --set 'alerts.notify={webhook: "http://[::1]:9/a?b=%20#c", token_file: /run/to ken}' \
  --set 'serve.host="::1"' --set alerts.availability=0.999 --set alerts.availability_period=7d
check odd
sed -i 's/^name: shop/name: "-true-"/' "$work/keelrow.yaml"
write dashed --set alerts.job=null
check dashed

goes_to shop alertname=HighPredictionLatency severity=page job=shop
goes_to shop alertname=PredictionLatencyAnomaly severity=ticket job=shop

cp tests/alerts/*_test.yml "$work/plain/"
promtool test rules "$work"/plain/*_test.yml
# Each alert has a test that sees it fire.
for alert in $(sed -n 's/.*- alert: //p' "$work/plain/rules.yml"); do
  grep -A1 "alertname: $alert\$" tests/alerts/*_test.yml | grep -q 'exp_alerts: *$' || {
    echo "no test in tests/alerts/ sees $alert fire"
    exit 1
  }
done
