{{- define "spillway.name" -}}
{{- $name := ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name) -}}
{{- $name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "spillway.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "spillway.labels" -}}
{{ include "spillway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "spillway.image" -}}
{{- $tag := .Values.image.tag | default (printf "%s%s" .Chart.AppVersion (ternary "-cuda" "" .Values.gpu.enabled)) -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ $tag }}{{ end }}
{{- end }}

{{- /* The pipeline file: the one of the values, listening on all addresses of its pod. */ -}}
{{- define "spillway.pipeline" -}}
{{- $http := merge (dict "host" "0.0.0.0" "port" 9464 "live" .Values.live.enabled) (.Values.pipeline.http | default dict) -}}
{{- if .Values.live.tokenSecret }}{{ $_ := set $http "token" "${SPILLWAY_TOKEN}" }}{{ end -}}
{{- $workers := merge (dict "count" .Values.workers) (.Values.pipeline.workers | default dict) -}}
{{- merge (dict "http" $http "workers" $workers) (deepCopy .Values.pipeline) | toYaml }}
{{- end }}
