#!/bin/sh
# Puts what lints and renders deploy/ into the cache: helm, kubeconform, the loader of the Compose specification (all from
# the Go module proxy), and the JSON schemas they check against: of Kubernetes (PyPI kubernetes-validate), of KEDA and of the
# Prometheus operator (their custom resource definitions). Minutes the first time, nothing afterwards.
# Needs npm's packages, Python with pip, and Go 1.24 or later; where that is not there, it is fetched from the proxy.
set -eu
helm=v3.17.3 kubeconform=v0.6.7 compose=v2.6.4 keda=v2.17.2 operator=v0.82.0 kubernetes=1.37.0
root=$(cd "$(dirname "$0")/.." && pwd)
folder=${SPILLWAY_CACHE:-$HOME/.cache/spillway}/deploy-tools-2
[ -f "$folder/complete" ] && { "$folder/bin/helm" version --short; exit 0; }
mkdir -p "$folder/bin"
cd "$folder"

go_folder=${folder%/*}/go
# shellcheck source=scripts/go-toolchain.sh
. "$root/scripts/go-toolchain.sh"

export GOBIN="$folder/bin"
go install "helm.sh/helm/v3/cmd/helm@$helm"
go install "github.com/yannh/kubeconform/cmd/kubeconform@$kubeconform"
go install "github.com/compose-spec/compose-go/v2/cmd@$compose"
mv bin/cmd bin/compose-spec

# A module's folder, without building anything of it.
source_of() { go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }
"${SPILLWAY_PYTHON:-python3}" -m pip -q --disable-pip-version-check download --no-deps -d . "kubernetes-validate==$kubernetes"
"${SPILLWAY_PYTHON:-python3}" -m zipfile -e kubernetes_validate-*.whl wheel
node "$root/scripts/kube-schemas.mjs" "$folder/schemas" wheel/kubernetes_validate/kubernetes-json-schema \
  "$(source_of "github.com/kedacore/keda/v2@$keda")/config/crd/bases" \
  "$(source_of "github.com/prometheus-operator/prometheus-operator@$operator")/example/prometheus-operator-crd"
rm -rf wheel kubernetes_validate-*.whl
touch complete
bin/helm version --short
