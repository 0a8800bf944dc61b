#!/usr/bin/env bash
# Installs the chart in a cluster of kind, with an image of this tree, sees a privileged Pod denied and a harmless
# one admitted, and deletes the cluster again:
#
#   tests/e2e/kind.sh
#   KIND_NODE_IMAGE=kindest/node:v1.33.1 tests/e2e/kind.sh
#
# For a machine with Docker, kind, kubectl and helm, before a release. Continuous integration has no Docker and
# cannot run it: the tests beside it call a real API server, but have no nodes, no images and no Helm. So far it has
# been run only with stand-ins for docker, kind and helm, and with `polgate serve` in the place of the chart's Pods.
set -euo pipefail
cd "$(dirname "$0")/../.."

cluster=polgate-e2e-$$
image=polgate.test/polgate:e2e
folder=$(mktemp -d)
export KUBECONFIG=$folder/kubeconfig # yours is not touched

fail() {
  echo "kind.sh: $*" >&2
  exit 1
}

clean_up() {
  local code=$?
  trap - EXIT
  if [ $code -ne 0 ] && [ -s "$KUBECONFIG" ]; then
    {
      kubectl --namespace polgate get pods,events --output wide
      kubectl --namespace polgate logs --selector app.kubernetes.io/name=polgate --tail 50 --prefix
      kubectl get validatingwebhookconfigurations --output yaml
    } >&2 || true
  fi
  kind delete cluster --name "$cluster" || echo "kind.sh: cluster $cluster is left behind" >&2
  rm -rf "$folder"
  exit $code
}

# A webhook is registered, and a namespace's ServiceAccount made, a moment after they could be: try for a while.
within_a_minute() {
  local deadline=$((SECONDS + 60))
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    sleep 1
  done
}

try_pod() {
  kubectl --namespace shop run try --image registry.k8s.io/pause:3.10 --dry-run=server "$@" >"$folder/answer" 2>&1
}

is_denied() {
  ! try_pod --privileged && grep -q 'admission webhook "fail.polgate.io" denied the request' "$folder/answer"
}

for program in docker kind kubectl helm; do
  command -v "$program" >/dev/null || fail "$program is not on PATH"
done

trap clean_up EXIT
docker build --tag "$image" .
kind create cluster --name "$cluster" --wait 3m ${KIND_NODE_IMAGE:+--image "$KIND_NODE_IMAGE"}
kind load docker-image "$image" --name "$cluster"
helm install polgate charts/polgate --namespace polgate --create-namespace --wait --timeout 3m \
  --set image.repository="${image%:*}",image.tag="${image##*:}",image.pullPolicy=Never \
  --set policies.bundled='{pod-security}'
helm test polgate --namespace polgate

kubectl create namespace shop
kubectl label namespace shop pod-security.polgate.io/enforce=baseline
within_a_minute is_denied || fail "a privileged Pod was not denied: $(cat "$folder/answer")"
within_a_minute try_pod || fail "a harmless Pod was not admitted: $(cat "$folder/answer")"
echo "ok: a privileged Pod is denied, a harmless one admitted"
