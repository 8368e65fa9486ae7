{{/* rapport.workspace says whether a workspace is mounted: "claim", "image", "files" or nothing. */}}
{{- define "rapport.workspace" -}}
{{- with .Values.workspace -}}
{{- if .claim }}claim{{ else if .image.reference }}image{{ else if .files }}files{{ end -}}
{{- end -}}
{{- end -}}

{{/* rapport.usesStore says whether a service needs the store. */}}
{{- define "rapport.usesStore" -}}
{{- if has . (list "orchestrator" "mailer" "texter" "caller" "portal" "listener" "postmaster") }}yes{{ end -}}
{{- end -}}

{{/* rapport.readsWorkspace says whether a service is given the workspace: service, root. Ingest reads sources and events. */}}
{{- define "rapport.readsWorkspace" -}}
{{- if and (or (include "rapport.usesStore" .service) (eq .service "ingest")) (include "rapport.workspace" .root) }}yes{{ end -}}
{{- end -}}

{{/* rapport.secretEnv is a variable out of a secret: name, secret, key, optional. */}}
{{- define "rapport.secretEnv" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* rapport.env are the variables of a service: only those that it needs, so that a secret is where it is used. */}}
{{- define "rapport.env" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
- name: OTEL_SERVICE_NAME
  value: rapport-{{ .service }}
- name: GOMEMLIMIT
  value: {{ .v.goMemoryLimit }}
- name: GOMAXPROCS
  value: {{ $values.processors | quote }}
- name: RAPPORT_NATS_URL
  value: {{ $values.nats.url | quote }}
{{- with $values.traces.endpoint }}
- name: OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_EXPORTER_OTLP_TRACES_PROTOCOL
  value: http/protobuf
{{- end }}
{{- if $values.nats.tls.existingSecret }}
- name: RAPPORT_NATS_CA
  value: /etc/rapport/nats/{{ $values.nats.tls.ca }}
{{- if $values.nats.tls.cert }}
- name: RAPPORT_NATS_CERT
  value: /etc/rapport/nats/{{ $values.nats.tls.cert }}
- name: RAPPORT_NATS_KEY
  value: /etc/rapport/nats/{{ $values.nats.tls.key }}
{{- end }}
{{- end }}
{{- if $values.nats.nkey.existingSecret }}
- name: RAPPORT_NATS_NKEY
  value: /etc/rapport/nkey/seed
{{- end }}
{{- if include "rapport.usesStore" .service }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_STORE_URL" "secret" $values.store.existingSecret "key" $values.store.key) }}
{{- end }}
{{- if eq .service "ingest" }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_WRITE_KEYS" "secret" .v.writeKeys.existingSecret "key" .v.writeKeys.key) }}
{{- include "rapport.takes" . }}
{{- end }}
{{- if has .service (list "mailer" "portal" "postmaster") }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_LINK_KEYS" "secret" $values.linkKeys.existingSecret "key" $values.linkKeys.key) }}
{{- end }}
{{- if has .service (list "mailer" "portal") }}
- name: RAPPORT_PORTAL_URL
  value: {{ $values.portal.url | quote }}
{{- end }}
{{- if has .service (list "mailer" "postmaster") }}
{{- with $values.inbound.bounceDomain }}
- name: RAPPORT_BOUNCE_DOMAIN
  value: {{ . | quote }}
{{- end }}
{{- with $values.inbound.replyDomain }}
- name: RAPPORT_REPLY_DOMAIN
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if and (has .service (list "texter" "listener")) $values.listener.enabled $values.listener.url }}
- name: RAPPORT_CALLBACKS_URL
  value: {{ $values.listener.url | quote }}
{{- end }}
{{- if eq .service "portal" }}
{{- with .v.trustedProxies }}
- name: RAPPORT_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
{{- else if eq .service "listener" }}
{{- include "rapport.callers" . }}
{{- else if eq .service "postmaster" }}
{{- if .v.forward.smtp }}
- name: RAPPORT_FORWARD_SMTP
  value: {{ .v.forward.smtp | quote }}
- name: RAPPORT_FORWARD_TO
  value: {{ .v.forward.to | quote }}
{{- end }}
{{- else if eq .service "mailer" }}
{{- include "rapport.mails" . }}
{{- end }}
{{- if .caught }}
{{- $catcher := printf "%s-catcher" (include "rapport.name" $root) }}
- name: RAPPORT_CATCHER_URL
  value: http://{{ $catcher }}:8025
- name: RAPPORT_SMTP_ADDR
  value: {{ $catcher }}:1025
{{- else if and (eq .service "mailer") .v.providers.enabled }}
- name: RAPPORT_PROVIDERS
  value: "true"
{{- else if eq .service "mailer" }}
- name: RAPPORT_SMTP_ADDR
  value: {{ .v.smtp.address | quote }}
{{- with .v.smtp.service }}
- name: RAPPORT_SMTP_SERVICE
  value: {{ . | quote }}
{{- end }}
{{- with .v.smtp.existingSecret }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_SMTP_USERNAME" "secret" . "key" "username") }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_SMTP_PASSWORD" "secret" . "key" "password") }}
{{- end }}
{{- else if eq .service "texter" }}
{{- $secret := .v.twilio.existingSecret }}
{{ include "rapport.secretEnv" (dict "name" "TWILIO_ACCOUNT_SID" "secret" $secret "key" "account-sid") }}
{{ include "rapport.secretEnv" (dict "name" "TWILIO_AUTH_TOKEN" "secret" $secret "key" "auth-token") }}
{{ include "rapport.secretEnv" (dict "name" "TWILIO_FROM" "secret" $secret "key" "from" "optional" true) }}
{{ include "rapport.secretEnv" (dict "name" "TWILIO_MESSAGING_SERVICE_SID" "secret" $secret "key" "messaging-service-sid" "optional" true) }}
{{- with .v.twilio.baseURL }}
- name: TWILIO_BASE_URL
  value: {{ . | quote }}
{{- end }}
{{- else if eq .service "caller" }}
- name: RAPPORT_ALLOW_PRIVATE_WEBHOOKS
  value: {{ .v.webhooks.allowPrivate | quote }}
{{- with .v.webhooks.signing.existingSecret }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_SIGNING_KEYS" "secret" . "key" "signing-keys") }}
{{- end }}
{{- end }}
{{- with .v.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* rapport.takes are the variables about what ingest takes, and which feeds it reads. */}}
{{- define "rapport.takes" }}
- name: RAPPORT_MAX_EVENT
  value: {{ int .v.limits.event | quote }}
- name: RAPPORT_MAX_BATCH
  value: {{ int .v.limits.batch | quote }}
- name: RAPPORT_RATE
  value: {{ int .v.limits.rate | quote }}
{{- if include "rapport.feeds" .root }}
{{- with .v.feeds }}
{{- if .existingSecret }}
{{ include "rapport.secretEnv" (dict "name" "RAPPORT_FEEDS" "secret" .existingSecret "key" .key) }}
{{- else }}
- name: RAPPORT_FEEDS
  value: {{ join "," .urls | quote }}
{{- end }}
- name: RAPPORT_FEED_EVERY
  value: {{ .every }}
- name: RAPPORT_FEEDS_PRIVATE
  value: {{ .allowPrivate | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* rapport.callers are the secrets of providers that call the listener. */}}
{{- define "rapport.callers" -}}
{{- with .v.providers.existingSecret }}
{{- $secret := . }}
{{- range $key, $name := dict "sendgrid" "SENDGRID_KEY" "mailgun" "MAILGUN_SIGNING_KEY" "resend" "RESEND_SECRET" "mailersend" "MAILERSEND_SECRET" "mandrill" "MANDRILL_KEY" "postmark" "POSTMARK_SECRET" "brevo" "BREVO_SECRET" "mailjet" "MAILJET_SECRET" "sparkpost" "SPARKPOST_SECRET" "twilio" "TWILIO_AUTH_TOKEN" "strangers" "LISTENER_STRANGERS" }}
{{ include "rapport.secretEnv" (dict "name" (printf "RAPPORT_%s" $name) "secret" $secret "key" $key "optional" true) }}
{{- end }}
{{- end }}
{{- with .v.sesTopics }}
- name: RAPPORT_SES_TOPICS
  value: {{ join "," . | quote }}
{{- end }}
{{- end -}}

{{/* rapport.mails are the variables about what mails say, whoever takes them. */}}
{{- define "rapport.mails" }}
- name: RAPPORT_TRACK
  value: {{ join "," .v.track | quote }}
{{- with .v.utmSource }}
- name: RAPPORT_UTM_SOURCE
  value: {{ . | quote }}
{{- end }}
{{- with .v.smtp.sesConfigurationSet }}
- name: RAPPORT_SES_CONFIGURATION_SET
  value: {{ . | quote }}
{{- end }}
{{- if .v.dkim.existingSecret }}
- name: RAPPORT_DKIM_KEYS
  value: /etc/rapport/dkim
{{- end }}
{{- end -}}

{{- define "rapport.mounts" -}}
{{- $values := .root.Values -}}
- name: data
  mountPath: /data
- name: tmp
  mountPath: /tmp
{{- if include "rapport.readsWorkspace" . }}
- name: workspace
  mountPath: /workspace
  readOnly: true
{{- end }}
{{- if and (eq .service "mailer") $values.mailer.dkim.existingSecret }}
- name: dkim
  mountPath: /etc/rapport/dkim
  readOnly: true
{{- end }}
{{- if and (eq .service "postmaster") $values.postmaster.tls.existingSecret }}
- name: inbound-tls
  mountPath: /etc/rapport/inbound
  readOnly: true
{{- end }}
{{- if $values.nats.tls.existingSecret }}
- name: nats-tls
  mountPath: /etc/rapport/nats
  readOnly: true
{{- end }}
{{- if $values.nats.nkey.existingSecret }}
- name: nats-nkey
  mountPath: /etc/rapport/nkey
  readOnly: true
{{- end }}
{{- end -}}

{{- define "rapport.volumes" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
# Nothing that must be kept: the broker and the store are elsewhere.
- name: data
  emptyDir:
    sizeLimit: {{ ternary "1Gi" "64Mi" (eq .service "catcher") }}
- name: tmp
  emptyDir:
    sizeLimit: 64Mi
{{- if include "rapport.readsWorkspace" . }}
{{- with $values.workspace }}
{{- if .claim }}
- name: workspace
  persistentVolumeClaim:
    claimName: {{ .claim }}
    readOnly: true
{{- else if .image.reference }}
- name: workspace
  image:
    reference: {{ .image.reference | quote }}
    pullPolicy: {{ .image.pullPolicy }}
{{- else if .files }}
- name: workspace
  configMap:
    name: {{ include "rapport.name" $root }}-workspace
    items:
      {{- range $path, $text := .files }}
      - key: {{ $path | replace "/" "__" }}
        path: {{ $path }}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (eq .service "mailer") $values.mailer.dkim.existingSecret }}
- name: dkim
  secret:
    secretName: {{ $values.mailer.dkim.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if and (eq .service "postmaster") $values.postmaster.tls.existingSecret }}
- name: inbound-tls
  secret:
    secretName: {{ $values.postmaster.tls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if $values.nats.tls.existingSecret }}
- name: nats-tls
  secret:
    secretName: {{ $values.nats.tls.existingSecret }}
    defaultMode: 0440
{{- end }}
{{- if $values.nats.nkey.existingSecret }}
- name: nats-nkey
  secret:
    secretName: {{ $values.nats.nkey.existingSecret }}
    defaultMode: 0440
    items:
      - key: {{ .service }}.nk
        path: seed
{{- end }}
{{- end -}}
