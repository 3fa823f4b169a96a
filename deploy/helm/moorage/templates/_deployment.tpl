{{- /* A Deployment of one part, and what belongs to it.

  Arguments: root; part; containers and volumes, as text; initContainers, which may be empty; labels,
  further labels of the pods. */}}
{{- define "moorage.deployment" -}}
{{- $values := index .root.Values .part }}
{{- $scaling := $values.autoscaling | default dict }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "moorage.fullname" .root }}-{{ .part }}
  labels:
    {{- include "moorage.labels" . | nindent 4 }}
spec:
  {{- if not $scaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # The replacement is ready before a pod stops.
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "moorage.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "moorage.labels" . | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .part }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "moorage.serviceAccountName" .root }}
      automountServiceAccountToken: false
      # The variables of Services would look like settings: MOORAGE_PORT.
      enableServiceLinks: false
      {{- include "moorage.pullSecrets" .root | nindent 6 }}
      securityContext:
        {{- include "moorage.podSecurity" .root | nindent 8 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ $key }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "moorage.selectorLabels" $ | nindent 14 }}
        {{- end }}
        {{- end }}
      # Full names have four dots. Without this, each lookup tries the search list first.
      dnsConfig:
        options:
          - {name: ndots, value: "2"}
      {{- with .initContainers }}
      initContainers:
        {{- . | nindent 8 }}
      {{- end }}
      containers:
        {{- .containers | nindent 8 }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: {{ $values.tmpSize }}
        {{- .volumes | nindent 8 }}
---
{{- if include "moorage.isReplicated" . }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "moorage.fullname" .root }}-{{ .part }}
  labels:
    {{- include "moorage.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "moorage.selectorLabels" . | nindent 6 }}
---
{{- end }}
{{- if $scaling.enabled }}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "moorage.fullname" .root }}-{{ .part }}
  labels:
    {{- include "moorage.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "moorage.fullname" .root }}-{{ .part }}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $scaling.targetCPUUtilizationPercentage }}
---
{{- end }}
{{- end }}

{{- /* A headless Service: its name resolves to the address of each ready pod. */}}
{{- define "moorage.headlessService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "moorage.fullname" .root }}-{{ .part }}
  labels:
    {{- include "moorage.labels" . | nindent 4 }}
spec:
  clusterIP: None
  selector:
    {{- include "moorage.selectorLabels" . | nindent 4 }}
  ports:
    {{- .ports | nindent 4 }}
{{- end }}
