{{/* rapport.name is what all objects of a release are called, at most 40 characters: names of services are appended. */}}
{{- define "rapport.name" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* rapport.selector is what the pods of a release are known by. It must never change: a Deployment's selector cannot. */}}
{{- define "rapport.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "rapport.labels" -}}
{{ include "rapport.selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* rapport.services are the services that run, in the order of the flow, with commas. */}}
{{- define "rapport.services" -}}
ingest,orchestrator,recommender,mailer,{{ if .Values.texter.enabled }}texter,{{ end }}caller,portal{{ if .Values.listener.enabled }},listener{{ end }}{{ if .Values.postmaster.enabled }},postmaster{{ end }}{{ if .Values.catcher.enabled }},catcher{{ end }}
{{- end -}}

{{/* rapport.feeds says whether ingest reads product feeds. */}}
{{- define "rapport.feeds" -}}
{{- with .Values.ingest.feeds }}{{ if or .urls .existingSecret }}yes{{ end }}{{ end -}}
{{- end -}}

{{- define "rapport.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* rapport.checks stops where values contradict each other, and says what to change. The schema holds the rest. */}}
{{- define "rapport.checks" -}}
{{- $v := .Values -}}
{{- if not $v.catcher.enabled -}}
{{- if not (or $v.mailer.smtp.address $v.mailer.providers.enabled) -}}{{- fail "Without the catcher mail needs a server: set mailer.smtp.address to host:port, mailer.providers.enabled with those of delivery.yaml, or catcher.enabled to true." -}}{{- end -}}
{{- if and $v.mailer.smtp.address $v.mailer.providers.enabled -}}{{- fail "Mail servers are named once: set mailer.smtp.address, or mailer.providers.enabled." -}}{{- end -}}
{{- if not (hasPrefix "https://" $v.portal.url) -}}{{- fail (printf "portal.url is %s, and links of messages go to people without the catcher: set it to the portal's public address, https://..." $v.portal.url) -}}{{- end -}}
{{- if and $v.texter.enabled (not $v.texter.twilio.existingSecret) -}}{{- fail "Without the catcher the texter needs an account: set texter.twilio.existingSecret, or texter.enabled to false." -}}{{- end -}}
{{- end -}}
{{- if and $v.ingest.feeds.urls $v.ingest.feeds.existingSecret -}}{{- fail "Product feeds are named once: set ingest.feeds.urls, or ingest.feeds.existingSecret." -}}{{- end -}}
{{- if lt (int $v.ingest.limits.batch) (int $v.ingest.limits.event) -}}{{- fail (printf "ingest.limits.batch is %d, and one event may have %d bytes: a batch has room for one at least." (int $v.ingest.limits.batch) (int $v.ingest.limits.event)) -}}{{- end -}}
{{- if and $v.listener.enabled (not (or $v.listener.providers.existingSecret $v.listener.sesTopics)) -}}{{- fail "Nobody may call the listener: set listener.providers.existingSecret or listener.sesTopics, or listener.enabled to false." -}}{{- end -}}
{{- if and $v.postmaster.enabled (not (or $v.inbound.bounceDomain $v.inbound.replyDomain)) -}}{{- fail "No mail comes to the postmaster: set inbound.bounceDomain or inbound.replyDomain, or postmaster.enabled to false." -}}{{- end -}}
{{- if ne (empty $v.postmaster.forward.smtp) (empty $v.postmaster.forward.to) -}}{{- fail "postmaster.forward.smtp and postmaster.forward.to belong together: set both." -}}{{- end -}}
{{- if and (has "none" $v.mailer.track) (gt (len $v.mailer.track) 1) -}}{{- fail "mailer.track: none stands alone." -}}{{- end -}}
{{- if gt (add (ternary 1 0 (ne $v.workspace.claim "")) (ternary 1 0 (ne $v.workspace.image.reference "")) (ternary 1 0 (gt (len $v.workspace.files) 0))) 1 -}}
{{- fail "There is one workspace: set only one of workspace.claim, workspace.image.reference and workspace.files." -}}
{{- end -}}
{{- if gt (int $v.orchestrator.autoscaling.max) (int $v.nats.partitions) -}}
{{- fail (printf "orchestrator.autoscaling.max is %d, and there are %d partitions to share: orchestrators beyond that have nothing to do." (int $v.orchestrator.autoscaling.max) (int $v.nats.partitions)) -}}
{{- end -}}
{{- /* Ten seconds are the program's (stopWithin), five are for what the kubelet takes. */ -}}
{{- if lt (int $v.rollout.terminationGracePeriodSeconds) (add (int $v.rollout.preStopSeconds) 15 | int) -}}
{{- fail (printf "rollout.terminationGracePeriodSeconds is %d: the pause of %d seconds (rollout.preStopSeconds) and the ten that a process takes to stop need %d." (int $v.rollout.terminationGracePeriodSeconds) (int $v.rollout.preStopSeconds) (add (int $v.rollout.preStopSeconds) 15 | int)) -}}
{{- end -}}
{{- if and $v.autoscaling.lag.enabled (not $v.autoscaling.enabled) -}}{{- fail "autoscaling.lag.enabled does nothing without autoscaling.enabled: set both." -}}{{- end -}}
{{- end -}}
