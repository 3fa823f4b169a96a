{{- define "moorage.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* Names of the parts are appended, so the name has at most 40 characters. */}}
{{- define "moorage.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "moorage.name" .) .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name (include "moorage.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "moorage.selectorLabels" -}}
app.kubernetes.io/name: {{ include "moorage.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "moorage.labels" -}}
{{ include "moorage.selectorLabels" . }}
app.kubernetes.io/part-of: moorage
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* The image of a dict with repository, tag, and digest. */}}
{{- define "moorage.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}
{{- end }}

{{- /* host:port of a part. nginx and Go do not use the search list of the pod. */}}
{{- define "moorage.address" -}}
{{- $port := eq .part "registry" | ternary 5000 8000 -}}
{{ include "moorage.fullname" .root }}-{{ .part }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}:{{ $port }}
{{- end }}

{{- define "moorage.secretName" -}}
{{ .Values.existingSecret | default (printf "%s-secrets" (include "moorage.fullname" .)) }}
{{- end }}

{{- define "moorage.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (include "moorage.fullname" .) }}
{{- end }}

{{- define "moorage.imagesClaim" -}}
{{ .Values.storage.filesystem.existingClaim | default (printf "%s-images" (include "moorage.fullname" .)) }}
{{- end }}

{{- define "moorage.tlsSecret" -}}
{{ .Values.tls.existingSecret | default (printf "%s-tls" (include "moorage.fullname" .)) }}
{{- end }}

{{- define "moorage.isS3" -}}
{{- if eq .Values.storage.type "s3" }}true{{ end }}
{{- end }}

{{- /* More than one pod of the part, always. */}}
{{- define "moorage.isReplicated" -}}
{{- $values := index .root.Values .part -}}
{{- $scaling := $values.autoscaling | default dict -}}
{{- if $scaling.enabled -}}
{{- if gt (int $scaling.minReplicas) 1 }}true{{ end }}
{{- else if gt (int $values.replicas) 1 }}true{{ end }}
{{- end }}

{{- /* The restricted Pod Security Standard, for a pod and for each of its containers. */}}
{{- define "moorage.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "moorage.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "moorage.ownImage" -}}
image: {{ include "moorage.image" (dict "root" . "image" .Values.image) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "moorage.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Settings of the storage. The keys of the bucket are files. */}}
{{- define "moorage.storageEnvironment" -}}
{{- if include "moorage.isS3" . }}
{{- with .Values.storage.s3 }}
- {name: MOORAGE_STORAGE, value: s3}
- {name: S3_BUCKET, value: {{ .bucket | quote }}}
- {name: S3_REGION, value: {{ .region | quote }}}
{{- with .endpoint }}
- {name: S3_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- with .prefix }}
- {name: S3_PREFIX, value: {{ . | quote }}}
{{- end }}
- {name: S3_REDIRECT, value: {{ .redirect | quote }}}
- {name: BLOB_CACHE_BYTES, value: {{ .blobCacheBytes | int64 | quote }}}
{{- if .existingSecret }}
- {name: S3_ACCESS_KEY_ID_FILE, value: /etc/moorage/s3/access-key-id}
- {name: S3_SECRET_ACCESS_KEY_FILE, value: /etc/moorage/s3/secret-access-key}
{{- end }}
{{- if .caSecret }}
- {name: S3_CA_FILE, value: /etc/moorage/s3-ca/ca.crt}
{{- end }}
{{- end }}
{{- else }}
- {name: MOORAGE_STORAGE, value: local}
{{- end }}
{{- end }}

{{- define "moorage.storageMounts" -}}
{{- if include "moorage.isS3" . }}
{{- if .Values.storage.s3.existingSecret }}
- {name: s3-keys, mountPath: /etc/moorage/s3, readOnly: true}
{{- end }}
{{- if .Values.storage.s3.caSecret }}
- {name: s3-ca, mountPath: /etc/moorage/s3-ca, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "moorage.storageVolumes" -}}
{{- if include "moorage.isS3" . }}
{{- with .Values.storage.s3 }}
{{- if .existingSecret }}
- name: s3-keys
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .accessKeyIdKey }}, path: access-key-id}
      - {key: {{ .secretAccessKeyKey }}, path: secret-access-key}
{{- end }}
{{- if .caSecret }}
- name: s3-ca
  secret:
    secretName: {{ .caSecret }}
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The images on a ReadWriteMany volume. */}}
{{- define "moorage.imagesMount" -}}
{{- if not (include "moorage.isS3" .root) }}
- {name: images, mountPath: /var/lib/registry{{ if .readOnly }}, readOnly: true{{ end }}}
{{- end }}
{{- end }}

{{- define "moorage.imagesVolume" -}}
{{- if not (include "moorage.isS3" .) }}
- name: images
  persistentVolumeClaim:
    claimName: {{ include "moorage.imagesClaim" . }}
{{- end }}
{{- end }}

{{- /* The secrets of one part, as the files that it reads. `keys` are the folders with signing keys:
       during a rotation, each has a second key. */}}
{{- define "moorage.secretVolume" -}}
- name: secrets
  projected:
    defaultMode: 0440
    sources:
      - secret:
          name: {{ include "moorage.secretName" .root }}
          items:
            {{- range $key, $path := .files }}
            - {key: {{ $key }}, path: {{ $path }}}
            {{- end }}
            {{- range $key, $folder := .keys }}
            - {key: {{ $key }}-1.pem, path: {{ $folder }}/1.pem}
            {{- end }}
      {{- range $key, $folder := .keys }}
      - secret:
          name: {{ include "moorage.secretName" $.root }}
          optional: true
          items:
            - {key: {{ $key }}-2.pem, path: {{ $folder }}/2.pem}
      {{- end }}
{{- end }}

{{- /* The CA of PostgreSQL. The URL has `sslmode`. */}}
{{- define "moorage.databaseEnvironment" -}}
{{- if .Values.database.caSecret }}
- {name: DATABASE_CA_FILE, value: /etc/moorage/database-ca/ca.crt}
{{- end }}
{{- end }}

{{- define "moorage.databaseMount" -}}
{{- if .Values.database.caSecret }}
- {name: database-ca, mountPath: /etc/moorage/database-ca, readOnly: true}
{{- end }}
{{- end }}

{{- define "moorage.databaseVolume" -}}
{{- with .Values.database.caSecret }}
- name: database-ca
  secret:
    secretName: {{ . }}
    items:
      - {key: ca.crt, path: ca.crt}
{{- end }}
{{- end }}

{{- /* Settings of the services, as docs/settings.md lists them. */}}
{{- define "moorage.settings" -}}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ kindIs "float64" $value | ternary (int64 $value | toString) (toString $value) | quote }}}
{{- end }}
{{- end }}

