# shellcheck shell=sh
# To be sourced: puts Go 1.24 or later on the PATH. Where there is none, it is fetched into the folder
# $go_folder from the module proxy, which needs curl and Python.
go=1.24.6
enough() { command -v go >/dev/null && [ "$(printf '%s\n%s\n' "go$go" "$(go env GOVERSION)" | sort -V | head -1)" = "go$go" ]; }
if ! enough; then
  sdk=golang.org/toolchain@v0.0.1-go$go.linux-$(dpkg --print-architecture)
  if [ ! -x "$go_folder/$sdk/bin/go" ]; then
    mkdir -p "$go_folder"
    curl -fsSL -o "$go_folder/go.zip" "https://proxy.golang.org/golang.org/toolchain/@v/${sdk#*@}.zip"
    (cd "$go_folder" && "${SPILLWAY_PYTHON:-python3}" -m zipfile -e go.zip . && rm go.zip)
    chmod +x "$go_folder/$sdk"/bin/* "$go_folder/$sdk"/pkg/tool/*/*
  fi
  PATH=$go_folder/$sdk/bin:$PATH
fi
export GOFLAGS=-modcacherw GOTOOLCHAIN=local
