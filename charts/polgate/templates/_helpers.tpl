{{/*
The name of everything. A Service begins with a letter and has no dots, a release may have both otherwise.
*/}}
{{- define "polgate.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $base := default .Chart.Name .Values.nameOverride -}}
{{- $name = ternary .Release.Name (printf "%s-%s" .Release.Name $base) (contains $base .Release.Name) -}}
{{- end -}}
{{- $name = $name | lower | replace "." "-" -}}
{{- if not (regexMatch "^[a-z]" $name) -}}
{{- $name = printf "polgate-%s" $name -}}
{{- end -}}
{{- regexReplaceAll "-+$" (trunc 63 $name) "" -}}
{{- end -}}

{{/* What selects the Pods; never changes, since a Deployment's selector cannot. */}}
{{- define "polgate.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "polgate.labels" -}}
{{ include "polgate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: polgate
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "polgate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "polgate.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name: name the ServiceAccount to use, or set serviceAccount.create" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "polgate.image" -}}
{{- $image := .Values.image -}}
{{- $repository := required "image.repository: say where the image is, for instance --set image.repository=registry.example/polgate (the Dockerfile builds it)" $image.repository -}}
{{- with $image.registry }}{{ . | trimSuffix "/" }}/{{ end -}}
{{- $repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default .Chart.AppVersion $image.tag }}{{ end -}}
{{- end -}}

{{/* The Secret with self-made certificates. Not the name of cert-manager's, whose type differs: a type cannot change. */}}
{{- define "polgate.ownSecret" -}}
{{ include "polgate.fullname" . }}-certificates
{{- end -}}

{{/* The Secret that is mounted, if one is. */}}
{{- define "polgate.mountedSecret" -}}
{{- if eq .Values.certificates.mode "cert-manager" -}}
{{ include "polgate.fullname" . }}-tls
{{- else if eq .Values.certificates.mode "files" -}}
{{- required "certificates.files.secretName: name the Secret with tls.crt and tls.key" .Values.certificates.files.secretName -}}
{{- end -}}
{{- end -}}

{{/* Names at which the Service is reached, as a JSON list: API servers use the first. */}}
{{- define "polgate.dnsNames" -}}
{{- $base := printf "%s.%s.svc" (include "polgate.fullname" .) .Release.Namespace -}}
{{- concat (list $base (printf "%s.cluster.local" $base)) .Values.certificates.dnsNames | uniq | toJson -}}
{{- end -}}

{{/* Whether the Pods talk to the API server at all: "true" or nothing. */}}
{{- define "polgate.usesApi" -}}
{{- if or .Values.cluster.enabled .Values.webhook.register (eq .Values.certificates.mode "self-made") -}}true{{- end -}}
{{- end -}}

{{- define "polgate.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "polgate.securityContext" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- end -}}