{{- define "moorage.tracing" -}}
{{- with .Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- with .Values.tracing.sampler }}
- {name: OTEL_TRACES_SAMPLER, value: {{ . | quote }}}
{{- end }}
{{- with .Values.tracing.samplerArg }}
- {name: OTEL_TRACES_SAMPLER_ARG, value: {{ . | quote }}}
{{- end }}
{{- end }}

{{- define "moorage.gatewaySettings" -}}
- {name: MOORAGE_HOSTS, value: {{ join "," .Values.hosts | quote }}}
- {name: MOORAGE_TRUSTED_PROXIES, value: {{ join "," .Values.gateway.trustedProxies | quote }}}
- {name: MOORAGE_CONNECTIONS_PER_ADDRESS, value: {{ .Values.gateway.connectionsPerAddress | int64 | quote }}}
{{- if eq .Values.tls.at "gateway" }}
- {name: MOORAGE_TLS_CERT, value: /etc/moorage/tls/tls.crt}
- {name: MOORAGE_TLS_KEY, value: /etc/moorage/tls/tls.key}
{{- end }}
{{- end }}

{{- /* The arguments of `moorage render`. */}}
{{- define "moorage.addresses" -}}
{{- range $part := list "auth" "catalog" "events" "registry" }}
- --{{ $part }}={{ include "moorage.address" (dict "root" $ "part" $part) }}
{{- end }}
{{- end }}
